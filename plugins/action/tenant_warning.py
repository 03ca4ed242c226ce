# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_warning), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.module_utils.masking import masked
from ansible_collections.frappeops.tenants.plugins.plugin_utils import telling
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Prints warnings now, and keeps them for the tenant's summary."""

    ARGUMENTS = {"texts": {"type": "list", "elements": "str", "required": True}}

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        known = list(variables.get("tenant_warnings", []))
        new = [text for text in map(masked, arguments["texts"]) if text not in known]
        for text in new:
            Display().display(text, color="bright yellow")
        told = telling.told((text, "bright yellow") for text in new)
        return {"changed": False, "told": told, "warned": known + new}
