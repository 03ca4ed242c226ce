# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_fingerprint), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.frappeops.tenants.plugins.plugin_utils.fingerprint import Fingerprints


class ActionModule(ControllerAction):
    """Sums up what a run of the steps applies to a tenant."""

    ARGUMENTS = {
        "identity": {"type": "dict", "required": True},
        "admin": {"type": "dict", "required": True},
        "plan": {"type": "str", "required": True},
        "plan_data": {"type": "dict", "required": True},
        "bench": {"type": "str", "required": True},
        "edge": {"type": "str", "required": True},
        "settings": {"type": "dict", "default": {}},
        "steps": {"type": "list", "elements": "str", "required": True},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        fingerprints = Fingerprints(variables["hostvars"], arguments.pop("steps"))
        return {"changed": False, "fingerprint": fingerprints.of(**arguments)}
