# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must change so that record sets stand in a zone, or are gone from it, whoever keeps the zone.

A zone is read, a plan is made, the plan is carried out (dns_zone.py). Nothing here speaks to a server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .dns_records import ADDRESS_TYPES, RECORDS, RecordSet, parse_record_set, parse_record_sets, unwanted_families
from .errors import TenantError

#: The arguments of every module that changes records; documented in doc_fragments/dns.py.
CHANGE_ARGUMENTS: dict[str, Any] = {
    "records": {
        **RECORDS,
        "options": {**RECORDS["options"], "former": {"type": "list", "elements": "dict", "default": []}},
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "overwrite": {"type": "bool", "default": False},
    "ttl": {"type": "int", "default": 300},
}


@dataclass(frozen=True)
class Settings:
    """What belongs to a set beside its values.

    :param comment: the provider's note on the record; it never decides whether something must change.
    """

    ttl: int
    proxied: bool = False
    comment: str = field(default="", compare=False)


@dataclass(frozen=True)
class Placed:
    """A record set with its settings."""

    records: RecordSet
    settings: Settings

    @property
    def lines(self) -> list[str]:
        """The records for a diff, a line each."""
        mark = " proxied" if self.settings.proxied else ""
        return [
            f"{self.records.host} {self.settings.ttl} {self.records.rdtype} {text}{mark}" for text in self.records.texts
        ]

    def as_result(self) -> dict[str, Any]:
        """The form in which modules return it, and take it as C(former)."""
        settings = self.settings
        return {**self.records.as_result(settings.ttl), "proxied": settings.proxied, "comment": settings.comment}


@dataclass(frozen=True)
class Wanted:
    """A record set that shall be there or be gone; one without values is for an address family that shall not be there.

    :param former: what stood in its place before it was made; the same set where only its settings were changed.
    """

    records: RecordSet
    former: tuple[Placed, ...] = ()

    @property
    def stood_before(self) -> bool:
        """Whether the set itself was there before, with other settings."""
        return any(each.records == self.records for each in self.former)

    def as_result(self) -> dict[str, Any]:
        """The form in which modules return it, and take it with C(state=absent)."""
        return {**self.records.as_result(), "former": [each.as_result() for each in self.former]}


class Made:
    """What the owner made earlier and was not there before it, as the journal tells it."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        made = [_parse_one_made(record, f"made[{position}]") for position, record in enumerate(records)]
        self._values = {
            (each.records.name, value) for each in made if not each.stood_before for value in each.records.values
        }

    def __contains__(self, records: RecordSet) -> bool:
        """Whether all of I(records) is of the owner's making."""
        return all((records.name, value) in self._values for value in records.values)


@dataclass(frozen=True)
class Found:
    """A wanted set and what the zone has in its place.

    :param aim: the wanted set with the settings it shall have.
    :param present: a set of the same type, a set that excludes it, or None.
    :param ours: the present set is known to be the owner's, so its values may be changed.
    :param anothers: the present set bears the mark of another owner, so nothing of it may be removed.
    """

    wanted: Wanted
    aim: Placed
    present: Placed | None = None
    ours: bool = False
    anothers: bool = False

    @property
    def is_unwanted(self) -> bool:
        """Whether nothing may stand there."""
        return not self.aim.records.values

    @property
    def is_equal(self) -> bool:
        """Whether exactly the wanted set stands there."""
        return self.present is not None and self.present.records == self.aim.records

    @property
    def is_foreign(self) -> bool:
        """Whether something else stands there, not of our making."""
        return self.present is not None and not self.is_equal and not self.ours

    @property
    def values(self) -> frozenset[Any]:
        """The values of what stands there."""
        return self.present.records.values if self.present else frozenset()


@dataclass
class Plan:
    """What to change: deletes first, then adds and new settings."""

    found: list[Found]
    deletes: list[RecordSet] = field(default_factory=list)
    adds: list[Placed] = field(default_factory=list)
    settings: list[Placed] = field(default_factory=list)
    created: list[Wanted] = field(default_factory=list)
    updated: list[Wanted] = field(default_factory=list)
    removed: list[RecordSet] = field(default_factory=list)
    restored: list[Placed] = field(default_factory=list)
    left: list[RecordSet] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.deletes or self.adds or self.settings)

    def __str__(self) -> str:
        """The action for messages."""
        published = [each.records for each in self.created + self.updated]
        doing, sets = ("publishing", published) if published else ("removing", self.removed + self._reset)
        return f"{doing} {', '.join(f'{each.host} {each.rdtype}' for each in sets)}"

    def as_result(self) -> dict[str, Any]:
        """The fields of a module's result."""
        names = ("created", "updated", "removed", "restored", "left")
        return {
            "changed": self.changed,
            **{name: [each.as_result() for each in getattr(self, name)] for name in names},
            "diff": {"before": _text(self._before), "after": _text(self._after)},
        }

    @property
    def _reset(self) -> list[RecordSet]:
        return [each.records for each in self.settings]

    @property
    def _before(self) -> list[Placed]:
        return [each.present for each in self.found if each.present is not None]

    @property
    def _after(self) -> list[Placed]:
        gone = {(each.name, value) for each in self.deletes for value in each.values}
        kept = [
            Placed(_without(each.records, gone), each.settings)
            for each in self._before
            if each.records not in self._reset
        ]
        return [*kept, *self.settings, *self.adds]


def parse_wanted(records: list[dict[str, Any]], state: str) -> list[Wanted]:
    """The sets of a module's O(records) and what stood there before them, with the address families that they leave out."""
    wanted = _parse_made(records) if state == "absent" else [Wanted(each) for each in parse_record_sets(records)]
    return [*wanted, *(Wanted(each) for each in unwanted_families(each.records for each in wanted))]


def plan_present(found: list[Found], overwrite: bool, zone: str) -> Plan:
    """The plan by which all wanted sets stand there.

    :param overwrite: whether sets of another's making may give way.
    :param zone: for messages.
    """
    _refuse_foreign([each for each in found if each.is_foreign and not (overwrite and _can_give_way(each))], zone)
    plan = Plan(found)
    for each in found:
        if each.is_unwanted:
            _plan_gone(plan, each)
            continue
        if each.is_equal and each.present == each.aim:
            continue
        if each.is_equal and each.present:
            plan.updated.append(Wanted(each.aim.records, (each.present,)))
            plan.settings.append(each.aim)
            continue
        former = (each.present,) if each.is_foreign and each.present else ()
        plan.created.append(Wanted(each.aim.records, former))
        if each.present and each.present.records not in plan.deletes:
            plan.deletes.append(each.present.records)
        plan.adds.append(each.aim)
    return plan


def plan_absent(found: list[Found]) -> Plan:
    """The plan by which the wanted values are gone, and what they replaced is back where nothing else has come."""
    plan = Plan(found)
    restored: list[Placed] = []
    for each in found:
        if each.wanted.stood_before:
            # Not ours to remove, whatever has become of it.
            if each.is_equal and each.present != each.wanted.former[0]:
                plan.settings.append(each.wanted.former[0])
            elif each.present and not each.is_equal:
                plan.left.append(each.present.records)
            continue
        ours = frozenset() if each.anothers else each.values & each.wanted.records.values
        if each.values - ours and each.present:
            others = RecordSet(each.present.records.name, each.present.records.rdtype, each.values - ours)
            plan.left += [others] if others not in plan.left else []
        if ours:
            plan.removed.append(RecordSet(each.wanted.records.name, each.wanted.records.rdtype, ours))
        if ours == each.values:
            restored += each.wanted.former
    plan.deletes = list(plan.removed)
    plan.adds = [each for each in dict.fromkeys(restored) if not _is_blocked(each.records, plan.left)]
    plan.restored = [*plan.settings, *plan.adds]
    return plan


def _plan_gone(plan: Plan, found: Found) -> None:
    """Let a family go that is not wanted: ours for good, another's until it is put back."""
    if found.present is None:
        return
    plan.deletes.append(found.present.records)
    if found.is_foreign:
        plan.created.append(Wanted(found.aim.records, (found.present,)))
    else:
        plan.removed.append(found.present.records)


def _parse_made(records: list[dict[str, Any]]) -> list[Wanted]:
    """Sets that were made, read backwards, so that one may stand there more than once."""
    merged: dict[tuple[Any, str], Wanted] = {}
    for position, record in enumerate(records):
        made = _parse_one_made(record, f"records[{position}]")
        key = (made.records.name, made.records.rdtype)
        values = made.records.values | (merged[key].records.values if key in merged else frozenset())
        merged[key] = Wanted(RecordSet(*key, values), made.former)
    return list(merged.values())


def _parse_one_made(record: dict[str, Any], field_name: str) -> Wanted:
    former = [_parse_former(each, f"{field_name}.former") for each in record.get("former") or []]
    return Wanted(parse_record_set(record, field_name, may_be_empty=True), tuple(former))


def _parse_former(record: dict[str, Any], field_name: str) -> Placed:
    settings = Settings(int(record.get("ttl", 300)), bool(record.get("proxied")), str(record.get("comment") or ""))
    return Placed(parse_record_set(record, field_name), settings)


def _can_give_way(found: Found) -> bool:
    """Whether the wanted set can stand in the place of this one: a CNAME needs its name for itself alone."""
    return found.aim.records.rdtype != "CNAME" or (
        found.present is not None and found.present.records.rdtype == "CNAME"
    )


def _is_blocked(records: RecordSet, left: list[RecordSet]) -> bool:
    """Whether what is left keeps I(records) from standing there: addresses are one place, and a CNAME stands alone."""
    types = {each.rdtype for each in left if each.name == records.name}
    if "CNAME" in (*types, records.rdtype):
        return bool(types)
    return records.rdtype in ADDRESS_TYPES and not types.isdisjoint(ADDRESS_TYPES)


def _refuse_foreign(foreign: list[Found], zone: str) -> None:
    if not foreign:
        return
    clashes = "; ".join(
        f"{each.present.records}, wanted {_text_of(each.aim.records)}" for each in foreign if each.present
    )
    raise TenantError(
        f"Zone {zone} has records of another's making: {clashes}. Nothing was changed.",
        "Remove them if they are not needed, choose another name, or let them be overwritten (dns_overwrite: true).",
        conflicts=[
            {
                "name": each.aim.records.host,
                "type": each.present.records.rdtype,
                "present": each.present.records.texts,
                "wanted": each.aim.records.as_result(),
            }
            for each in foreign
            if each.present
        ],
    )


def _text_of(records: RecordSet) -> str:
    return f"{records.rdtype} {' '.join(records.texts)}" if records.values else f"no {records.rdtype}"


def _without(records: RecordSet, gone: set[tuple[Any, Any]]) -> RecordSet:
    values = frozenset(value for value in records.values if (records.name, value) not in gone)
    return RecordSet(records.name, records.rdtype, values)


def _text(placed: list[Placed]) -> str:
    return "".join(f"{line}\n" for each in dict.fromkeys(placed) for line in each.lines)
