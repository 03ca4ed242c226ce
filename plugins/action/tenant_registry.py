# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_registry), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.masking import masked
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import (
    placement,
    states,
    tenants,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)

STATES = ["reserved", "provisioning", "active", "suspended", "archived", "failed"]
CERTIFICATES = ["issued", "shared", "existing", "http_only", "none"]
RESERVE_NEEDS = ("identity", "plan", "admin_email", "owner", "benches")


class ActionModule(RegistryAction):
    """Claims a name or moves a tenant from state to state."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "tenant": {"type": "str", "required": True},
        "state": {"type": "str", "required": True, "choices": STATES},
        "identity": {"type": "dict"},
        "plan": {"type": "str"},
        "apps": {"type": "list", "elements": "str", "default": []},
        "needs": {"type": "dict", "default": {}},
        "bench": {"type": "str"},
        "admin_email": {"type": "str"},
        "admin_first_name": {"type": "str"},
        "settings": {"type": "dict", "default": {}},
        "owner": {"type": "str"},
        "database_prefix": {"type": "str", "default": "tenant_"},
        "benches": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "edge": {"type": "str", "required": True},
                "capacity": {"type": "dict", "default": {}},
                "apps": {"type": "list", "elements": "str"},
            },
        },
        "quarantine_days": {"type": "int", "default": 0},
        "reason": {"type": "str"},
        "evidence": {"type": "dict"},
        "applied": {"type": "str"},
        "certificate": {
            "type": "dict",
            "options": {
                "state": {"type": "str", "required": True, "choices": CERTIFICATES},
                "frontend_url": {"type": "str", "required": True},
                "backend_url": {"type": "str", "required": True},
            },
        },
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        name, run = arguments["tenant"], self.current_run(variables)
        with self.transaction(arguments, variables) as connection:
            if arguments["state"] == states.RESERVED:
                before, after = tenants.reserve(connection, run, _wish(arguments))
            elif self.check_mode and tenants.find(connection, name) is None:
                # An earlier task of this check run would have made it.
                return {"changed": True, "tenant": {"name": name, "state": arguments["state"]}}
            else:
                before = tenants.find(connection, name)
                # First what the tenant is: the event of its new state tells it.
                if arguments["applied"]:
                    tenants.note_applied(connection, name, arguments["applied"])
                if arguments["certificate"]:
                    tenants.note_certificate(connection, run, name, **arguments["certificate"])
                # The reason may be what a tool printed, and is kept for years.
                reason = masked(arguments["reason"]) if arguments["reason"] else None
                after = tenants.transition(connection, run, name, arguments["state"], reason, arguments["evidence"])[1]
        result = {"changed": before != after, "tenant": after}
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
        apps=tuple(arguments["apps"]),
        needs=placement.amounts(arguments["needs"], "needs"),
        bench=arguments["bench"] or None,
        admin_email=arguments["admin_email"],
        admin_first_name=arguments["admin_first_name"],
        settings=arguments["settings"],
        owner=arguments["owner"],
        database_prefix=arguments["database_prefix"],
        benches=placement.read_benches(arguments["benches"]),
        quarantine_days=arguments["quarantine_days"],
    )
