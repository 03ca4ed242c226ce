# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of an edge: published, changed and withdrawn with no reload of nginx.

Below the folder C(frappe_tenants) beside nginx.conf, C(tenants/) holds an entry's folder and C(hosts/) a link to it by each
of its host names. An entry that changes becomes a new folder, and the links change over by a rename: at any time a host
has the whole old or the whole new entry.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import TenantError
from .nginx_entry import Entry, read_entry, require_names
from .turns import turn
from .whole_file import replace_link

_LOCK_TIMEOUT = 60


def folder_beside(nginx_config: str) -> Path:
    """The folder C(frappe_tenants) of the nginx with this configuration file."""
    return Path(nginx_config).parent / "frappe_tenants"


class Entries:
    """The entries below the folder C(frappe_tenants)."""

    def __init__(self, folder: Path, check_mode: bool) -> None:
        self._folder = folder
        self._hosts = folder / "hosts"
        self._tenants = folder / "tenants"
        self._check_mode = check_mode

    def present(self, entry: Entry) -> dict[str, Any]:
        """Publish I(entry), unless it is there already."""
        entry.check()
        self._require_prepared()
        with turn(str(self._folder), _LOCK_TIMEOUT):
            self._refuse_foreign(entry)
            before = self._linked(entry.backend_host)
            changed = not self._is_published(entry)
            if changed and not self._check_mode:
                self._publish(entry)
        return _result(changed, before, entry, "published" if changed else "nginx serves it already")

    def absent(self, tenant: str, owner: str, frontend_host: str, backend_host: str) -> dict[str, Any]:
        """Withdraw the tenant's entry if it is I(owner)'s; what is somebody else's stays."""
        hosts = (frontend_host, backend_host)
        require_names(tenant, owner, hosts)
        if not self._folder.is_dir():
            return {**_result(False, None, None, "it is not there"), "left": False}
        with turn(str(self._folder), _LOCK_TIMEOUT):
            linked = [host for host in hosts if os.path.lexists(self._hosts / host)]
            foreign = [host for host in linked if not self._is_of(host, owner)]
            if foreign:
                return {**_result(False, None, None, f"the entry of {foreign[0]} is not ours and stays"), "left": True}
            before = self._linked(backend_host)
            changed = bool(linked) or any(True for _folder in self._folders_of(tenant, owner))
            if changed and not self._check_mode:
                for host in linked:
                    (self._hosts / host).unlink()
                self._remove_folders(tenant, owner)
                self._remove_empty()
        return {**_result(changed, before, None, "withdrawn" if changed else "it is not there"), "left": False}

    def _require_prepared(self) -> None:
        """Without the servers that read entries, an entry would be served by nobody."""
        if not self._check_mode and not (self._folder / "entry.conf").exists():
            raise TenantError(
                f"nginx is not prepared for the layout shared: {self._folder}/entry.conf does not exist.",
                "Prepare the edge with proxy_layout shared: run the playbook edge.yml.",
            )

    def _refuse_foreign(self, entry: Entry) -> None:
        for host in entry.hosts:
            if os.path.lexists(self._hosts / host) and not self._is_of(host, entry.owner):
                raise TenantError(
                    f"{self._hosts / host} exists and was not made by this provisioning, so it is left as it is.",
                    "Remove it if nothing uses it, or find out which tenant it belongs to.",
                    problem="foreign_file",
                )

    def _is_of(self, host: str, owner: str) -> bool:
        """Whether the link of I(host) leads to an entry of I(owner); a broken one into our folder may be replaced."""
        link = self._hosts / host
        if not link.is_symlink() or Path(os.readlink(link)).parent != Path("../tenants"):
            return False
        entry = read_entry(link)
        return entry is None or entry.owner == owner

    def _linked(self, host: str) -> Entry | None:
        return read_entry(self._hosts / host)

    def _is_published(self, entry: Entry) -> bool:
        links = [self._hosts / host for host in entry.hosts]
        return (
            all(link.is_symlink() and os.readlink(link) == f"../tenants/{entry.folder}" for link in links)
            and entry.is_in(self._tenants / entry.folder)
            and list(self._folders_of(entry.tenant, entry.owner)) == [self._tenants / entry.folder]
        )

    def _publish(self, entry: Entry) -> None:
        for folder in (self._hosts, self._tenants):
            folder.mkdir(mode=0o755, exist_ok=True)
        self._make_folder(entry)
        for host in entry.hosts:
            replace_link(self._hosts / host, f"../tenants/{entry.folder}")
        self._remove_folders(entry.tenant, entry.owner, but=entry.folder)

    def _make_folder(self, entry: Entry) -> None:
        """Put the entry's folder in place whole. One that was changed by hand or cut off gives way."""
        place = self._tenants / entry.folder
        if entry.is_in(place):
            return
        with tempfile.TemporaryDirectory(dir=self._tenants, prefix=".") as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir(mode=0o755)
            entry.write(new)
            if place.exists():
                place.rename(old)
            new.rename(place)

    def _folders_of(self, tenant: str, owner: str) -> Iterator[Path]:
        for folder in sorted(self._tenants.glob(f"{tenant}@*")):
            entry = read_entry(folder)
            if entry is None or entry.owner == owner:
                yield folder

    def _remove_folders(self, tenant: str, owner: str, but: str = "") -> None:
        for folder in self._folders_of(tenant, owner):
            if folder.name != but:
                shutil.rmtree(folder)

    def _remove_empty(self) -> None:
        """The role edge_host keeps the servers that read entries as long as there are these folders."""
        for folder in (self._hosts, self._tenants):
            # Not when another tenant is in it.
            with contextlib.suppress(OSError):
                folder.rmdir()


def _result(changed: bool, before: Entry | None, after: Entry | None, reason: str) -> dict[str, Any]:
    return {
        "changed": changed,
        "reason": reason,
        "diff": {"before": before.record() if before else "", "after": after.record() if after else ""},
    }
