# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bench takes a tenant: one that has the plan's apps and room, and of those the one with most room.

Room is what a bench can hold less what its tenants need, each by the plan that it was given. Nothing is measured on the
bench: what counts is what was promised, also to tenants that another run is making at this moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import schema, states
from .library import sa

#: What a tenant needs whose plan does not say: a site with ERPNext has 697 tables and 47 MB on its first day. These are
#: also all the things that can be counted; disk and memory are megabytes, inodes are files.
DEFAULT_NEEDS: dict[str, int] = {"sites": 1, "tables": 700, "disk_mb": 500, "inodes": 10_000, "memory_mb": 50}


@dataclass(frozen=True)
class Bench:
    """A bench that may take tenants.

    :param name: its inventory host.
    :param edge: the inventory host of its nginx.
    :param capacity: how much it holds of what; what is not named has no limit.
    :param apps: the apps that it has beside Frappe; None when nobody said.
    """

    name: str
    edge: str
    capacity: Mapping[str, int] = field(default_factory=dict)
    apps: tuple[str, ...] | None = None

    def missing(self, apps: Iterable[str]) -> list[str]:
        """Those of I(apps) that it does not have."""
        return [] if self.apps is None else [app for app in apps if app not in {"frappe", *self.apps}]


def read_benches(places: Iterable[Mapping[str, Any]]) -> tuple[Bench, ...]:
    """The benches that the filter C(bench_places) read from the inventory.

    :raises TenantError: a capacity is none.
    """
    return tuple(
        Bench(
            name=place["name"],
            edge=place["edge"],
            capacity=amounts(place.get("capacity") or {}, f"The capacity of the bench {place['name']}"),
            apps=None if place.get("apps") is None else tuple(place["apps"]),
        )
        for place in places
    )


def amounts(given: Any, what: str) -> dict[str, int]:
    """What is I(given) of each thing that can be counted, as whole numbers.

    :param what: whose it is, for the message.
    :raises TenantError: something else is named, or an amount is no whole number.
    """
    example = "Example: {tables: 700, disk_mb: 2000}."
    if not isinstance(given, Mapping):
        raise TenantError(f"{what} is refused: it is not a dictionary.", example)
    for name, amount in given.items():
        if name not in DEFAULT_NEEDS:
            raise TenantError(f"{what}: {name!r} can't be counted, only {', '.join(DEFAULT_NEEDS)} can.", example)
        if isinstance(amount, bool) or not str(amount).isdecimal():
            raise TenantError(f"{what}: {name} is {amount!r}, not a whole number.", example)
    return {name: int(amount) for name, amount in given.items()}


def with_apps(benches: Sequence[Bench], apps: Sequence[str], wanted: str | None = None) -> list[Bench]:
    """The benches that have I(apps).

    :param wanted: the one that is asked for, if any.
    :raises TenantError: there is none.
    """
    if not benches:
        raise TenantError("There is no bench.", "Put its host into the group benches of the inventory.")
    asked = [bench for bench in benches if wanted in (None, bench.name)]
    if not asked:
        raise TenantError(
            f"There is no bench {wanted!r}.",
            f"Known benches: {', '.join(bench.name for bench in benches)}.",
            error="unknown_bench",
        )
    suitable = [bench for bench in asked if not bench.missing(apps)]
    if not suitable:
        lacks = "; ".join(f"{bench.name} lacks {', '.join(bench.missing(apps))}" for bench in asked)
        raise TenantError(
            f"No bench has the apps {', '.join(apps)}: {lacks}.",
            "Get the app on a bench and name it in frappe_bench_apps, or choose another plan.",
            error="missing_apps",
        )
    return suitable


def choose(
    connection: sa.Connection,
    benches: Sequence[Bench],
    needs: Mapping[str, int],
    apps: Sequence[str],
    wanted: str | None = None,
    without: str | None = None,
) -> Bench:
    """The bench that a tenant with these needs goes to.

    :param wanted: the bench that is asked for, if any.
    :param without: a tenant that is not counted, since it is the one to be placed.
    :raises TenantError: there is none; the message says what each lacks.
    """
    suitable = with_apps(benches, apps, wanted)
    taken = _taken(connection, without)
    lacks = {bench.name: list(_lacks(bench, taken[bench.name], needs)) for bench in suitable}
    with_room = [bench for bench in suitable if not lacks[bench.name]]
    if not with_room:
        full = "; ".join(f"{name} lacks {' and '.join(things)}" for name, things in lacks.items())
        raise TenantError(
            f"No bench has room: {full}.",
            "Raise frappe_bench_max_tenants or frappe_bench_capacity where there is more, or add a bench.",
            error="no_room",
        )
    return min(
        with_room,
        key=lambda bench: (_fullness(bench, taken[bench.name], needs), taken[bench.name]["sites"], bench.name),
    )


def _taken(connection: sa.Connection, without: str | None) -> defaultdict[str, dict[str, int]]:
    """What the tenants of each bench need in all."""
    table = schema.tenants
    query = sa.select(table.c.name, table.c.bench, table.c.needs).where(table.c.state.in_(sorted(states.HOUSED)))
    taken: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(DEFAULT_NEEDS, 0))
    for row in connection.execute(query):
        if row.name != without:
            for name, amount in {**DEFAULT_NEEDS, **(row.needs or {})}.items():
                taken[row.bench][name] += amount
    return taken


def _lacks(bench: Bench, taken: Mapping[str, int], needs: Mapping[str, int]) -> Iterable[str]:
    for name, limit in bench.capacity.items():
        if taken[name] + needs[name] > limit:
            yield f"{name} ({max(0, limit - taken[name])} of {limit} left, {needs[name]} needed)"


def _fullness(bench: Bench, taken: Mapping[str, int], needs: Mapping[str, int]) -> Fraction:
    """How full the bench would be, from 0 to 1, by what it has least of. Without limits it is never full."""
    return max(
        (Fraction(taken[name] + needs[name], limit) for name, limit in bench.capacity.items() if limit),
        default=Fraction(0),
    )
