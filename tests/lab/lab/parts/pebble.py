# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pebble: the ACME authority that issues the tenants' certificates. See servers/pebble.py for how it is run."""

from __future__ import annotations

import json
from pathlib import Path

from lab.authority import make_server_certificate
from lab.files import write
from lab.part import NotAnsweringError, Part, Program, python_server
from lab.web import get


class Pebble(Part):
    name = "pebble"
    ports = ("acme", "acme_management")
    needs = {"pebble": "pebble", "certbot": "certbot"}

    def prepare(self) -> None:
        make_server_certificate(self.settings, "acme")
        for name in ("config", "work", "logs"):
            (self.settings.letsencrypt / name).mkdir(parents=True, exist_ok=True)
        write(configuration_file(self.settings.lab_dir), self._configuration())

    def program(self) -> Program:
        return python_server(self.settings, "pebble")

    def answers(self) -> None:
        trust = self.settings.directory_ca
        status, body = get(self.settings.address, self.port, "/dir", trust=trust)
        if status != 200 or "newOrder" not in body:
            raise NotAnsweringError(f"GET /dir: status {status}")
        _status, root = get(self.settings.address, self.settings.ports["acme_management"], "/roots/0", trust=trust)
        if not self.settings.acme_roots.exists() or root.strip() not in self.settings.acme_roots.read_text("ascii"):
            raise NotAnsweringError(f"its root is not yet in {self.settings.acme_roots}")

    def _configuration(self) -> str:
        address, ports = self.settings.address, self.settings.ports
        tls = self.settings.lab_dir / "tls"
        values = {
            "listenAddress": f"{address}:{ports['acme']}",
            "managementListenAddress": f"{address}:{ports['acme_management']}",
            "certificate": str(tls / "acme.pem"),
            "privateKey": str(tls / "acme.key"),
            # Where it looks for HTTP-01 and TLS-ALPN-01 answers: at the lab's nginx.
            "httpPort": ports["http"],
            "tlsPort": ports["https"],
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
        }
        return json.dumps({"pebble": values}, indent=2) + "\n"


def configuration_file(lab_dir: Path) -> Path:
    return lab_dir / "acme" / "pebble.json"
