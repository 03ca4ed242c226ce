# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is of a tenant on the lab's servers, found by looking there and never in our own records."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import subprocess
from pathlib import Path

import dns.message
import dns.query
import dns.rcode

from lab.settings import DATABASE_ADMIN, Settings


def of_tenant(lab: Settings, name: str) -> dict[str, list[str]]:
    """Everything that bears the tenant's name, by kind; empty kinds are left out."""
    found = {
        "site folders": [path for bench in _benches(lab) for path in _files(bench / "sites", name)],
        "archived folders": [path for bench in _benches(lab) for path in _files(bench / "archived" / "sites", name)],
        "databases": _rows(lab, "SELECT schema_name FROM information_schema.schemata", name),
        "database users": _rows(lab, "SELECT CONCAT(user, '@', host) FROM mysql.user", name),
        "DNS records": [host for host in _hosts(name) if _resolves(lab, host)],
        "lineages": _files(lab.letsencrypt, name, deep=True),
        "nginx files": _files(lab.nginx, name, deep=True),
        "OAuth clients": _oauth_clients(lab, name),
    }
    return {kind: things for kind, things in found.items() if things}


def in_registry(registry_url: str, name: str) -> dict[str, list[str]]:
    """What the registry still holds open for the tenant: leases, unfinished provisionings, a claim on the name.

    Read with SQL, and not with our own code.
    """
    queries = {
        "leases": "SELECT run FROM leases WHERE tenant = ?",
        "provisionings": "SELECT id FROM provisionings WHERE tenant = ? AND state IN ('running', 'undoing')",
        "claims": "SELECT state FROM tenants WHERE name = ? AND state NOT IN ('failed', 'archived')",
        "resources": (
            "SELECT kind || ' ' || resources.name FROM resources JOIN provisionings ON provisioning = provisionings.id "
            "WHERE tenant = ? AND resources.state != 'undone'"
        ),
    }
    connection = sqlite3.connect(registry_url.removeprefix("sqlite:///"))
    found = {kind: [value for (value,) in connection.execute(query, [name])] for kind, query in queries.items()}
    connection.close()
    return {kind: things for kind, things in found.items() if things}


def temporary_files(lab: Settings, owners: list[str]) -> list[str]:
    """What work for these provisionings may have left half-way: folders being made, files not yet renamed."""
    places = [
        lab.bench / "sites",
        lab.nginx / "sites-available",
        lab.nginx / "sites-enabled",
        lab.letsencrypt / "config",
    ]
    hidden = [path for place in places for path in place.glob(".*") if path.name != ".certbot.lock"]
    return sorted(str(path) for path in hidden if any(owner in path.name or owner in _text(path) for owner in owners))


def of_canary(lab: Settings, registry_url: str, name: str) -> dict[str, str]:
    """A tenant's database, files, records, certificate, nginx files and registry rows, each as a hash of its bytes."""
    site = lab.bench / "sites" / f"api.{name}.tenants.test"
    folders = [site, *_paths(lab.letsencrypt / "config", name), *_paths(lab.nginx, name)]
    found = {}
    for path in sorted({file for folder in folders for file in [folder, *folder.rglob("*")]}):
        # Frappe's own logs grow by being looked at.
        if "logs" not in path.parts[-3:]:
            found[str(path)] = _content(path)
    for row in _rows(lab, "SELECT schema_name FROM information_schema.schemata", name):
        found[f"database {row}"] = dump(lab, row)
    for host in _hosts(name):
        found[f"records of {host}"] = " ".join(sorted(map(str, _ask(lab, host).answer)))
    found["registry"] = _registry(registry_url, name)
    return found


def of_edge(lab: Settings) -> dict[str, str]:
    """What all tenants share of nginx's configuration, each file as a hash of its bytes."""
    files = [lab.nginx / "nginx.conf", *(lab.nginx / "conf.d").iterdir(), *(lab.nginx / "frappe_tenants").glob("*.*")]
    return {str(path): _content(path) for path in sorted(files)}


def owners(registry_url: str, name: str) -> list[str]:
    """The ids of all provisionings that there were of the tenant."""
    connection = sqlite3.connect(registry_url.removeprefix("sqlite:///"))
    found = [owner for (owner,) in connection.execute("SELECT id FROM provisionings WHERE tenant = ?", [name])]
    connection.close()
    return found


def mails(lab: Settings, address: str) -> list[str]:
    """The mails that were sent to the address."""
    texts = [path.read_text() for path in (lab.lab_dir / "mail").glob("*.eml")]
    return [text for text in texts if f"To: {address}" in text]


def _benches(lab: Settings) -> list[Path]:
    return [lab.bench, lab.second_bench]


def _hosts(name: str) -> list[str]:
    return [f"{name}.tenants.test", f"api.{name}.tenants.test", f"_acme-challenge.{name}.tenants.test"]


def _resolves(lab: Settings, host: str) -> bool:
    # A name without records but with names below it (an empty non-terminal) is no NXDOMAIN either.
    return _ask(lab, host).rcode() != dns.rcode.NXDOMAIN


def _ask(lab: Settings, host: str) -> dns.message.Message:
    return dns.query.tcp(dns.message.make_query(host, "ANY"), lab.address, port=lab.ports["dns"], timeout=5)


def _files(folder: Path, name: str, deep: bool = False) -> list[str]:
    return sorted(str(path) for path in (_paths(folder, name) if deep else folder.glob("*")) if name in path.name)


def _paths(folder: Path, name: str) -> list[Path]:
    return [path for path in folder.rglob("*") if name in path.name]


def _rows(lab: Settings, query: str, name: str) -> list[str]:
    # The database's name holds the tenant's with _ for -, cut short; see registry/tenants.py.
    part = name.replace("-", "_")[:16]
    return [row for row in sql(lab, query).splitlines() if part in row]


def _oauth_clients(lab: Settings, name: str) -> list[str]:
    """Clients that an identity provider among the sites may have for the tenant's addresses; its own site is gone with it."""
    databases = sql(lab, "SELECT table_schema FROM information_schema.tables WHERE table_name = 'tabOAuth Client'")
    found = []
    for database in databases.split():
        # Tests beside this one drop theirs meanwhile.
        with contextlib.suppress(subprocess.CalledProcessError):
            found += sql(lab, f"SELECT * FROM `{database}`.`tabOAuth Client`").splitlines()
    return [row for row in found if name in row]


def dump(lab: Settings, database: str) -> str:
    """The hash of the database's dump."""
    text = _mariadb(lab, "mariadb-dump", "--skip-comments", "--skip-dump-date", "--single-transaction", database)
    return hashlib.sha256(text.encode()).hexdigest()


def sql(lab: Settings, query: str) -> str:
    """What the database answers its administrator, a row a line."""
    return _mariadb(lab, "mariadb", "--skip-column-names", "--batch", "-e", query)


def _mariadb(lab: Settings, program: str, *arguments: str) -> str:
    finished = subprocess.run(
        [program, "--defaults-extra-file=/dev/stdin", *arguments],
        input=(
            f"[client]\nuser={DATABASE_ADMIN}\npassword={lab.secret_file('mariadb_admin_password').read_text()}\n"
            f"protocol=tcp\nhost={lab.address}\nport={lab.ports['mariadb']}\n"
        ),
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout


def _registry(registry_url: str, name: str) -> str:
    tables = {
        "tenants": "name = ?",
        "provisionings": "tenant = ?",
        "steps": "provisioning IN (SELECT id FROM provisionings WHERE tenant = ?)",
        "resources": "provisioning IN (SELECT id FROM provisionings WHERE tenant = ?)",
        "events": "tenant = ?",
    }
    connection = sqlite3.connect(registry_url.removeprefix("sqlite:///"))
    rows = {
        table: connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY 1", [name]).fetchall()
        for table, where in tables.items()
    }
    connection.close()
    return repr(rows)


def _content(path: Path) -> str:
    mode = oct(path.lstat().st_mode)
    if path.is_symlink():
        return f"{mode} {os.readlink(path)}"
    return f"{mode} {hashlib.sha256(path.read_bytes()).hexdigest()}" if path.is_file() else mode


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
