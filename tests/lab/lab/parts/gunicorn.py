# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bench's web server: one gunicorn for all sites, as on a real bench."""

from __future__ import annotations

from pathlib import Path

from lab.bench import make_bench, make_second_bench
from lab.errors import LabError
from lab.part import NotAnsweringError, Part, Program
from lab.web import get

# No site has this name: the bench must say so, whatever sites it has.
UNKNOWN_SITE = "no-such-site.test"


class Gunicorn(Part):
    name = "gunicorn"
    ports = ("gunicorn",)
    needs = {"git": "git"}

    @property
    def bench(self) -> Path:
        return self.settings.bench

    def prepare(self) -> None:
        if not self.settings.is_foreign_bench:
            make_bench(self.settings)
        elif not (self.settings.bench / "sites").is_dir():
            raise LabError(f"LAB_BENCH={self.settings.bench} is no bench: it has no folder sites.")

    def program(self) -> Program:
        options = ["--bind", self.address, "--workers", "2", "--threads", "4", "--timeout", "120"]
        return Program(
            command=[str(self.bench / "env" / "bin" / "gunicorn"), *options, "frappe.app:application"],
            directory=self.bench / "sites",
            stop_seconds=20,
        )

    def answers(self) -> None:
        status, body = get(self.settings.address, self.port, "/api/method/ping", {"Host": UNKNOWN_SITE})
        if status != 404:
            raise NotAnsweringError(f"ping of {UNKNOWN_SITE}: status {status} instead of 404, {body[:80]!r}")


class SecondGunicorn(Gunicorn):
    """The web server of the second bench."""

    name = "gunicorn-2"
    ports = ("second_gunicorn",)
    is_on_request = True

    @property
    def bench(self) -> Path:
        return self.settings.second_bench

    def prepare(self) -> None:
        if self.settings.is_foreign_bench:
            raise LabError("There is no second bench beside the one of LAB_BENCH.", "Unset LAB_BENCH.")
        make_second_bench(self.settings)
