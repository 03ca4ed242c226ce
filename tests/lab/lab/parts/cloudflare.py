# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Cloudflare API stand-in. See servers/cloudflare/ for what it can do."""

from __future__ import annotations

import json

from lab.part import NotAnsweringError, Part, Program, python_server
from lab.settings import CLOUDFLARE_ZONE
from lab.web import get


class Cloudflare(Part):
    name = "cloudflare"
    ports = ("cloudflare",)

    def prepare(self) -> None:
        (self.settings.lab_dir / "cloudflare").mkdir(parents=True, exist_ok=True)

    def program(self) -> Program:
        return python_server(self.settings, "cloudflare")

    def answers(self) -> None:
        # Outside of the API: neither an error that a test has ordered nor the request log is touched.
        status, body = get(self.settings.address, self.port, "/_lab/zones")
        if status != 200 or CLOUDFLARE_ZONE not in json.loads(body):
            raise NotAnsweringError(f"GET /_lab/zones: status {status}, {body[:80]!r}")
