# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet needs to come to its wanted list: each tenant sorted by what is to be done about it. A pure function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .compare import of_tenants
from .findings import UNSEEN, Finding
from .sides import Registry, World

#: To be done by a run of the steps.
NEW, RESUME, CHANGE, REPAIR = "new", "resume", "change", "repair"
#: Left as it is: right already; nothing that a run may touch; or a person must look first.
RIGHT, ADOPTED, SUSPENDED, BUSY, EXTRA = "right", "adopted", "suspended", "busy", "extra"
LOST, UNKNOWN, LEAVING, KEPT = "lost", "unknown", "leaving", "kept"

#: In the order in which they are told.
SORTS = (NEW, RESUME, CHANGE, REPAIR, LOST, UNKNOWN, LEAVING, KEPT, ADOPTED, SUSPENDED, BUSY, EXTRA, RIGHT)
TO_RUN = frozenset({NEW, RESUME, CHANGE, REPAIR})
#: These keep the fleet from its wanted list, whatever a run does.
IN_NEED = frozenset({LOST, UNKNOWN, LEAVING, KEPT})

_FREE = frozenset({"archived", "failed"})


@dataclass(frozen=True)
class Verdict:
    """What is to be done about one tenant, and why."""

    tenant: str
    sort: str
    why: str = ""


def judge(
    orders: Iterable[Mapping[str, Any]],
    registry: Registry,
    world: World,
    fingerprint: Callable[[Mapping[str, Any], Mapping[str, Any]], str],
) -> list[Verdict]:
    """A verdict for each order, in their order, and then for each tenant that nobody ordered.

    :param orders: what is wanted, as M(frappeops.tenants.tenant_orders) returns it.
    :param fingerprint: what the column C(applied) of a tenant's row must hold, from its order and its row.
    """
    rows = {row["name"]: row for row in registry.tenants}
    findings = of_tenants(registry, world)
    verdicts = []
    for order in orders:
        name = order["identity"]["name"]
        row = rows.get(name)
        if name in registry.at_work:
            verdicts.append(Verdict(name, BUSY, "another run works on it, or did while the fleet was looked at"))
        elif row is None or row["state"] in _FREE:
            verdicts.append(Verdict(name, NEW))
        else:
            verdicts.append(_of_known(order, row, registry, world, findings.get(name, []), fingerprint))
    ordered = {verdict.tenant for verdict in verdicts}
    extra = (row for row in registry.at_rest if row["name"] not in ordered)
    return [*verdicts, *(Verdict(row["name"], EXTRA, f"{row['state']} on {row['bench']}") for row in extra)]


def _of_known(
    order: Mapping[str, Any],
    row: Mapping[str, Any],
    registry: Registry,
    world: World,
    findings: list[Finding],
    fingerprint: Callable[[Mapping[str, Any], Mapping[str, Any]], str],
) -> Verdict:
    name = row["name"]
    if registry.is_adopted(row):
        return Verdict(name, ADOPTED, "it was not made by this collection and stays as it is")
    if registry.is_leaving(row):
        # A run of the steps would take the rest of it away, and make a new tenant without its data.
        return Verdict(name, LEAVING, "a run that took it away was cut off: playbooks/heal.yml finishes that")
    if registry.is_kept(row):
        return Verdict(name, KEPT, "it failed and was kept to be looked at: playbooks/provision.yml goes on with it")
    if row["state"] == "suspended":
        return Verdict(name, SUSPENDED, "it is brought to its wanted state when it is resumed")
    if row["state"] != "active" or registry.is_cut_off(row["owner"]):
        return Verdict(name, RESUME, f"a run was cut off while it was {row['state']}")
    lost = [found for found in findings if not found.mended_by_run and found.kind != UNSEEN]
    if lost:
        return Verdict(name, LOST, _told(lost))
    unseen = [
        host for host, looks in ((row["bench"], world.benches), (row["edge"], world.edges)) if not looks.get(host)
    ]
    if unseen or any(found.kind == UNSEEN for found in findings):
        return Verdict(name, UNKNOWN, f"could not be looked at: {', '.join(unseen) or 'its names'}")
    if row["applied"] != fingerprint(order, row):
        return Verdict(name, CHANGE, "; ".join(filter(None, (_change(order, row), _told(findings)))))
    if findings:
        return Verdict(name, REPAIR, _told(findings))
    return Verdict(name, RIGHT)


def _change(order: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if order["plan"] != row["plan"]:
        return f"plan {row['plan']} -> {order['plan']}"
    if row["applied"] is None:
        return "what was applied to it is not known"
    return "its settings are others than those that were applied"


def _told(findings: Iterable[Finding]) -> str:
    return "; ".join(f"{found.kind} {found.what} {found.name}" for found in findings)


def lines(verdicts: Iterable[Verdict]) -> list[str]:
    """All that is not simply right, a line each, and the counts."""
    verdicts = sorted(verdicts, key=lambda verdict: SORTS.index(verdict.sort))
    told = [verdict for verdict in verdicts if verdict.sort != RIGHT]
    width = max((len(verdict.tenant) for verdict in told), default=0)
    table = [f"{verdict.sort:<9}  {verdict.tenant:<{width}}  {verdict.why}".rstrip() for verdict in told]
    counts = Counter(verdict.sort for verdict in verdicts)
    wanted = len(verdicts) - counts[EXTRA]
    parts = ", ".join(f"{counts[sort]} {sort}" for sort in SORTS if counts[sort])
    return [*table, *([""] if table else []), f"{wanted} tenant{'' if wanted == 1 else 's'} wanted: {parts}."]
