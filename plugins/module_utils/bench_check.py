# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything about a bench that can be known to fail before a site is made; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import database_rights
from .app_versions import app_versions
from .bench import Bench
from .bench_services import Services
from .disk_room import require_room
from .errors import TenantError
from .site_place import Database
from .sites import TenantSite

_THIS_HOST = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Needs:
    """The room that a site needs, on the disk of its files and on that of its tables."""

    mb: int
    inodes: int


def check_bench(bench: Bench, site: TenantSite, database: Database, apps: list[str], needs: Needs) -> dict[str, Any]:
    """Run every check and tell all that failed at once.

    :returns: C(free_mb), C(apps), C(versions), C(database_server).
    :raises TenantError: with C(problems), a line each.
    """
    facts: dict[str, Any] = {}
    problems = []
    for check in (
        lambda: facts.update(apps=_apps(bench, apps), versions=app_versions(bench.path, bench.apps())),
        lambda: facts.update(database_server=_database(bench, database, needs)),
        site.check_free,
        lambda: facts.update(free_mb=require_room(bench.sites, "a site", needs.mb, needs.inodes)),
        lambda: _services(bench),
    ):
        try:
            check()
        except TenantError as error:
            problems.append(f"{error.msg} {error.remedy}".strip())
    if problems:
        raise TenantError(" ".join(problems), problems=problems)
    return facts


def _apps(bench: Bench, wanted: list[str]) -> list[str]:
    bench.require_apps(wanted)
    return bench.apps()


def _database(bench: Bench, database: Database, needs: Needs) -> str:
    found = bench.database("check", database.connection)
    problems = list(database_problems(found, database))
    if problems:
        raise TenantError(" ".join(problems), error="database_rights")
    folder = data_folder(found, database.connection, bench.sites)
    if folder:
        require_room(folder, "a site", needs.mb, needs.inodes)
    return found["version"]


def database_problems(found: dict[str, Any], database: Database) -> Iterator[str]:
    """Why the site's database could not be made, or its user not log in.

    :param found: what the server tells; see inside_database.check.
    """
    administrator = database.connection["user"]
    lacking = database_rights.lacking(found["grants"], database.name)
    if lacking:
        yield (
            f"The database administrator {administrator} lacks {'; '.join(lacking)}. "
            f"Run the playbook frappeops.tenants.bench_host, which grants it, or do it by hand: docs/bench_host.md."
        )
    host, user_host = found["host"], database.user_host or found["host"]
    if not database_rights.lets_in(user_host, host):
        yield (
            f"The site's database user would be let in from {user_host}, but the server sees this bench come from {host}. "
            "Set frappe_database.user_host to that, or to a pattern that it fits, or leave it out."
        )
    # MariaDB takes the account with the most exact host, and only then looks at the name.
    if user_host != host and host in found["anonymous"]:
        yield (
            f"A user without a name at {host} would be taken for the site's. "
            f"As the database's root: DROP USER ''@'{host}';"
        )
    if found["refuses_hashes"]:
        yield (
            "The server checks new passwords and so refuses hashes, while a password in the clear would stand in its logs. "
            "As the database's root: SET GLOBAL strict_password_validation = OFF; and the same in its configuration."
        )


def data_folder(found: dict[str, Any], connection: dict[str, Any], sites: Path) -> Path | None:
    """Where the database server keeps its data, when it runs on this host and not on the disk of I(sites).

    :param found: what the server tells; see inside_database.check.
    """
    folder = Path(found["datadir"])
    if "unix_socket" not in connection and connection["host"] not in _THIS_HOST:
        return None
    # Where the server answers here and lives in a container or behind a tunnel, its folder is not ours to see.
    if not folder.is_dir() or folder.stat().st_dev == sites.stat().st_dev:
        return None
    return folder


def _services(bench: Bench) -> None:
    """Without Redis, bench makes a site whose jobs never run, and does not notice."""
    for problem in Services(bench).down(["redis_cache", "redis_queue"]).values():
        raise problem
