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
from itertools import count
from typing import Any

from .dns_library import dns
from .dns_plan import Found, Made, Placed, Plan, Settings, Wanted
from .dns_server import PrerequisiteFailed, UpdateServer
from .dns_zone import Zone, ZoneChanged

#: What may stand beside a wanted CNAME and forbid it; a name is asked for each.
_BESIDE_CNAME = ("A", "AAAA", "TXT", "MX", "NS")


class UpdatedZone(Zone):
    """A zone whose server takes updates.

    :param ttl: seconds that others may keep the records.
    :param made: what the owner made earlier. A zone bears no mark of who made a record, so only this tells.
    """

    def __init__(self, server: UpdateServer, ttl: int, made: Made) -> None:
        self.name = server.zone
        self._server = server
        self._ttl = ttl
        self._made = made

    def read(self, wanted: list[Wanted]) -> list[Found]:
        """What stands there, without what was a wildcard's answer; proves key, zone and policy on the way."""
        found = [self._read(each) for each in wanted]
        if self._is_so(found):
            return found
        found = [each if each.present is None or self._is_so([each]) else self._found(each.wanted) for each in found]
        if not self._is_so(found):
            raise ZoneChanged
        return found

    def carry_out(self, plan: Plan) -> None:
        """Send the plan as one update, which is refused when the zone is not as the plan found it."""
        update = self._server.new_update()
        _require(update, plan.found)
        for gone in plan.deletes:
            update.delete(gone.name, *gone.values)
        for placed in plan.adds:
            update.add(placed.records.name, _rdataset(placed))
        for placed in plan.settings:
            update.replace(placed.records.name, _rdataset(placed))
        try:
            self._server.send(update, str(plan))
        except PrerequisiteFailed:
            raise ZoneChanged from None

    def _read(self, wanted: Wanted) -> Found:
        rdtype = wanted.records.rdtype
        for asked in [rdtype, *(_BESIDE_CNAME if rdtype == "CNAME" else ())]:
            present, ttl = self._server.read(wanted.records.name, asked)
            # A CNAME is found in the place of the addresses that are wanted, and not once more in that of the others.
            if present.values and (wanted.records.values or present.rdtype == rdtype):
                return self._found(wanted, Placed(present, Settings(ttl)))
        return self._found(wanted)

    def _found(self, wanted: Wanted, present: Placed | None = None) -> Found:
        ours = present is not None and present.records in self._made
        return Found(wanted, Placed(wanted.records, Settings(self._ttl)), present, ours)

    def _is_so(self, found: list[Found]) -> bool:
        """Whether the zone itself holds what was found; changes nothing (see the top of this file)."""
        update = self._server.new_update()
        _require(update, found)
        # What is not wanted is mostly not there, and a policy need not allow to change it.
        for each in found:
            if not each.is_unwanted:
                update.delete(each.aim.records.name, _harmless(each))
        names = ", ".join(f"{each.aim.records.host} {each.aim.records.rdtype}" for each in found)
        try:
            self._server.send(update, f"trying an update of {names}")
        except PrerequisiteFailed:
            return False
        return True


def _require(update: Any, found: list[Found]) -> None:
    """Put into I(update) that the zone is as found."""
    # A CNAME may have been found in the place of several sets. BIND takes a set that is required twice for another one.
    for present in dict.fromkeys(each.present.records for each in found if each.present):
        update.present(present.name, dns.rdataset.from_rdata_list(0, present.values))
    for missing in (each.aim.records for each in found if not each.present):
        if missing.rdtype == "CNAME":
            update.absent(missing.name)
            continue
        update.absent(missing.name, missing.rdtype)
        if missing.values:
            update.absent(missing.name, "CNAME")


def _harmless(found: Found) -> Any:
    """A value of the wanted type that is not in the set, so that its removal changes nothing."""
    return next(value for value in _candidates(found.aim.records.rdtype) if value not in found.values)


def _candidates(rdtype: str) -> Iterator[Any]:
    """Values nobody publishes: documentation addresses (RFC 5737, RFC 3849), C(.invalid) (RFC 2606)."""
    form = {"A": "192.0.2.{}", "AAAA": "2001:db8::{}", "CNAME": "probe-{}.invalid.", "TXT": "probe-{}"}[rdtype]
    for number in count(1):
        yield dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), form.format(number))


def _rdataset(placed: Placed) -> Any:
    return dns.rdataset.from_rdata_list(placed.settings.ttl, placed.records.values)
