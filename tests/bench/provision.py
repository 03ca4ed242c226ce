# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One tenant from the command to the summary, and the same command again.

All is real but Frappe itself, unless LAB_BENCH names a real bench.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from frame.runs import playbook
from frame.values import Value, ratio
from lab.settings import Settings


def measure(lab: Settings) -> Iterator[Value]:
    """Make a tenant, check it, take it away."""
    name = f"bench-{secrets.token_hex(3)}"
    wish: dict[str, Any] = {"tenant": name, "admin_email": f"ada@{name}.example"}
    playbook("playbooks/edge.yml")
    try:
        made = playbook("provision.yml", **wish)
        again = playbook("provision.yml", **wish)
    finally:
        gone = playbook("deprovision.yml", tenant=name, confirm=name)
    yield Value("a new tenant", made.seconds, "s")
    yield Value("the same command again", again.seconds, "s")
    yield Value("taken away, with its backup", gone.seconds, "s")
    yield Value("memory of the controller", made.memory, "MB")
    yield ratio("new against again", made.seconds, again.seconds)
