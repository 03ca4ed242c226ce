# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where one site is: its folder and its database, each with the mark of its owner.

Nothing without the mark is ever changed or removed. In the folder the mark is a file, written before anything else; on
the database it is the comment.
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

from . import site_config
from .bench import Bench
from .errors import TenantError
from .turns import turn
from .whole_file import write_whole

MARK_FILE = "frappeops.tenants.json"


@dataclass(frozen=True)
class Database:
    """The site's database, and how to reach its server as an administrator.

    :param connection: host, port, unix_socket, user and password for a Python database driver.
    :param user_host: the host that the site's user may come from; None for the one that the administrator comes from.
    """

    name: str
    connection: dict[str, Any]
    user_host: str | None = None


class SitePlace:
    """Folder and database of one site, as its owner may handle them.

    :param former_owner: whose the database may still be: that of the standby site that the owner takes over.
    """

    def __init__(
        self, bench: Bench, name: str, database: Database, owner: str, former_owner: str | None = None
    ) -> None:
        self.bench = bench
        self.name = name
        self.database = database
        self.owner = owner
        self.owners = [owner, *([former_owner] if former_owner else [])]
        self.folder = bench.site_path(name)
        #: Where the folder is until it appears under its name, with the mark in it, and where it goes to be removed.
        self.staging = bench.sites / f".frappeops-{owner}"

    def mark(self) -> dict[str, Any]:
        """The mark in the folder; empty when there is none."""
        return _mark_in(self.folder)

    def rest(self) -> dict[str, Any]:
        """The mark in what a run that was killed left of the folder while it made or removed it; empty when there is none."""
        return _mark_in(self.staging)

    def write_mark(self, folder: Path | None = None, **more: Any) -> None:
        """Say whose the folder is.

        :param more: C(whole) when the site is complete, with its C(apps) and C(versions); C(standby), the owner before;
            C(backups), the files of the backup, when it is being removed.
        """
        write_whole((folder or self.folder) / MARK_FILE, json.dumps({"owner": self.owner, **more}), 0o644)

    def database_state(self) -> dict[str, Any]:
        """What there is of the database: C(exists), C(owner), C(user_hosts)."""
        return self._in_database("state")

    def prepare(self) -> None:
        """Make the folder, the database and the configuration for C(bench new-site)."""
        self._make_folder()
        password = secrets.token_urlsafe(24)
        self._in_database("create", password=password, owner=self.owner, user_host=self.database.user_host)
        config = {
            "db_name": self.database.name,
            "db_user": self.database.name,
            "db_password": password,
            "db_type": "mariadb",
            # Frappe writes a key of its own at first use; a fresh one before any secret is stored is ours to know.
            "encryption_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            # Nobody keeps it: people sign in through the provider, operators through the bench.
            "admin_password": secrets.token_urlsafe(24),
            **site_config.way_to_database(self.database.connection, self.bench.common_config()),
        }
        site_config.write(self.folder, config, mode=0o600)

    def settle(self) -> None:
        """Take the start-up secrets out of use: Frappe gave the database password to a client's command line."""
        password = secrets.token_urlsafe(24)
        self._in_database("set_password", password=password)
        self.change_config(db_password=password, admin_password=None)

    def take_database(self) -> None:
        """Make the former owner's database this owner's, with a new password."""
        password = secrets.token_urlsafe(24)
        self._in_database("hand_over", owners=self.owners, owner=self.owner, password=password)
        self.change_config(db_password=password)

    def change_config(self, **values: Any) -> None:
        """Set keys of the site's configuration; one that is None is taken out."""
        site_config.write(self.folder, site_config.merged(site_config.read(self.folder), values))

    def has_made_user(self) -> bool:
        """Whether the database's user is this site's: L(prepare) writes the configuration right after both are made."""
        try:
            return site_config.read(self.folder).get("db_name") == self.database.name
        except TenantError:
            return False

    def empty(self) -> None:
        """Throw away what an interrupted run left. The folder itself stays, since the lock and the mark are on it."""
        self.drop_database()
        if self.folder.exists():
            self.write_mark()
            _clear(self.folder)

    def drop_database(self, made_user: bool = False) -> None:
        """Drop the database and its users at every host scope.

        :param made_user: whether the users are known to be the site's, though the database may be gone.
        """
        self._in_database("drop", owners=self.owners, made_user=made_user or self.has_made_user())

    def remove(self, made_user: bool = False) -> None:
        """Database first: a folder without database is found again, a database without folder only by its record."""
        self.drop_database(made_user)
        self.remove_folder()

    def remove_folder(self) -> None:
        """Remove the folder under a name that says whose it was: what is left of it when the run is killed is found by that."""
        if self.staging.exists():
            _remove(self.staging)
        if self.folder.exists():
            self.folder.rename(self.staging)
            _remove(self.staging)

    @contextmanager
    def alone(self, make: bool = True) -> Iterator[None]:
        """Wait until nobody else works on this site.

        The lock is on the site's folder, which may still have its first name, and bench commands inherit it: one that
        a killed run left at work is waited for, instead of working against it.

        :param make: whether a folder may be made to hold the lock.
        """
        folder = next((folder for folder in (self.folder, self.staging) if folder.is_dir()), None)
        if folder is None and not make:
            yield
            return
        if folder is None:
            self.staging.mkdir()
            folder = self.staging
        with turn(str(folder), self.bench.timeout) as held:
            self.bench.held_files.append(held)
            try:
                yield
            finally:
                self.bench.held_files.remove(held)
                shutil.rmtree(self.staging, ignore_errors=True)

    def _make_folder(self) -> None:
        """The site's folder appears with the mark in it: a folder without one would never be ours again."""
        if self.folder.exists():
            return
        self.staging.mkdir(exist_ok=True)
        _clear(self.staging)
        self.write_mark(self.staging)
        self.staging.rename(self.folder)

    def _in_database(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self.bench.database(operation, self.database.connection, name=self.database.name, **arguments)


def _mark_in(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / MARK_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _remove(folder: Path) -> None:
    _clear(folder)
    shutil.rmtree(folder)


def _clear(folder: Path) -> None:
    """Remove all but the mark, and the configuration first: without it the folder is no site to Frappe, nor are its secrets left."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name != "site_config.json"):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK_FILE:
            entry.unlink()
