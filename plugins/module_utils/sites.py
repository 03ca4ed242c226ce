# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's site on its bench: made whole or not at all, kept in its wanted state, taken away.

Only what carries the tenant's owner mark is ever changed or removed; see site_place. There are three ways to a new site,
a file each: site_standby, site_template and site_cold. All end in the same site.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import documents, site_config, site_standby
from .app_versions import app_versions
from .bench import Bench
from .errors import TenantError
from .site_cold import make_cold
from .site_place import Database, SitePlace
from .site_template import Templates

#: What a look at a site can find.
NOTHING, HALF_MADE, WHOLE = "nothing", "half-made", "whole"

#: Where a new site comes from; auto takes the first of the others that there is.
SOURCES = AUTO, STANDBY, TEMPLATE, COLD = ("auto", "standby", "template", "cold")

#: The option of every module that needs the site's database and its server's administrator.
DATABASE_ARGUMENT: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "host": {"type": "str"},
        "port": {"type": "int", "default": 3306},
        "socket": {"type": "path"},
        "user_host": {"type": "str"},
        "admin_user": {"type": "str", "required": True},
        "admin_password": {"type": "str", "required": True, "no_log": True},
    },
    "required_one_of": [["host", "socket"]],
    "mutually_exclusive": [["host", "socket"]],
}


def database_of(option: dict[str, Any]) -> Database:
    """The database that a module's option describes."""
    where = {"unix_socket": option["socket"]} if option["socket"] else {"host": option["host"], "port": option["port"]}
    connection = {**where, "user": option["admin_user"], "password": option["admin_password"]}
    return Database(option["name"], connection, option["user_host"])


@dataclass(frozen=True)
class WantedSite:
    """What the site shall be.

    :param config: keys for its site_config.json; a key with None is taken out.
    :param documents: documents that it shall have, in this order; see inside_site.
    :param secret_config: as config, for values that no diff shows.
    :param source: one of SOURCES, for a site that is to be made.
    :param templates: the folder of the templates.
    :param complete: the tenant was complete before, so that its site is never made anew.
    """

    apps: list[str]
    config: dict[str, Any]
    documents: list[dict[str, Any]]
    secret_config: dict[str, Any] = field(default_factory=dict)
    source: str = COLD
    templates: Path | None = None
    complete: bool = False


@dataclass
class TenantSite:
    """One tenant's site, as its owner may handle it.

    :param place: where it is.
    :param standby: where the site stands that was claimed for the tenant, if any. It has the same database.
    """

    place: SitePlace
    check: bool = False
    standby: SitePlace | None = None
    #: What is worth knowing and no failure.
    warnings: list[str] = field(default_factory=list)

    def ensure(self, wanted: WantedSite) -> dict[str, Any]:
        """Make the site, or bring it to its wanted state."""
        self._bench.require_apps(wanted.apps)
        with self._alone():
            return self._ensure(wanted)

    def _ensure(self, wanted: WantedSite) -> dict[str, Any]:
        found = self._look(complete=wanted.complete)
        if found != WHOLE and wanted.complete:
            # Making it anew would begin with throwing away what is left of its data.
            raise TenantError(
                f"The site {self.place.name} was complete and is {found} now: its folder or the mark in it is gone.",
                f"Nothing of it was touched. Restore the folder, and the database {self.place.database.name} if it is gone, from "
                "a backup; or deprovision the tenant (with -e site_backup=false where only its database is left) and provision it anew.",
                error="site_lost",
            )
        if found != WHOLE and self.check:
            after = {"site": self.place.name, "apps": wanted.apps}
            return self._result("created", True, [{"before": {}, "after": after}])
        if found == WHOLE:
            source, diffs = None, self._install_missing(wanted.apps)
        else:
            source, diffs = self._make_or_leave_nothing(wanted, found), []
        diffs += self._configure(wanted)
        answers = self._bench.site(self.place.name, "ensure_documents", documents=wanted.documents, check=self.check)
        diffs += documents.diff(answers["documents"])
        versions = app_versions(self._bench.path, wanted.apps)
        changed = bool(diffs or source)
        return self._result("created" if source else "kept", changed, diffs, source=source, versions=versions)

    def ensure_absent(self, backup_to: str | None = None, complete: bool = False) -> dict[str, Any]:
        """Take away the site's folder, database and database users, when they are ours.

        :param backup_to: a folder; a whole site is backed up into a folder of its own in it first.
        :param complete: the tenant was complete before, so that its database is not dropped when it can't be backed up.
        """
        with self._alone():
            return self._ensure_absent(backup_to, complete)

    def _ensure_absent(self, backup_to: str | None, complete: bool) -> dict[str, Any]:
        found = self._look(absent=True, complete=complete)
        mark = self.place.mark() or self.place.rest()
        # A removal that was cut off has made the backup already, if one was wanted.
        backups = mark.get("backups", [])
        if found == HALF_MADE and "backups" not in mark and complete and backup_to:
            self._require_no_data()
        if found == WHOLE and not self.check:
            backups = self._back_up(Path(backup_to)) if backup_to else []
            # From here on it is not whole, and its backup is not made again.
            self.place.write_mark(backups=backups)
        if found != NOTHING and not self.check:
            self._remove(complete)
        gone = {"before": {"site": self.place.name, "database": self.place.database.name}, "after": {}}
        result = self._result("removed", found != NOTHING, [gone] if found != NOTHING else [])
        return {**result, "backups": backups}

    def _require_no_data(self) -> None:
        if self.place.database_state()["exists"]:
            raise TenantError(
                f"The site {self.place.name} was complete and can't be backed up: its folder or the mark in it is gone, and its "
                f"database {self.place.database.name} is there.",
                "Nothing of it was touched. Put the folder back under its name, perhaps somebody renamed it; or back up the database "
                "yourself and take the tenant away without a backup (-e site_backup=false).",
                error="site_lost",
            )

    def _back_up(self, folder: Path) -> list[str]:
        try:
            return self._bench.backup(self.place.name, folder)
        finally:
            # Frappe gave the password to a client's command line, and the site lives on when the backup failed.
            self.place.settle()

    def check_free(self) -> None:
        """Refuse when the name is taken by what is not ours. Whose a user alone is depends on the tenant, and is seen later."""
        self._look(absent=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        standby_alone = self.standby.alone(make=False) if self.standby else nullcontext()
        with self.place.alone(make=not self.check), standby_alone:
            yield

    def _look(self, absent: bool = False, complete: bool = False) -> str:
        """What is there. Refuses what is there and is not ours.

        :param absent: whether it is to be removed; then a user of the database that may be anybody's is left, with a warning.
        :param complete: the tenant was complete before, so that the user was made for it.
        """
        mark = self.place.mark()
        exists = self.place.folder.exists()
        if exists and mark.get("owner") != self.place.owner:
            raise TenantError(
                f"The site {self.place.name} already exists on the bench and was not made by this provisioning.",
                "Choose another tenant name; the site is left untouched.",
                error="already_exists",
            )
        if mark.get("whole"):
            return WHOLE
        database = self.place.database_state()
        if database["exists"] and database["owner"] not in self.place.owners:
            raise TenantError(
                f"The database {self.place.database.name} already exists and was not made by this provisioning.",
                "It is left untouched; run again to get another database name.",
                error="database_exists",
            )
        waiting = self.standby is not None and site_standby.is_of(self.standby, self.place)
        if database["user_hosts"] and not (database["exists"] or waiting or complete or self.place.has_made_user()):
            self._tell_of_user(absent)
            database["user_hosts"] = []
        is_there = exists or waiting or database["exists"] or database["user_hosts"] or self.place.rest()
        return HALF_MADE if is_there else NOTHING

    def _tell_of_user(self, absent: bool) -> None:
        """A user carries no mark: without the database beside it, it may be anybody's."""
        what = f"The database user {self.place.database.name} is there and was perhaps not made by this provisioning"
        if absent:
            self.warnings.append(f"{what}, so it is left. Drop it, if nothing uses it.")
            return
        raise TenantError(
            f"{what}.",
            "It is left untouched; run again to get another database name, or drop it, if nothing uses it.",
            error="database_exists",
        )

    def _make_or_leave_nothing(self, wanted: WantedSite, found: str) -> str:
        try:
            source = self._make(wanted, found)
        except TenantError:
            # What failed first is told; what can't be removed now is found by its mark.
            with suppress(TenantError):
                self._remove()
            raise
        self.place.write_mark(whole=True, apps=wanted.apps, versions=app_versions(self._bench.path, wanted.apps))
        return source

    def _make(self, wanted: WantedSite, found: str) -> str:
        """Make the site by the fastest way that is open, and tell which."""
        if self.standby and site_standby.take_over(self.place, self.standby, wanted.apps, self.warnings.append):
            return STANDBY
        if wanted.source == STANDBY:
            raise TenantError(
                "There is no standby site for this tenant.", "Fill the pool with pool.yml, or use source auto."
            )
        if found == HALF_MADE:
            self.place.empty()
        if wanted.source == COLD or wanted.templates is None:
            make_cold(self.place, wanted.apps)
            return COLD
        return Templates(wanted.templates, self.warnings.append).make(self.place, wanted.apps)

    def _remove(self, made_user: bool = False) -> None:
        if self.standby:
            site_standby.discard(self.place, self.standby)
        self.place.remove(made_user)

    def _install_missing(self, apps: list[str]) -> list[dict[str, Any]]:
        installed = self._bench.site(self.place.name, "installed_apps")["apps"]
        if "frappe" not in installed:
            raise TenantError(
                f"The site {self.place.name} is complete by its mark, but does not list frappe among its apps.",
                "It is left untouched. Look into its database; a backup may have to be restored.",
                error="site_broken",
            )
        missing = [app for app in apps if app not in installed]
        if not self.check:
            for app in missing:
                self._bench.install_app(self.place.name, app)
        return [{"before": {"apps": installed}, "after": {"apps": [*installed, *missing]}}] if missing else []

    def _configure(self, wanted: WantedSite) -> list[dict[str, Any]]:
        folder = self.place.folder
        before = site_config.read(folder)
        after = site_config.merged(before, {**wanted.config, **wanted.secret_config})
        if before == after and site_config.mode_is_right(folder):
            return []
        if not self.check:
            site_config.write(folder, after)
        sides = {"before": before, "after": after}
        return [{which: site_config.shown(config, wanted.secret_config) for which, config in sides.items()}]

    @property
    def _bench(self) -> Bench:
        return self.place.bench

    def _result(self, what: str, changed: bool, diffs: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {
            "changed": changed,
            "site": self.place.name,
            "action": what,
            "database": self.place.database.name,
            "commands": self._bench.commands,
            "warnings": self.warnings,
            "diff": diffs,
            **more,
        }
