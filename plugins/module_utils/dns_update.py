# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publishes and removes record sets by RFC 2136: all of a tenant's in one message, all or nothing.

What makes it safe is the message's prerequisites, which the server judges in one step with the change itself:
creation fails when the name got a record in between, and a server that answers for a wildcard is not mistaken
for one that has the record. BIND accepts a CNAME beside an A and drops it without an error (RFC 2136 3.4.2.2,
tried on 9.18), so that pair is excluded by prerequisites too.

The same message without effect serves as a proof: under the prerequisite that a set is as we read it, the
removal of a value that is not in it changes nothing, but the server judges key, zone and update policy as for a
real change (tried on BIND 9.18: no journal entry, same serial; REFUSED for a type that the policy forbids).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .dns_library import dns
from .dns_records import RecordSet, host_text
from .dns_server import PrerequisiteFailed, UpdateServer
from .errors import TenantError

#: What may stand beside a wanted CNAME and forbid it; a name is asked for each.
_BESIDE_CNAME = ("A", "AAAA", "TXT", "MX", "NS")
_ATTEMPTS = 3


@dataclass(frozen=True)
class Found:
    """A wanted set and what the zone has in its place: the same type, a set that excludes it, or nothing."""

    wanted: RecordSet
    present: RecordSet
    ttl: int

    @property
    def is_foreign(self) -> bool:
        """Whether something else stands there."""
        return bool(self.present.values) and not self.is_equal

    @property
    def is_equal(self) -> bool:
        """Whether exactly the wanted set stands there."""
        return self.present == self.wanted


@dataclass
class Plan:
    """What to change, and the update message that does it."""

    update: Any
    created: list[RecordSet] = field(default_factory=list)
    updated: list[RecordSet] = field(default_factory=list)
    removed: list[RecordSet] = field(default_factory=list)
    left: list[RecordSet] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[RecordSet]:
        """All sets that the update touches."""
        return [*self.created, *self.updated, *self.removed]

    def as_result(self) -> dict[str, Any]:
        """The fields of a module's result."""
        names = ("created", "updated", "removed", "left")
        return {
            "changed": bool(self.changes),
            **{name: [record.as_result() for record in getattr(self, name)] for name in names},
            "diff": {"before": _text(self.before), "after": _text(self.after)},
        }


class ZoneUpdate:
    """Brings record sets of one zone to their wanted state.

    :param ttl: seconds that others may keep the records.
    :param apply: False to only say what would be done; key, zone and policy are proven either way.
    """

    def __init__(self, server: UpdateServer, ttl: int, apply: bool) -> None:
        self._server = server
        self._ttl = ttl
        self._apply = apply

    def ensure(self, wanted: list[RecordSet], state: str) -> Plan:
        """Make I(wanted) V(present) or V(absent)."""
        self._refuse_outside(wanted)
        make_plan = self._present if state == "present" else self._absent
        for _attempt in range(_ATTEMPTS):
            found = [self._read(record) for record in wanted]
            try:
                plan = make_plan(self._confirmed(found))
                if self._apply and plan.changes:
                    self._server.send(plan.update, _action(state, plan.changes))
                return plan
            except PrerequisiteFailed:
                continue
        raise TenantError(
            f"The zone {host_text(self._server.zone)} did not stay as it was read, {_ATTEMPTS} times in a row, for "
            f"{', '.join(record.host for record in wanted)}: somebody else changes these names, or a name has "
            "records of a type that excludes a CNAME.",
            "Look at these names on the server, then run again.",
        )

    def _refuse_outside(self, wanted: list[RecordSet]) -> None:
        for record in wanted:
            if not record.name.is_subdomain(self._server.zone):
                raise TenantError(
                    f"{record.host} lies outside of the zone {host_text(self._server.zone)}.",
                    "Check zone: it must end all names.",
                )

    def _read(self, wanted: RecordSet) -> Found:
        types = [wanted.rdtype, *(_BESIDE_CNAME if wanted.rdtype == "CNAME" else ())]
        for rdtype in types:
            present, ttl = self._server.read(wanted.name, rdtype)
            if present.values:
                return Found(wanted, present, ttl)
        return _nothing(wanted)

    def _confirmed(self, found: list[Found]) -> list[Found]:
        """I(found) without what was a wildcard's answer; proves key, zone and policy on the way."""
        if self._is_so(found):
            return found
        found = [each if not each.present.values or self._is_so([each]) else _nothing(each.wanted) for each in found]
        if not self._is_so(found):
            raise PrerequisiteFailed
        return found

    def _is_so(self, found: list[Found]) -> bool:
        """Whether the zone itself holds what was found; changes nothing (see the top of this file)."""
        update = self._server.new_update()
        for each in found:
            _require(update, each)
            update.delete(each.wanted.name, _harmless(each))
        try:
            self._server.send(update, f"trying an update of {_names([each.wanted for each in found])}")
        except PrerequisiteFailed:
            return False
        return True

    def _present(self, found: list[Found]) -> Plan:
        _refuse_foreign([each for each in found if each.is_foreign], self._server)
        plan = Plan(self._server.new_update())
        for each in found:
            _require(plan.update, each)
            plan.before += _lines(each.present, each.ttl)
            plan.after += _lines(each.wanted, self._ttl)
            if each.is_equal and each.ttl == self._ttl:
                continue
            kept, change = (plan.updated, plan.update.replace) if each.is_equal else (plan.created, plan.update.add)
            kept.append(each.wanted)
            change(each.wanted.name, dns.rdataset.from_rdata_list(self._ttl, each.wanted.values))
        return plan

    def _absent(self, found: list[Found]) -> Plan:
        plan = Plan(self._server.new_update())
        for each in found:
            ours = each.present.values & each.wanted.values
            others = RecordSet(each.present.name, each.present.rdtype, each.present.values - ours)
            plan.before += _lines(each.present, each.ttl)
            plan.after += _lines(others, each.ttl)
            if others.values:
                plan.left.append(others)
            if ours:
                plan.removed.append(RecordSet(each.wanted.name, each.wanted.rdtype, ours))
                plan.update.delete(each.wanted.name, *ours)
        return plan


def _require(update: Any, found: Found) -> None:
    """Put into I(update) that the zone is as found."""
    if found.present.values:
        update.present(found.present.name, dns.rdataset.from_rdata_list(0, found.present.values))
    elif found.wanted.rdtype == "CNAME":
        update.absent(found.wanted.name)
    else:
        update.absent(found.wanted.name, found.wanted.rdtype)
        update.absent(found.wanted.name, "CNAME")


def _harmless(found: Found) -> Any:
    """A value of the wanted type that is not in the set, so that its removal changes nothing."""
    return next(value for value in _candidates(found.wanted.rdtype) if value not in found.present.values)


def _candidates(rdtype: str) -> Iterator[Any]:
    """Values nobody publishes: documentation addresses (RFC 5737, RFC 3849), C(.invalid) (RFC 2606)."""
    form = {"A": "192.0.2.{}", "AAAA": "2001:db8::{}", "CNAME": "probe-{}.invalid.", "TXT": "probe-{}"}[rdtype]
    for number in count(1):
        yield dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), form.format(number))


def _refuse_foreign(foreign: list[Found], server: UpdateServer) -> None:
    if not foreign:
        return
    clashes = "; ".join(
        f"{each.present}, wanted {each.wanted.rdtype} {' '.join(each.wanted.texts)}" for each in foreign
    )
    raise TenantError(
        f"Zone {host_text(server.zone)} has records of another's making: {clashes}. Nothing was changed.",
        "Remove them if they are not needed, or choose another name.",
        conflicts=[
            {
                "name": each.wanted.host,
                "type": each.present.rdtype,
                "present": each.present.texts,
                "wanted": each.wanted.as_result(),
            }
            for each in foreign
        ],
    )


def _nothing(wanted: RecordSet) -> Found:
    return Found(wanted, RecordSet(wanted.name, wanted.rdtype, frozenset()), 0)


def _action(state: str, records: list[RecordSet]) -> str:
    return f"{'publishing' if state == 'present' else 'removing'} {_names(records)}"


def _names(records: list[RecordSet]) -> str:
    return ", ".join(f"{record.host} {record.rdtype}" for record in records)


def _lines(record: RecordSet, ttl: int) -> list[str]:
    return [f"{record.host} {ttl} {record.rdtype} {text}" for text in record.texts]


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
