# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tenants one nginx serves, read from the configuration that it reads itself. Only looks.

Files that somebody wrote by hand are listed too, as far as they name a host: whoever compares nginx with the
registry wants to see them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .nginx_entries import folder_beside
from .nginx_entry import RECORD, read_entry
from .nginx_publish import is_edited, owner_in
from .nginx_tree import ConfigTree

_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_SERVER_NAME = re.compile(r"(?:^|[;{}])\s*server_name\s+([^;{}]+);")
_HOST = re.compile(r"[A-Za-z0-9*][A-Za-z0-9.*-]*")


@dataclass(frozen=True)
class Published:
    """One tenant, or one hand-made file, that nginx serves."""

    #: The file by which nginx serves it, under the name that nginx reads; in the layout shared the entry's record.
    file: str
    #: Which provisioning made it; empty when it bears no mark.
    owner: str
    #: Its host names, in the order of the file.
    hosts: tuple[str, ...]
    #: The site that requests are sent to, and the tenant's name; empty when the file does not say.
    site: str
    tenant: str
    suspended: bool = False
    #: Somebody changed by hand what was published.
    edited: bool = False


def published(config: str) -> list[Published]:
    """What the nginx of the configuration file I(config) serves, by file. The servers that all tenants share are left out."""
    found = [*_in_files(config), *_in_entries(folder_beside(config))]
    return sorted(found, key=lambda entry: entry.file)


def _in_files(config: str) -> Iterator[Published]:
    for path, text in ConfigTree(config).parsed_files().items():
        if "server_name" in text and (hosts := _hosts(directives := _COMMENT.sub("", text))):
            yield Published(
                file=str(path),
                owner=owner_in(text),
                hosts=hosts,
                site=_set(directives, "site").rpartition("/")[2] or _header(directives, "X-Frappe-Site-Name"),
                tenant=_set(directives, "name") or _header(directives, "X-Tenant"),
                suspended=_set(directives, "state") == "suspended",
                edited=is_edited(text),
            )


def _in_entries(folder: Path) -> Iterator[Published]:
    """The entries that a host leads to, with the hosts that do."""
    hosts: dict[str, list[str]] = {}
    for link in sorted((folder / "hosts").glob("*")):
        hosts.setdefault(os.path.realpath(link), []).append(link.name)
    for place, names in hosts.items():
        entry = read_entry(Path(place))
        yield Published(
            file=f"{place}/{RECORD}",
            owner=entry.owner if entry else "",
            hosts=tuple(names),
            site=entry.backend_host if entry else "",
            tenant=entry.tenant if entry else "",
            suspended=entry is not None and entry.state == "suspended",
            edited=entry is not None and not entry.is_in(Path(place)),
        )


def _hosts(directives: str) -> tuple[str, ...]:
    """The names of the servers, each once; nginx's names for any host (C(_), patterns, nothing) are none."""
    words = (word.strip("\"'").lower() for names in _SERVER_NAME.findall(directives) for word in names.split())
    return tuple(dict.fromkeys(word for word in words if _HOST.fullmatch(word)))


def _set(directives: str, name: str) -> str:
    """What our own files set for the files that they include (template vhost.conf.j2)."""
    match = re.search(rf"^\s*set \$frappe_tenants_{name} \"?([^\";$]*)", directives, re.MULTILINE)
    return match.group(1) if match else ""


def _header(directives: str, name: str) -> str:
    """The text that is sent to the upstream as the header I(name); nothing when it depends on the request."""
    match = re.search(rf"proxy_set_header\s+{name}\s+[\"']?([^\"';\s]+)", directives, re.IGNORECASE)
    return match.group(1) if match and "$" not in match.group(1) else ""
