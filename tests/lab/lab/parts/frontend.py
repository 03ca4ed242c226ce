# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frontend stand-in. See servers/frontend.py for the pages."""

from __future__ import annotations

import json

from lab.part import NotAnsweringError, Part, Program, python_server
from lab.web import get


class Frontend(Part):
    name = "frontend"
    ports = ("frontend",)

    def prepare(self) -> None:
        """Nothing: it has no files."""

    def program(self) -> Program:
        return python_server(self.settings, "frontend")

    def answers(self) -> None:
        status, body = get(self.settings.address, self.port, "/api/tenant", {"Host": "probe.tenants.test"})
        if status != 200 or json.loads(body).get("tenant") != "probe":
            raise NotAnsweringError(f"GET /api/tenant as probe.tenants.test: status {status}, {body[:80]!r}")
