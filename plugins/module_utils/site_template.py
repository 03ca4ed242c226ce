# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to a site from a template: the dump of a fresh site with the same apps in the same versions.

A template is made by the first run that needs it: that run makes its own site the cold way, and dumps it before anything
of the tenant is in it. Runs for the same apps that come meanwhile wait for it. A template of other versions is not used
but replaced. The dump is imported by the database's own client: C(bench new-site --source-sql) with C(--force), which an own
folder needs, installs Frappe a second time over it, and takes three times as long. The dump holds no secret: the table of
passwords is left out, and a site with anything else that looks like a secret is not kept as a template.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import site_config
from .app_versions import app_versions
from .errors import TenantError
from .site_cold import make_cold
from .site_place import SitePlace
from .site_rekey import rekey, secrets_left
from .turns import StillBusy, turn
from .whole_file import write_whole

#: The path of the dump stands in a command of the database's client.
_SAFE_PATH = re.compile(r"[A-Za-z0-9_./+@-]+")

#: Seconds to wait for a run that is making the template. A cold site takes about a minute for each big app.
_WAIT_SECONDS = 600

_MANIFEST = "manifest.json"


class Templates:
    """The templates of one bench, a folder per set of apps.

    :param root: the folder of all templates; only the bench's user can read it.
    :param warn: is told why a template was not used or not kept.
    """

    def __init__(self, root: Path, warn: Callable[[str], None]) -> None:
        if not _SAFE_PATH.fullmatch(str(root)):
            raise TenantError(
                f"The folder of templates {root} has a character that could mean something to the database's client.",
                "Choose a path of letters, digits and _ . / + @ - for template_path.",
            )
        self._root = root
        self._warn = warn

    def make(self, place: SitePlace, apps: list[str]) -> str:
        """Make the site from the template, or the template from the site.

        :returns: C(template), or C(cold) when there was none.
        """
        folder = self._root / "+".join(["frappe", *apps])
        for made in (self._root, folder):
            made.mkdir(mode=0o700, exist_ok=True)
        try:
            return self._make(place, apps, folder)
        except StillBusy as error:
            self._warn(f"The template is not waited for any longer: {error.msg}")
            make_cold(place, apps)
            return "cold"

    def _make(self, place: SitePlace, apps: list[str], folder: Path) -> str:
        while True:
            # Many may read at a time; who makes the template is alone.
            with turn(str(folder), _WAIT_SECONDS, shared=True):
                dump = _current_dump(place, apps, folder)
                if dump is not None and self._import(place, dump):
                    return "template"
                if _current_dump(place, apps, folder) is not None:
                    # It is as it was made: not the template failed, but perhaps the database, and only now.
                    make_cold(place, apps)
                    return "cold"
            with turn(str(folder), _WAIT_SECONDS):
                if _current_dump(place, apps, folder) is None:
                    make_cold(place, apps)
                    self._keep(place, apps, folder)
                    return "cold"

    def _import(self, place: SitePlace, dump: Path) -> bool:
        try:
            place.prepare()
            for folder in _manifest(dump.parent)["folders"]:
                (place.folder / folder).mkdir(parents=True, exist_ok=True)
            place.bench.import_dump(_database_of(place), dump)
            place.change_config(admin_password=None)
            rekey(place)
        except TenantError as error:
            self._warn(
                f"The template {dump} could not be imported, and the site is made without it: {error.msg}"
                " When that happens again, remove the template; the next site makes a new one."
            )
            place.empty()
            return False
        return True

    def _keep(self, place: SitePlace, apps: list[str], folder: Path) -> None:
        """A site without a template of it is as good: what goes wrong here is a warning."""
        try:
            _store(place, apps, folder)
            self._prune(place)
        except (TenantError, OSError) as error:
            self._warn(f"No template was made of {place.name}: {error}")

    def _prune(self, place: SitePlace) -> None:
        """Remove the templates of other sets of apps whose versions are past: nobody will use them again."""
        for folder in self._root.iterdir():
            versions = _manifest(folder).get("versions")
            if versions is None or versions == _present_versions(place, versions):
                continue
            with suppress(StillBusy), turn(str(folder), 0):
                shutil.rmtree(folder)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _present_versions(place: SitePlace, apps: Iterable[str]) -> dict[str, str]:
    """The versions that the bench has now of those apps that it still has."""
    return app_versions(place.bench.path, [app for app in apps if app in place.bench.apps()])


def _current_dump(place: SitePlace, apps: list[str], folder: Path) -> Path | None:
    """The dump, when it is whole and of the versions that the bench has now."""
    manifest = _manifest(folder)
    if "folders" not in manifest or manifest["versions"] != app_versions(place.bench.path, apps):
        return None
    dump = folder / manifest["dump"]
    return dump if dump.exists() and manifest["sha256"] == _sha256(dump) else None


def _store(place: SitePlace, apps: list[str], folder: Path) -> None:
    left = secrets_left(place)
    if left:
        raise TenantError(f"it holds what may be a secret and nobody knows how to renew, in {', '.join(left)}.")
    dump = folder / f"{place.owner}.sql"
    dump.touch(mode=0o600)
    try:
        place.bench.dump(_database_of(place), dump, without_rows_of=["__Auth"])
        manifest: dict[str, Any] = {
            "versions": app_versions(place.bench.path, apps),
            "dump": dump.name,
            "sha256": _sha256(dump),
            "folders": _folders(place),
        }
        write_whole(folder / _MANIFEST, json.dumps(manifest, indent=1), 0o600)
    except (TenantError, OSError):
        # A part of a dump on a full disk keeps it full.
        dump.unlink()
        raise
    for old in folder.iterdir():
        if old not in (dump, folder / _MANIFEST):
            old.unlink()


def _folders(place: SitePlace) -> list[str]:
    """The folders that the bench makes in a site, each after the one that it is in."""
    return sorted(str(path.relative_to(place.folder)) for path in place.folder.rglob("*") if path.is_dir())


def _database_of(place: SitePlace) -> dict[str, Any]:
    config = site_config.read(place.folder)
    where = {key: place.database.connection.get(key) for key in ("host", "port", "unix_socket")}
    return {**where, "user": config["db_user"], "password": config["db_password"], "name": config["db_name"]}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest()
