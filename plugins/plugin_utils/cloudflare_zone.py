# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A zone at Cloudflare, where each value of a record set is a record with an id, settings and a comment of its own."""

from __future__ import annotations

from os.path import commonprefix
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_plan import (
    Found,
    Placed,
    Plan,
    Settings,
    Wanted,
)
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import (
    TYPES,
    RecordSet,
    host_text,
    parse_name,
    parse_value,
)
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_zone import Zone

from .cloudflare_api import CloudflareApi

#: The TTL by which the API says that it chooses itself, as it does for all that is proxied.
AUTOMATIC = 1
_PROXIABLE = ("A", "AAAA", "CNAME")
#: How a comment begins that says whose the record is.
_MARK = "frappeops.tenants "


class CloudflareZone(Zone):
    """One zone.

    :param owner: whose the records are; written into their comments.
    :param settings: for all records, as far as their type allows.
    """

    def __init__(self, api: CloudflareApi, zone: str, zone_id: str, owner: str, settings: Settings) -> None:
        self.name = parse_name(zone, "zone")
        self.zone_id = zone_id
        self._api = api
        self._mark = _MARK + owner
        self._settings = settings
        self._ids: dict[tuple[Any, Any], str] = {}

    def read(self, wanted: list[Wanted]) -> list[Found]:
        """What stands in the place of each wanted set: one listing for all of them."""
        names = {each.records.name for each in wanted}
        listed = self._api.records(self.zone_id, **_filter([host_text(name) for name in names], host_text(self.name)))
        standing: dict[tuple[Any, str], list[tuple[Any, Settings]]] = {}
        for record in listed:
            name = parse_name(record.name, "name")
            if name not in names or record.type not in TYPES:
                continue
            value = parse_value(record.type, _content(record), "content")
            self._ids[name, value] = record.id
            settings = Settings(int(record.ttl), bool(record.proxied), record.comment or "")
            standing.setdefault((name, record.type), []).append((value, settings))
        return [self._found(each, standing) for each in wanted]

    def carry_out(self, plan: Plan) -> None:
        """Make the plan's changes in one batch, which Cloudflare carries out in this order."""
        changes: list[tuple[str, dict[str, Any]]] = []
        for gone in plan.deletes:
            changes += [("deletes", {"id": self._ids[gone.name, value]}) for value in gone.values]
        for placed in plan.settings:
            ids = [self._ids[placed.records.name, value] for value in placed.records.values]
            changes += [("patches", {"id": record_id, **_service(placed)}) for record_id in ids]
        for placed in plan.adds:
            fields = {"name": placed.records.host, "type": placed.records.rdtype, "comment": placed.settings.comment}
            changes += [("posts", {**fields, "content": text, **_service(placed)}) for text in placed.records.texts]
        self._api.batch(str(plan), self.zone_id, changes)

    def _found(self, wanted: Wanted, standing: dict[tuple[Any, str], list[tuple[Any, Settings]]]) -> Found:
        name, rdtype = wanted.records.name, wanted.records.rdtype
        aim = Placed(wanted.records, self._aim(rdtype))
        # A CNAME excludes all others, and all others exclude a CNAME. It is found in the place of the addresses that are
        # wanted, and not once more in that of the others.
        beside = ("CNAME",) if wanted.records.values else ()
        for present in (rdtype, *beside, *(TYPES if rdtype == "CNAME" else ())):
            records = standing.get((name, present))
            if records:
                break
        else:
            return Found(wanted, aim)
        comments = {settings.comment for _value, settings in records}
        ours = comments == {self._mark}
        values = RecordSet(name, present, frozenset(value for value, _settings in records))
        # Of records that differ among themselves, one that differs from the aim.
        settings = next((settings for _value, settings in records if settings != aim.settings), records[0][1])
        standing_set = Placed(values, settings)
        if values == wanted.records and not ours:
            # It does what is wanted, so its maker's settings are left to him.
            aim = standing_set
        anothers = any(comment.startswith(_MARK) and comment != self._mark for comment in comments)
        return Found(wanted, aim, standing_set, ours, anothers)

    def _aim(self, rdtype: str) -> Settings:
        proxied = self._settings.proxied and rdtype in _PROXIABLE
        return Settings(AUTOMATIC if proxied else self._settings.ttl, proxied, self._mark)


def marked(api: CloudflareApi, zone_id: str) -> list[dict[str, Any]]:
    """All record sets of the zone that bear a mark of ours, sorted by name, each with its C(owner)."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for record in api.records(zone_id, comment={"startswith": _MARK}):
        found.setdefault((record.name, record.type, record.comment.removeprefix(_MARK)), []).append(_content(record))
    return [
        {"name": name, "type": rdtype, "value": sorted(values), "owner": owner}
        for (name, rdtype, owner), values in sorted(found.items())
    ]


def _filter(names: list[str], zone: str) -> dict[str, Any]:
    """A filter that all I(names) pass and few others: what they all begin or end with. Without one, all are listed."""
    start = commonprefix(names)
    end = commonprefix([name[::-1] for name in names])[::-1].removesuffix(zone)
    if not start and not end:
        return {}
    return {"name": {"startswith": start} if len(start) > len(end) else {"endswith": end + zone}}


def _content(record: Any) -> str:
    """The value; the API keeps texts in quotes, or as they were given."""
    text = str(record.content)
    quoted = record.type == "TXT" and len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text


def _service(placed: Placed) -> dict[str, Any]:
    return {"ttl": placed.settings.ttl, "proxied": placed.settings.proxied}
