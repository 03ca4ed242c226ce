# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_adopt), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns
from ansible_collections.frappeops.tenants.plugins.plugin_utils.adoption import Candidate, Rules, judge
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.seen import look
from ansible_collections.frappeops.tenants.plugins.plugin_utils.host_patterns import HOSTS_ARGUMENT
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import adoption
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Takes sites into the registry as they are, or out of it again."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "sites": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "tenant": {"type": "str", "required": True},
                "site": {"type": "str", "required": True},
                "admin_email": {"type": "str", "required": True},
                "plan": {"type": "str", "required": True},
                "bench": {"type": "str", "default": ""},
                "admin_first_name": {"type": "str", "default": ""},
                "frontend_host": {"type": "str", "default": ""},
                "backend_host": {"type": "str", "default": ""},
            },
        },
        "forget": {"type": "list", "elements": "str", "default": []},
        "benches": {"type": "dict", "default": {}},
        "places": {"type": "list", "elements": "dict", "default": []},
        "plans": {"type": "dict", "default": {}},
        "domain": {"type": "str", "required": True},
        "hosts": HOSTS_ARGUMENT,
        "https_port": {"type": "int", "default": 443},
        "reserved": {"type": "list", "elements": "str", "default": []},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        rules = Rules(
            benches={host: look(result) for host, result in arguments["benches"].items()},
            edges={place["name"]: place["edge"] for place in arguments["places"]},
            patterns=HostPatterns(arguments["domain"], **arguments["hosts"], https_port=arguments["https_port"]),
            plans=arguments["plans"],
            reserved=arguments["reserved"],
        )
        problems, found = [], []
        for site in arguments["sites"]:
            try:
                found.append(judge(Candidate(**site), rules))
            except TenantError as error:
                problems.append(error.as_result()["msg"])
        if problems:
            raise TenantError("\n".join(["Nothing was adopted.", *problems]), problems=problems)
        with self.transaction(arguments, variables) as connection:
            run = self.current_run(variables)
            pairs = [adoption.adopt(connection, run, site) for site in found]
            pairs += [adoption.forget(connection, run, name) for name in arguments["forget"]]
        changed = [(before, after) for before, after in pairs if before != after]
        result = {"changed": bool(changed), "tenants": [after for _before, after in pairs]}
        if self._task.diff:
            result["diff"] = [{"before": before or {}, "after": after} for before, after in changed]
        return result
