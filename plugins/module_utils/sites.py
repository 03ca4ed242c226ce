# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's site on its bench: made whole or not at all, kept in its wanted state, taken away.

Only what carries the tenant's owner mark is ever changed or removed. The mark stands in the site's folder,
written before anything else, and on the database.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import documents, site_config
from .bench import Bench
from .errors import TenantError
from .turns import turn
from .whole_file import write_whole

_MARK_FILE = "frappeops.tenants.json"

#: What a look at a site can find.
NOTHING, HALF_MADE, WHOLE = "nothing", "half-made", "whole"

#: The option of every module that needs the site's database and its server's administrator.
DATABASE_ARGUMENT: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "host": {"type": "str"},
        "port": {"type": "int", "default": 3306},
        "socket": {"type": "path"},
        "admin_user": {"type": "str", "required": True},
        "admin_password": {"type": "str", "required": True, "no_log": True},
    },
    "required_one_of": [["host", "socket"]],
    "mutually_exclusive": [["host", "socket"]],
}


@dataclass(frozen=True)
class Database:
    """The site's database, and how to reach its server as an administrator.

    :param connection: host, port, unix_socket, user and password for a Python database driver.
    """

    name: str
    connection: dict[str, Any]


def database_of(option: dict[str, Any]) -> Database:
    """The database that a module's option describes."""
    where = {"unix_socket": option["socket"]} if option["socket"] else {"host": option["host"], "port": option["port"]}
    return Database(option["name"], {**where, "user": option["admin_user"], "password": option["admin_password"]})


@dataclass(frozen=True)
class WantedSite:
    """What the site shall be.

    :param config: keys for its site_config.json; a key with None is taken out.
    :param documents: documents that it shall have, in this order; see inside_site.
    """

    apps: list[str]
    config: dict[str, Any]
    documents: list[dict[str, Any]]


class TenantSite:
    """One tenant's site, as its owner may handle it."""

    def __init__(self, bench: Bench, name: str, database: Database, owner: str, check: bool) -> None:
        self._bench = bench
        self._name = name
        self._database = database
        self._owner = owner
        self._check = check
        self._folder = bench.site_path(name)
        self._staging = bench.sites / f".frappeops-{owner}"

    def ensure(self, wanted: WantedSite) -> dict[str, Any]:
        """Make the site, or bring it to its wanted state."""
        self._bench.require_apps(wanted.apps)
        with self._alone():
            return self._ensure(wanted)

    def _ensure(self, wanted: WantedSite) -> dict[str, Any]:
        found = self._look()
        if found != WHOLE and self._check:
            return self._result("created", True, [{"before": {}, "after": {"site": self._name, "apps": wanted.apps}}])
        if found == HALF_MADE:
            self._throw_away()
        if found != WHOLE:
            self._create(wanted)
        diffs = self._install_missing(wanted.apps) if found == WHOLE else []
        diffs += self._configure(wanted.config)
        answers = self._bench.site(self._name, "ensure_documents", documents=wanted.documents, check=self._check)[
            "documents"
        ]
        diffs += documents.diff(answers)
        return self._result("created" if found != WHOLE else "kept", bool(diffs) or found != WHOLE, diffs)

    def ensure_absent(self, backup_to: str | None = None) -> dict[str, Any]:
        """Take away the site's folder, database and database users, when they are ours.

        :param backup_to: a folder; a whole site is backed up into a folder of its own in it first.
        """
        with self._alone():
            return self._ensure_absent(backup_to)

    def _ensure_absent(self, backup_to: str | None) -> dict[str, Any]:
        found = self._look()
        backups = []
        if found != NOTHING and not self._check:
            if found == WHOLE and backup_to:
                backups = self._bench.backup(self._name, Path(backup_to))
            self._remove()
        gone = {"before": {"site": self._name, "database": self._database.name}, "after": {}}
        result = self._result("removed", found != NOTHING, [gone] if found != NOTHING else [])
        return {**result, "backups": backups}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until nobody else works on this site.

        The lock is on the site's folder, which may still have its first name, and bench commands inherit it: one that
        a killed run left at work is waited for, instead of working against it.
        """
        folder = next((folder for folder in (self._folder, self._staging) if folder.is_dir()), None)
        if folder is None and self._check:
            yield
            return
        if folder is None:
            self._staging.mkdir()
            folder = self._staging
        with turn(str(folder), self._bench.timeout) as held:
            self._bench.held_files.append(held)
            try:
                yield
            finally:
                self._bench.held_files.remove(held)
                shutil.rmtree(self._staging, ignore_errors=True)

    def check_free(self) -> None:
        """Refuse when the name is taken by what is not ours."""
        self._look()

    def _look(self) -> str:
        """What is there. Refuses what is there and is not ours."""
        mark = self._mark()
        if self._folder.exists() and (mark is None or mark.get("owner") != self._owner):
            raise TenantError(
                f"The site {self._name} already exists on the bench and was not made by this provisioning.",
                "Choose another tenant name; the site is left untouched.",
                error="already_exists",
            )
        if mark is not None and mark.get("whole"):
            return WHOLE
        database = self._bench.database("state", self._database.connection, name=self._database.name)
        if database["exists"] and database["owner"] != self._owner:
            raise TenantError(
                f"The database {self._database.name} already exists and was not made by this provisioning.",
                "It is left untouched; run again to get another database name.",
                error="database_exists",
            )
        return HALF_MADE if self._folder.exists() or database["exists"] or database["user_hosts"] else NOTHING

    def _create(self, wanted: WantedSite) -> None:
        self._make_folder()
        password = secrets.token_urlsafe(24)
        self._in_database("create", password=password, owner=self._owner)
        name = self._database.name
        site_config.write(
            self._folder,
            {
                "db_name": name,
                "db_user": name,
                "db_password": password,
                "db_type": "mariadb",
                # Frappe writes a key of its own at first use; a fresh one before any secret is stored is ours to know.
                "encryption_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
                # Nobody keeps it: people sign in through the provider, operators through the bench.
                "admin_password": secrets.token_urlsafe(24),
            },
            mode=0o600,
        )
        self._bench.new_site(self._name, wanted.apps)
        self._settle()
        self._write_mark(self._folder, whole=True)

    def _make_folder(self) -> None:
        """The site's folder appears with the mark in it: a folder without one would never be ours again."""
        if self._folder.exists():
            return
        self._staging.mkdir(exist_ok=True)
        self._write_mark(self._staging, whole=False)
        self._staging.rename(self._folder)

    def _settle(self) -> None:
        """Take the start-up secrets out of use: Frappe gave the database password to a client's command line."""
        password = secrets.token_urlsafe(24)
        self._in_database("set_password", password=password)
        config = site_config.merged(site_config.read(self._folder), {"db_password": password, "admin_password": None})
        site_config.write(self._folder, config)

    def _install_missing(self, apps: list[str]) -> list[dict[str, Any]]:
        installed = self._bench.site(self._name, "installed_apps")["apps"]
        missing = [app for app in apps if app not in installed]
        if not self._check:
            for app in missing:
                self._bench.install_app(self._name, app)
        return [{"before": {"apps": installed}, "after": {"apps": [*installed, *missing]}}] if missing else []

    def _configure(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        before = site_config.read(self._folder)
        after = site_config.merged(before, wanted)
        if before == after and site_config.mode_is_right(self._folder):
            return []
        if not self._check:
            site_config.write(self._folder, after)
        return [{"before": site_config.shown(before), "after": site_config.shown(after)}]

    def _throw_away(self) -> None:
        """Empty what an interrupted run left. The folder itself stays, since the lock and the mark are on it."""
        self._in_database("drop", owner=self._owner)
        if self._folder.exists():
            for entry in self._folder.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry.name != _MARK_FILE:
                    entry.unlink()

    def _remove(self) -> None:
        """Database first: a folder without database is found again, a database without folder only by its record."""
        self._in_database("drop", owner=self._owner)
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def _in_database(self, operation: str, **arguments: Any) -> None:
        self._bench.database(operation, self._database.connection, name=self._database.name, **arguments)

    def _mark(self) -> dict[str, Any] | None:
        try:
            return json.loads((self._folder / _MARK_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _write_mark(self, folder: Path, whole: bool) -> None:
        write_whole(folder / _MARK_FILE, json.dumps({"owner": self._owner, "whole": whole}), 0o644)

    def _result(self, what: str, changed: bool, diffs: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "changed": changed,
            "site": self._name,
            "action": what,
            "database": self._database.name,
            "commands": self._bench.commands,
            "diff": diffs,
        }
