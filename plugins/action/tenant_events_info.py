# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_events_info), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import events
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Reads the audit trail."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "tenant": {"type": "str", "default": ""},
        "since": {"type": "str", "default": ""},
        "run": {"type": "str", "default": ""},
        "last": {"type": "int", "default": 0},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        wanted = {name: arguments[name] for name in ("tenant", "since", "run", "last")}
        with self.reading(arguments, variables) as connection:
            found = events.find(connection, **wanted)
        return {"changed": False, "events": [{**event, "told": events.told(event["data"])} for event in found]}
