# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BIND: the authoritative server of the lab's zones, which takes RFC 2136 updates signed with the lab's key.

It serves as the lab's resolver as well, for its own zones only.
"""

from __future__ import annotations

import shutil
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

from lab.dns import ask
from lab.files import write
from lab.packages import find
from lab.part import NotAnsweringError, Part, Program
from lab.settings import TSIG_KEY, ZONES

APPARMOR = Path("/sys/module/apparmor/parameters/enabled")

# Records of a zone beside SOA and NS.
ZONE_RECORDS: dict[str, tuple[str, ...]] = {
    "tenants.test": ("ns1 A {address}", "auth A {address}"),
    "wild.test": ("ns1 A {address}", "auth A {address}", "* A {address}"),
}


class Bind(Part):
    name = "bind"
    ports = ("dns",)
    needs: ClassVar = {"named": "bind9", "nsupdate": "bind9-dnsutils"}

    def prepare(self) -> None:
        folder = self._folder
        (folder / "zones").mkdir(parents=True, exist_ok=True)
        write(folder / "named.conf", self._configuration(), mode=0o600)
        for zone in ZONES:
            # Once there, a zone file belongs to named, which writes updates into it.
            if not (folder / "zones" / zone).exists():
                write(folder / "zones" / zone, self._zone(zone))

    def program(self) -> Program:
        return Program(
            command=[self._executable(), "-g", "-n", "2", "-c", str(self._folder / "named.conf")],
            directory=self._folder,
        )

    def answers(self) -> None:
        for zone in ZONES:
            if not ask(self.settings, zone, "SOA"):
                raise NotAnsweringError(f"no SOA record for {zone}")

    @property
    def _folder(self) -> Path:
        return self.settings.lab_dir / "dns"

    def _executable(self) -> str:
        """named, or a copy of it where AppArmor is on.

        The profile of Debian and Ubuntu binds /usr/sbin/named to /etc/bind and /var; it names the path, so a copy is free.
        """
        original = find("named")
        if not APPARMOR.exists() or APPARMOR.read_text(encoding="ascii").strip() != "Y":
            return original
        copy = self._folder / "named"
        if not copy.exists() or copy.stat().st_mtime < Path(original).stat().st_mtime:
            shutil.copy(original, copy)
        return str(copy)

    def _configuration(self) -> str:
        folder = self._folder
        head = (
            f'key "{TSIG_KEY}" {{ algorithm hmac-sha256; secret "{self.settings.secret("tsig_secret")}"; }};\n'
            "controls { };\n"
            "options {\n"
            f'    directory "{folder}";\n'
            f'    pid-file "{folder}/named.pid";\n'
            f'    session-keyfile "{folder}/session.key";\n'
            f'    managed-keys-directory "{folder}";\n'
            f"    listen-on port {self.port} {{ {self.settings.address}; }};\n"
            "    listen-on-v6 { none; };\n"
            f"    allow-query {{ {self._askers()}; }};\n"
            f'    allow-transfer {{ key "{TSIG_KEY}"; }};\n'
            "    recursion no;\n"
            "    dnssec-validation no;\n"
            # Nobody to tell; with the default of 5 s a secondary that a test adds would be told late.
            "    notify explicit;\n"
            "    notify-delay 0;\n"
            f"{self._secondary()}"
            "};\n"
        )
        zones = (
            f'zone "{zone}" {{ type primary; file "{folder}/zones/{zone}"; '
            f'update-policy {{ grant "{TSIG_KEY}" zonesub ANY; }}; }};\n'
            for zone in ZONES
        )
        return head + "".join(zones)

    def _askers(self) -> str:
        """On loopback itself; on a test host all that reach it."""
        return self.settings.address if ip_address(self.settings.address).is_loopback else "any"

    def _secondary(self) -> str:
        return f"    also-notify {{ {self.settings.secondary}; }};\n" if self.settings.secondary else ""

    def _zone(self, zone: str) -> str:
        wanted = [record.format(address=self.settings.address) for record in ZONE_RECORDS[zone]]
        if self.settings.secondary:
            wanted += ["@ NS ns2", f"ns2 A {self.settings.secondary}"]
        records = "".join(f"{record}\n" for record in wanted)
        # The last number of the SOA is how long "no such name" is remembered: briefly, names come and go here.
        return f"$TTL 60\n@ SOA ns1 hostmaster 1 3600 600 86400 1\n@ NS ns1\n{records}"
