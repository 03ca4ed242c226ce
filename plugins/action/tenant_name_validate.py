# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_name_validate), where it is documented."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns, identities
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.frappeops.tenants.plugins.plugin_utils.host_patterns import HOSTS_ARGUMENT


class ActionModule(ControllerAction):
    """Checks names and makes identities."""

    ARGUMENTS = {
        "names": {"type": "list", "elements": "raw", "required": True, "aliases": ["name"]},
        "domain": {"type": "str", "required": True},
        "hosts": HOSTS_ARGUMENT,
        "https_port": {"type": "int", "default": 443},
        "reserved": {"type": "list", "elements": "str", "default": []},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        patterns = HostPatterns(arguments["domain"], **arguments["hosts"], https_port=arguments["https_port"])
        good, problems = identities(arguments["names"], patterns, arguments["reserved"])
        if problems:
            raise TenantError(
                " ".join(problem.message for problem in problems),
                problems=[asdict(problem) for problem in problems],
                identities=good,
            )
        return {"changed": False, "identities": good}
