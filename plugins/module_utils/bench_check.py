# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything about a bench that can be known to fail before a site is made; nothing is changed."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .bench import Bench
from .errors import TenantError
from .sites import Database, TenantSite

#: What a site with ERPNext takes at first (47 MB of tables) with room for its import and a backup.
MIN_FREE_MB = 500
MIN_FREE_INODES = 10_000


def check_bench(bench: Bench, site: TenantSite, database: Database, apps: list[str]) -> dict[str, Any]:
    """Run every check and tell all that failed at once.

    :returns: C(free_mb), C(apps), C(database_server).
    :raises TenantError: with C(problems), a line each.
    """
    facts: dict[str, Any] = {}
    problems = []
    for check in (
        lambda: facts.update(apps=_apps(bench, apps)),
        lambda: facts.update(database_server=_database(bench, database)),
        site.check_free,
        lambda: facts.update(free_mb=_disk(bench.sites)),
        lambda: _redis(bench.sites),
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


def _database(bench: Bench, database: Database) -> str:
    return bench.database("check", database.connection, name=database.name)["version"]


def _disk(folder: Path) -> int:
    status = os.statvfs(folder)
    free_mb = status.f_bavail * status.f_frsize // 2**20
    if free_mb < MIN_FREE_MB:
        raise TenantError(
            f"{folder} has {free_mb} MB free, a site needs {MIN_FREE_MB}.", "Make room on the bench host."
        )
    if status.f_files and status.f_favail < MIN_FREE_INODES:
        raise TenantError(
            f"{folder} has {status.f_favail} inodes free, a site needs {MIN_FREE_INODES}.",
            "Remove files on the bench host.",
        )
    return free_mb


def _redis(sites: Path) -> None:
    """bench itself does not notice when Redis is down: it makes a site whose jobs never run."""
    config = json.loads((sites / "common_site_config.json").read_text(encoding="utf-8"))
    for key in ("redis_cache", "redis_queue"):
        address = urlsplit(config.get(key, ""))
        if not address.hostname:
            continue
        try:
            socket.create_connection((address.hostname, address.port or 6379), timeout=3).close()
        except OSError as error:
            raise TenantError(
                f"{key} at {address.hostname}:{address.port} does not answer: {error.strerror or error}.",
                "Start it on the bench host.",
            ) from error
