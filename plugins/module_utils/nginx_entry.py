# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One tenant as an entry of the shared servers: a folder whose names nginx looks for at each request.

nginx can only ask whether a file exists and follow a link, so that is what an entry is made of. What was entered stands
whole in C(tenant.json), for people and for the list of tenants. The template C(entry.conf.j2) of the role edge_host reads
the same names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import TenantError
from .naming import is_host

RECORD = "tenant.json"
STATES = ("active", "suspended")
_BENCH = re.compile(r"[A-Za-z0-9_]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class Entry:
    """What nginx has to know of a tenant."""

    tenant: str
    owner: str
    state: str
    frontend_host: str
    backend_host: str
    #: The bench as in the names of the upstreams, and its sites folder as nginx sees it.
    bench: str
    sites_path: str
    #: Both are empty for a tenant that is served by HTTP.
    fullchain: str = ""
    privkey: str = ""
    desk: bool = False
    password_login: bool = False

    @property
    def hosts(self) -> tuple[str, str]:
        return self.frontend_host, self.backend_host

    @property
    def folder(self) -> str:
        """The name of the entry's folder: another for every content, so that a link can change over at once."""
        return f"{self.tenant}@{hashlib.sha256(self.record().encode()).hexdigest()[:12]}"

    def check(self) -> None:
        """Refuse what is of no right form, so that no entry lies or leads anywhere but where it belongs."""
        require_names(self.tenant, self.owner, self.hosts)
        _require(self.bench, bool(_BENCH.fullmatch(self.bench)))
        for path in filter(None, (self.sites_path, self.fullchain, self.privkey)):
            _require(path, os.path.isabs(path) and "\0" not in path)
        if bool(self.fullchain) != bool(self.privkey):
            raise TenantError("A certificate and its key belong together: one of fullchain and privkey is missing.")

    def record(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    def files(self) -> dict[str, str]:
        """The files by name, each with its text; most are there only to be found."""
        flags = [self.state, f"bench-{self.bench}"]
        flags += ["https"] if self.fullchain else []
        flags += ["desk"] if self.desk else []
        flags += ["password"] if self.password_login else []
        return {RECORD: self.record(), **dict.fromkeys(flags, "")}

    def links(self) -> dict[str, str]:
        """The links by name, each with what it leads to."""
        found = {"site": f"{self.sites_path}/{self.backend_host}", "assets": f"{self.sites_path}/assets"}
        if self.fullchain:
            found |= {"fullchain.pem": self.fullchain, "privkey.pem": self.privkey}
        return found

    def is_in(self, folder: Path) -> bool:
        """Whether I(folder) holds this entry, whole and nothing else."""
        names = {*self.files(), *self.links()}
        try:
            return (
                set(os.listdir(folder)) == names
                and all((folder / name).read_text(encoding="utf-8") == text for name, text in self.files().items())
                and all(os.readlink(folder / name) == target for name, target in self.links().items())
            )
        except OSError:
            return False

    def write(self, folder: Path) -> None:
        """Fill the empty I(folder)."""
        for name, text in self.files().items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o644)
        for name, target in self.links().items():
            (folder / name).symlink_to(target)


def require_names(tenant: str, owner: str, hosts: Iterable[str]) -> None:
    """Refuse names that could lead out of the folders of the entries."""
    _require(tenant, bool(_LABEL.fullmatch(tenant)))
    _require(owner, bool(_OWNER.fullmatch(owner)))
    for host in hosts:
        _require(host, is_host(host))


def _require(value: str, condition: bool) -> None:
    if not condition:
        raise TenantError(f"{value!r} cannot be part of a tenant's entry in nginx: it is not of the right form.")


def read_entry(folder: Path) -> Entry | None:
    """The entry that I(folder) holds by its own record; None when there is none, or none of ours."""
    try:
        fields = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return Entry(**fields)
    except (OSError, ValueError, TypeError):
        return None
