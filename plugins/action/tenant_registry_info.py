# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_registry_info), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import adoption, states, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Reads tenants from the registry."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "names": {"type": "list", "elements": "str", "aliases": ["name"]},
        "states": {"type": "list", "elements": "str", "choices": list(states.TRANSITIONS), "default": []},
        "plans": {"type": "list", "elements": "str", "default": []},
        "benches": {"type": "list", "elements": "str", "default": []},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        with self.reading(arguments, variables) as connection:
            found = tenants.find_all(
                connection,
                arguments["names"],
                state=arguments["states"],
                plan=arguments["plans"],
                bench=arguments["benches"],
            )
            adopted = adoption.names(connection)
        return {"changed": False, "tenants": [{**tenant, "adopted": tenant["name"] in adopted} for tenant in found]}
