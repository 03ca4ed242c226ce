# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every provider of a zone offers, and the one way in which a zone is changed: read, plan, carry out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from .dns_plan import Found, Plan, Wanted, parse_wanted, plan_absent, plan_present
from .dns_records import host_text
from .errors import TenantError

_ATTEMPTS = 3


class ZoneChanged(Exception):
    """The zone is not as it was read, or can't be read whole because it changes; nothing was changed by us."""


class Unsure(Exception):
    """A change was sent, and its answer did not come: it may have been made."""


class Zone(ABC):
    """A zone at its provider.

    :ivar name: a C(dns.name.Name), absolute.
    """

    name: Any

    @abstractmethod
    def read(self, wanted: list[Wanted]) -> list[Found]:
        """What stands in the place of each wanted set. Proves what can be proven without a change."""

    @abstractmethod
    def carry_out(self, plan: Plan) -> None:
        """Make the changes of a plan, all or none.

        :raises ZoneChanged: when the zone is not as the plan found it.
        :raises Unsure: when it may have been carried out; reading again will tell.
        """


def ensure(zone: Zone, given: dict[str, Any], apply: bool) -> Plan:
    """Bring the record sets of a module's arguments to their state; returns the plan.

    :param given: as by CHANGE_ARGUMENTS.
    :param apply: False to only say what would be done.
    """
    wanted = parse_wanted(given["records"], given["state"])
    _refuse_outside(zone, wanted)
    attempts, sent = 0, None
    while True:
        try:
            plan = _plan(zone, wanted, given)
            if sent is not None and not plan.changed:
                return sent
            if apply and plan.changed:
                zone.carry_out(plan)
            return plan
        except Unsure:
            sent = plan
        except ZoneChanged:
            attempts += 1
            if attempts == _ATTEMPTS:
                raise _restless(zone, wanted) from None


def _plan(zone: Zone, wanted: list[Wanted], given: dict[str, Any]) -> Plan:
    found = zone.read(wanted)
    if given["state"] == "absent":
        return plan_absent(found)
    return plan_present(found, given["overwrite"], host_text(zone.name))


def _refuse_outside(zone: Zone, wanted: list[Wanted]) -> None:
    for each in wanted:
        if not each.records.name.is_subdomain(zone.name):
            raise TenantError(
                f"{each.records.host} lies outside of the zone {host_text(zone.name)}.",
                "Check zone: it must end all names.",
            )


def _restless(zone: Zone, wanted: list[Wanted]) -> TenantError:
    return TenantError(
        f"The zone {host_text(zone.name)} did not stay as it was read, {_ATTEMPTS} times in a row, for "
        f"{', '.join(each.records.host for each in wanted)}: somebody else changes these names, or a name has "
        "records of a type that excludes a CNAME.",
        "Look at these names on the server, then run again.",
    )
