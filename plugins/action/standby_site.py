# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.standby_site), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils import pool_wishes
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import standby, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.library import sa
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.runs import Run
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)

#: What each state needs.
NEEDS = {
    "planned": ("bench", "plans", "versions"),
    "ready": ("id", "versions"),
    "claimed": ("tenant", "step"),
    "gone": ("id",),
}


class ActionModule(RegistryAction):
    """Notes what becomes of standby sites."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "state": {"type": "str", "required": True, "choices": list(NEEDS)},
        "id": {"type": "str"},
        "bench": {"type": "str"},
        "plans": {"type": "dict"},
        "counts": {"type": "dict", "default": {}},
        "apps": {"type": "list", "elements": "str"},
        "versions": {"type": "dict"},
        "database_prefix": {"type": "str", "default": "tenant_"},
        "tenant": {"type": "str"},
        "step": {"type": "str"},
        "wanted": {"type": "bool", "default": True},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in NEEDS[arguments["state"]] if arguments[name] is None]
        if missing:
            raise TenantError(f"state {arguments['state']} needs {', '.join(missing)}.")
        if self.check_mode and arguments["state"] != "planned":
            # An earlier task of this check run would have made what this is about.
            return {"changed": False, "standby": None}
        with self.transaction(arguments, variables) as connection:
            return _work(connection, self.current_run(variables), arguments)


def _work(connection: sa.Connection, run: Run, arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments["state"] == "claimed":
        claimed = standby.claim(connection, run, arguments["tenant"], arguments["step"], arguments["wanted"])
        return {"changed": False, "standby": claimed, "tenant": tenants.find(connection, arguments["tenant"])}
    if arguments["state"] == "planned":
        wishes = pool_wishes.counted(arguments["plans"], arguments["counts"], arguments["apps"])
        possible, refused = pool_wishes.possible(wishes, arguments["versions"], arguments["bench"])
        pool = standby.Pool(arguments["bench"], possible, arguments["versions"], arguments["database_prefix"])
        planned = standby.plan(connection, run, pool)
        return {"changed": any(planned.values()), **planned, "refused": refused}
    if arguments["state"] == "ready":
        standby.ready(connection, run, arguments["id"], arguments["versions"])
        return {"changed": True}
    return {"changed": standby.gone(connection, run, arguments["id"])}
