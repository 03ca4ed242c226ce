# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_event), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import events, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Adds to a tenant's history."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "tenant": {"type": "str", "required": True},
        "event": {"type": "str", "required": True},
        "data": {"type": "dict", "default": {}},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        with self.transaction(arguments, variables) as connection:
            if tenants.find(connection, arguments["tenant"]) is None:
                raise TenantError(f"{arguments['tenant']} is not in the registry.")
            if not self.check_mode:
                run = self.current_run(variables)
                events.append(connection, run, arguments["tenant"], arguments["event"], **arguments["data"])
        return {"changed": False, "event": arguments["event"]}
