# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis: cache and queue of the bench. Keeps nothing on disk."""

from __future__ import annotations

import socket

from lab.packages import find
from lab.part import NotAnsweringError, Part, Program


class Redis(Part):
    name = "redis"
    ports = ("redis",)
    needs = {"redis-server": "redis-server"}

    def prepare(self) -> None:
        (self.settings.lab_dir / "redis").mkdir(parents=True, exist_ok=True)

    def program(self) -> Program:
        folder = self.settings.lab_dir / "redis"
        options = {
            "bind": self.settings.address,
            "port": str(self.port),
            "dir": str(folder),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
        return Program(command=[find("redis-server"), *arguments], directory=folder)

    def answers(self) -> None:
        with socket.create_connection((self.settings.address, self.port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            answer = connection.recv(64)
        if not answer.startswith(b"+PONG"):
            raise NotAnsweringError(f"PING: {answer!r}")
