# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_registry), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import runs, states, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)

STATES = ["reserved", "provisioning", "active", "suspended", "archived", "failed"]
RESERVE_NEEDS = ("identity", "plan", "admin_email", "owner", "benches")


class ActionModule(RegistryAction):
    """Claims a name or moves a tenant from state to state."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "tenant": {"type": "str", "required": True},
        "state": {"type": "str", "required": True, "choices": STATES},
        "identity": {"type": "dict"},
        "plan": {"type": "str"},
        "admin_email": {"type": "str"},
        "owner": {"type": "str"},
        "database_prefix": {"type": "str", "default": "tenant_"},
        "benches": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "edge": {"type": "str", "required": True},
                "max_tenants": {"type": "int", "default": 0},
            },
        },
        "quarantine_days": {"type": "int", "default": 0},
        "reason": {"type": "str"},
        "evidence": {"type": "dict"},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        with self.transaction(arguments, variables) as connection:
            if arguments["state"] == states.RESERVED:
                before, after = tenants.reserve(connection, runs.current(), _wish(arguments))
            elif self.check_mode and tenants.find(connection, arguments["tenant"]) is None:
                # An earlier task of this check run would have made it.
                return {"changed": True, "tenant": {"name": arguments["tenant"], "state": arguments["state"]}}
            else:
                before, after = tenants.transition(
                    connection,
                    runs.current(),
                    arguments["tenant"],
                    arguments["state"],
                    arguments["reason"],
                    arguments["evidence"],
                )
        result = {"changed": before != after, "tenant": after, "ansible_facts": {"tenant_record": after}}
        if self._task.diff:
            result["diff"] = {"before": before or {}, "after": after}
        return result


def _wish(arguments: dict[str, Any]) -> tenants.Wish:
    missing = [name for name in RESERVE_NEEDS if not arguments[name]]
    if missing:
        raise TenantError(f"state reserved needs {', '.join(missing)}.")
    return tenants.Wish(
        identity=arguments["identity"],
        plan=arguments["plan"],
        admin_email=arguments["admin_email"],
        owner=arguments["owner"],
        database_prefix=arguments["database_prefix"],
        benches=tuple(tenants.Bench(**bench) for bench in arguments["benches"]),
        quarantine_days=arguments["quarantine_days"],
    )
