# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bench's worker: runs the background jobs of all its sites, by the command that a bench's supervisor runs."""

from __future__ import annotations

import socket
from pathlib import Path

from lab.part import NotAnsweringError, Part, Program


class Worker(Part):
    name = "worker"
    # It listens nowhere: it is seen by what it writes into the queue.
    ports = ()

    @property
    def bench(self) -> Path:
        return self.settings.bench

    @property
    def port(self) -> int:
        return self.settings.ports["redis"]

    def prepare(self) -> None:
        """Nothing: the part gunicorn has made the bench."""

    def program(self) -> Program:
        return Program(
            command=[str(self.bench / "env" / "bin" / "python"), "-m", "frappe.utils.bench_helper", "frappe", "worker"],
            directory=self.bench / "sites",
            stop_seconds=20,
        )

    def answers(self) -> None:
        with socket.create_connection((self.settings.address, self.port), timeout=2) as connection:
            connection.sendall(b"SCARD rq:workers\r\n")
            answer = connection.recv(64)
        if answer in (b":0\r\n", b""):
            raise NotAnsweringError("no worker has come to the queue")


class SecondWorker(Worker):
    """The worker of the second bench, whose jobs the first one's does not take."""

    name = "worker-2"
    is_on_request = True

    @property
    def bench(self) -> Path:
        return self.settings.second_bench
