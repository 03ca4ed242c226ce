# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pool of a bench shall hold: of each plan how many sites, and with which apps."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

#: C(count) and C(apps) by the plan's name.
Wishes = dict[str, dict[str, Any]]


def counted(plans: dict[str, dict[str, Any]], counts: dict[str, Any], apps: list[str] | None) -> Wishes:
    """What the plans want of this bench.

    :param counts: the numbers that stand in the place of the plans' own.
    :param apps: those that the bench is said to have; of a plan with others it keeps no sites, unless it is told how many.
    """
    unknown = sorted(counts.keys() - plans.keys())
    if unknown:
        raise TenantError(
            f"frappe_bench_standby_sites names {', '.join(unknown)}: there is no such plan.",
            f"Known plans: {', '.join(sorted(plans))}.",
        )
    wishes = {}
    for name, plan in plans.items():
        needed = list(plan.get("apps", []))
        is_elsewhere = apps is not None and not set(needed) <= set(apps)
        count = counts.get(name, 0 if is_elsewhere else plan.get("standby_sites", 0))
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise TenantError(
                f"standby_sites of the plan {name} is {count!r}, not a number of sites.", "Example: standby_sites: 3."
            )
        wishes[name] = {"count": count, "apps": needed}
    return wishes


def possible(wishes: Wishes, versions: dict[str, str], bench: str) -> tuple[Wishes, list[str]]:
    """The wishes that the bench can fulfil, and of the others what it lacks.

    :param versions: of each app that the bench has.
    """
    fulfilled, lacking = {}, []
    for name, wish in wishes.items():
        missing = [app for app in wish["apps"] if app not in versions]
        if not missing:
            fulfilled[name] = wish
        elif wish["count"]:
            commands = "; ".join(f"bench get-app {app}" for app in missing)
            lacking.append(
                f"The bench {bench} lacks {', '.join(missing)} of the plan {name}. On the bench host: {commands}."
            )
    return fulfilled, lacking
