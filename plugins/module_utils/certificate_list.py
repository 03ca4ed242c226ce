# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates that certbot keeps below one configuration folder, read from its files.

A mark beside certbot's own folders names who made a lineage: the id of a provisioning. A lineage without a mark is
not ours. Nothing here runs a program, so that thousands of lineages are listed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import certificate_file
from .certificate_file import Certificate
from .errors import TenantError

#: Where certbot gets certificates when it is told nothing else.
PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"

_MARKS = "frappe_tenants"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_SETTING = re.compile(r"^(\w+) = (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Lineage:
    """A certificate that certbot keeps, the authority that it came from, and the way it was proven."""

    name: str
    server: str
    authenticator: str
    fullchain: str
    privkey: str
    certificate: Certificate


@dataclass(frozen=True)
class Listed:
    """One line of the list. A lineage that can't be read is listed too, with the reason."""

    name: str
    owner: str
    lineage: Lineage | None
    problem: str = ""


def check_name(name: str) -> None:
    """Refuse a lineage name or domain that could become another path or option."""
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise TenantError(f"{name!r} is not a host name in lower case, so it is no name for a certificate.")


def mark_of(config_dir: Path, name: str) -> Path:
    """The file that tells who made the lineage."""
    return config_dir / _MARKS / name


def owner_of(config_dir: Path, name: str) -> str:
    """Who made the lineage, as it was told when it was made; empty when it is not ours."""
    mark = mark_of(config_dir, name)
    return mark.read_text(encoding="utf-8").strip() if mark.is_file() else ""


def read(config_dir: Path, name: str) -> Lineage | None:
    """The lineage called I(name), or None."""
    check_name(name)
    return _read(config_dir, name)


def listed(config_dir: Path) -> Iterator[Listed]:
    """Every lineage, whoever made it, by name."""
    for settings in sorted(config_dir.glob("renewal/*.conf")):
        name = settings.stem
        owner = owner_of(config_dir, name)
        try:
            yield Listed(name, owner, _read(config_dir, name))
        except TenantError as error:
            yield Listed(name, owner, None, error.msg)


def describe(lineage: Lineage) -> dict[str, Any]:
    """The lineage as modules tell of it."""
    return {
        "lineage": lineage.name,
        "fullchain": lineage.fullchain,
        "privkey": lineage.privkey,
        **describe_certificate(lineage.certificate),
        "server": lineage.server,
    }


def describe_certificate(certificate: Certificate) -> dict[str, Any]:
    """A certificate as modules tell of it."""
    return {
        "issuer": certificate.issuer,
        "not_after": certificate.not_after_text,
        "days_left": certificate.days_left,
        "names": list(certificate.names),
    }


def describe_listed(entry: Listed) -> dict[str, Any]:
    """A line of the list as modules tell of it."""
    told: dict[str, Any] = {"lineage": entry.name, "owner": entry.owner, "ours": bool(entry.owner)}
    if entry.lineage is None:
        return {**told, "problem": entry.problem}
    lineage = entry.lineage
    return {**told, **describe(lineage), "authenticator": lineage.authenticator, "due": lineage.certificate.due}


def _read(config_dir: Path, name: str) -> Lineage | None:
    settings_file = config_dir / "renewal" / f"{name}.conf"
    if not settings_file.is_file():
        return None
    settings = dict(_SETTING.findall(settings_file.read_text(encoding="utf-8")))
    live = config_dir / "live" / name
    return Lineage(
        name=name,
        server=settings.get("server", PRODUCTION),
        authenticator=settings.get("authenticator", ""),
        fullchain=str(live / "fullchain.pem"),
        privkey=str(live / "privkey.pem"),
        certificate=certificate_file.read(live / "fullchain.pem"),
    )
