# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The states of a tenant and the ways between them."""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

RESERVED = "reserved"
PROVISIONING = "provisioning"
ACTIVE = "active"
SUSPENDED = "suspended"
ARCHIVED = "archived"
FAILED = "failed"

#: From each state, those that may follow it.
TRANSITIONS = {
    RESERVED: frozenset({PROVISIONING, FAILED}),
    PROVISIONING: frozenset({ACTIVE, FAILED}),
    ACTIVE: frozenset({SUSPENDED, ARCHIVED}),
    SUSPENDED: frozenset({ACTIVE, ARCHIVED}),
    ARCHIVED: frozenset({RESERVED}),
    FAILED: frozenset({RESERVED}),
}

#: In these states the tenant takes room on its bench.
HOUSED = frozenset({RESERVED, PROVISIONING, ACTIVE, SUSPENDED})

#: In these states the name may be claimed anew.
FREE = frozenset(state for state, following in TRANSITIONS.items() if RESERVED in following)


def check(tenant: str, current: str, wanted: str) -> None:
    """Refuse a step that the state machine does not have.

    :raises TenantError: names the state that the tenant is in and those that may follow.
    """
    if wanted not in TRANSITIONS[current]:
        possible = ", ".join(sorted(TRANSITIONS[current]))
        raise TenantError(
            f"{tenant} is {current} and can't become {wanted}.",
            f"From {current} it can become: {possible}.",
            state=current,
        )
