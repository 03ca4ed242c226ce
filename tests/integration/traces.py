# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is of a tenant on the lab's servers, found by looking there and never in our own records."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dns.message
import dns.query
import dns.rcode

from lab.settings import DATABASE_ADMIN, Settings


def of_tenant(lab: Settings, name: str) -> dict[str, list[str]]:
    """Everything that bears the tenant's name, by kind; empty kinds are left out."""
    found = {
        "site folders": _files(lab.bench / "sites", name),
        "archived folders": _files(lab.bench / "archived" / "sites", name),
        "databases": _rows(lab, "SELECT schema_name FROM information_schema.schemata", name),
        "database users": _rows(lab, "SELECT CONCAT(user, '@', host) FROM mysql.user", name),
        "DNS records": [host for host in _hosts(name) if _resolves(lab, host)],
        "lineages": _files(lab.letsencrypt, name, deep=True),
        "nginx files": _files(lab.nginx, name, deep=True),
    }
    return {kind: things for kind, things in found.items() if things}


def mails(lab: Settings, address: str) -> list[str]:
    """The mails that were sent to the address."""
    texts = [path.read_text() for path in (lab.lab_dir / "mail").glob("*.eml")]
    return [text for text in texts if f"To: {address}" in text]


def _hosts(name: str) -> list[str]:
    return [f"{name}.tenants.test", f"api.{name}.tenants.test", f"_acme-challenge.{name}.tenants.test"]


def _resolves(lab: Settings, host: str) -> bool:
    query = dns.message.make_query(host, "ANY")
    answer = dns.query.tcp(query, lab.address, port=lab.ports["dns"], timeout=5)
    # A name without records but with names below it (an empty non-terminal) is no NXDOMAIN either.
    return answer.rcode() != dns.rcode.NXDOMAIN


def _files(folder: Path, name: str, deep: bool = False) -> list[str]:
    paths = folder.rglob("*") if deep else folder.glob("*")
    return sorted(str(path) for path in paths if name in path.name)


def _rows(lab: Settings, query: str, name: str) -> list[str]:
    # The database's name holds the tenant's with _ for -, cut short; see registry/tenants.py.
    part = name.replace("-", "_")[:16]
    finished = subprocess.run(
        ["mariadb", "--defaults-extra-file=/dev/stdin", "--skip-column-names", "--batch", "-e", query],
        input=(
            f"[client]\nuser={DATABASE_ADMIN}\npassword={lab.secret_file('mariadb_admin_password').read_text()}\n"
            f"protocol=tcp\nhost={lab.address}\nport={lab.ports['mariadb']}\n"
        ),
        capture_output=True,
        text=True,
        check=True,
    )
    return [row for row in finished.stdout.splitlines() if part in row]
