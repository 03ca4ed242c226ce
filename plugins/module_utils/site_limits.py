# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan allows its tenants, as keys of site_config.json that Frappe acts on."""

from __future__ import annotations

from typing import Any

from .errors import TenantError

#: The option of every module that takes a plan's limits. Nothing else in Frappe is a limit, so another name is a mistake.
LIMITS_ARGUMENT: dict[str, Any] = {
    "type": "dict",
    "options": {
        "rate_limit": {
            "type": "dict",
            "options": {"limit": {"type": "int", "required": True}, "window": {"type": "int", "required": True}},
        },
        "max_file_size": {"type": "int"},
        "max_reports_per_user": {"type": "int"},
        "max_queued_jobs": {"type": "int"},
        "throttle_user_limit": {"type": "int"},
        "keep_backups_for_hours": {"type": "int"},
        "deny_multiple_sessions": {"type": "bool"},
    },
}


def config_of(limits: dict[str, Any] | None) -> dict[str, Any]:
    """The keys for I(limits), as LIMITS_ARGUMENT gives them. A limit that is not named has no value, so its key goes.

    Without limits nothing is said about any key.
    """
    if limits is None:
        return {}
    for name, value in limits.items():
        numbers = value if isinstance(value, dict) else {"": value}
        for part, number in numbers.items():
            if number is not None and not isinstance(number, bool) and number < 1:
                raise TenantError(
                    f"The limit {'.'.join(filter(None, (name, part)))} is {number}: it must be at least 1.",
                    "Leave a limit out of the plan for none.",
                )
    # Frappe's configuration knows 1 and 0, as bench set-config writes them.
    return {name: int(value) if isinstance(value, bool) else value for name, value in limits.items()}
