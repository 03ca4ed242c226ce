# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet that is right already, held against its wanted list.

One trip per host finds that nothing is to be done, and no tenant goes through the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frame.right_tenants import WHAT_IS_REAL, RightTenants
from frame.runs import Failed, playbook
from frame.values import Value
from lab.settings import Settings

#: How many tenants, and in how many seconds at most.
_WANTED = {200: 20, 1000: 60}
_MEMORY = 1024


def measure(lab: Settings) -> Iterator[Value]:
    """Make right tenants, reconcile and audit them, take them away."""
    playbook("playbooks/edge.yml")
    fleet = RightTenants(lab)
    try:
        for count, seconds in _WANTED.items():
            file = fleet.grow_to(count)
            settings: dict[str, Any] = {"tenant_registry_url": fleet.registry_url, "tenants_file": str(file)}
            run = playbook("reconcile.yml", **settings)
            if f"{count} tenants wanted: {count} right." not in run.output:
                raise Failed(f"not all of the {count} tenants are right:\n{run.output[-3000:]}")
            yield Value(f"reconcile {count} right tenants", run.seconds, "s", at_most=seconds, note=WHAT_IS_REAL)
            yield Value(f"CPU for {count}", run.cpu, "s")
            yield Value(f"memory for {count}", run.memory, "MB", at_most=_MEMORY)
            audit = playbook("audit.yml", tenant_registry_url=fleet.registry_url)
            yield Value(f"audit {count} right tenants", audit.seconds, "s", at_most=seconds)
    finally:
        fleet.remove()
