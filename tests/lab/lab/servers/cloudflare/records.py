# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a DNS record may be: its fields, checked as the API checks them."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from lab.servers.cloudflare.errors import ApiError, bad_request

Record = dict[str, Any]

TYPES = ("A", "AAAA", "CNAME", "TXT")
PROXIABLE = ("A", "AAAA", "CNAME")
AUTOMATIC = 1

# What a client may send. A record has more, but those are the API's own.
_FIELDS = ("type", "name", "content", "ttl", "proxied", "comment", "tags")
_HOST = re.compile(
    r"(?=.{1,253}\Z)(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z"
)


def new(zone: dict[str, Any], given: dict[str, Any]) -> Record:
    """A record of a POST: what is not given has its default."""
    now = _now()
    record = {
        "id": secrets.token_hex(16),
        "zone_id": zone["id"],
        "zone_name": zone["name"],
        "created_on": now,
        "settings": {},
        "meta": {},
    }
    defaults: Record = {"ttl": AUTOMATIC, "proxied": False, "comment": None, "tags": []}
    return checked(zone, {**record, **defaults, **_known(given)})


def patched(zone: dict[str, Any], record: Record, given: dict[str, Any]) -> Record:
    """A record after a PATCH: what is not given stays."""
    return checked(zone, {**record, **_known(given)})


def replaced(zone: dict[str, Any], record: Record, given: dict[str, Any]) -> Record:
    """A record after a PUT: what is not given has its default, and it stays the same record."""
    own = {name: record[name] for name in ("id", "created_on")}
    return {**new(zone, given), **own}


def checked(zone: dict[str, Any], record: Record) -> Record:
    """The record as the API keeps it; raises the API's error for what it refuses."""
    kind = str(record.get("type", "")).upper()
    if kind not in TYPES:
        raise bad_request(9000, f"DNS record type {kind or '(none)'} is invalid: the lab knows {', '.join(TYPES)}.")
    ttl = record["ttl"]
    if not isinstance(ttl, int) or (ttl != AUTOMATIC and not 60 <= ttl <= 86400):
        raise bad_request(9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
    proxied = bool(record["proxied"])
    if proxied and kind not in PROXIABLE:
        raise bad_request(9004, f"This record type cannot be proxied: {kind}.")
    return {
        **record,
        "type": kind,
        "name": _name(zone, record.get("name")),
        "content": _content(kind, record.get("content")),
        "proxiable": kind in PROXIABLE,
        "proxied": proxied,
        # A proxied record has the proxy's TTL, whatever was asked for.
        "ttl": AUTOMATIC if proxied else ttl,
        "modified_on": _now(),
    }


def check_conflicts(record: Record, others: Iterable[Record]) -> None:
    """Refuse a second record of the same content, and a CNAME beside an address."""
    addresses = ("A", "AAAA")
    for other in others:
        if other["id"] == record["id"] or other["name"] != record["name"]:
            continue
        if other["type"] == record["type"] and other["content"] == record["content"]:
            raise _exists_already(record, other)
        if record["type"] == "CNAME" and other["type"] in (*addresses, "CNAME"):
            raise bad_request(81053, "An A, AAAA, or CNAME record with that host already exists.")
        if record["type"] in addresses and other["type"] == "CNAME":
            raise bad_request(81054, "A CNAME record with that host already exists.")


def _exists_already(record: Record, other: Record) -> ApiError:
    # Which of the two codes comes is not documented. Here: 81058 when nothing differs, 81057 when TTL or proxy do.
    if all(record[name] == other[name] for name in ("ttl", "proxied")):
        return bad_request(81058, "An identical record already exists.")
    return bad_request(81057, "The record already exists.")


def _known(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in _FIELDS if name in given}


def _name(zone: dict[str, Any], given: Any) -> str:
    """The full name: as Cloudflare does, a name outside of the zone is taken as one below it."""
    name = str(given or "").lower().rstrip(".")
    if name in ("@", zone["name"]):
        return zone["name"]
    full = name if name.endswith("." + zone["name"]) else f"{name}.{zone['name']}"
    if not name or not _HOST.match(full):
        raise bad_request(9000, f"DNS name is invalid: {given!r}.")
    return full


def _content(kind: str, given: Any) -> str:
    text = str(given or "")
    if kind == "A":
        return _address(text, ipaddress.IPv4Address, 9005, "Content for A record must be a valid IPv4 address.")
    if kind == "AAAA":
        return _address(text, ipaddress.IPv6Address, 9006, "Content for AAAA record must be a valid IPv6 address.")
    if kind == "CNAME":
        target = text.lower().rstrip(".")
        if not _HOST.match(target):
            raise bad_request(9007, "Content for CNAME record is invalid.")
        return target
    if not text:
        raise bad_request(9009, "Content for TXT record is required.")
    return text


def _address(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address], code: int, message: str) -> str:
    try:
        return str(kind(text))
    except ValueError:
        raise bad_request(code, message) from None


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
