# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_webhooks), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import database, webhooks
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.webhook import Webhook

#: Events that are read from the registry at once.
BATCH = 100


class ActionModule(RegistryAction):
    """Tells each webhook of the events that it has not taken yet."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "webhooks": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "url": {"type": "str", "required": True, "no_log": True},
                "secret": {"type": "str", "required": True, "no_log": True},
                "ca_file": {"type": "path"},
                "timeout": {"type": "float", "default": 10},
            },
        },
    }

    def outcome(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Each webhook by itself, and no transaction while it is spoken to."""
        told = [self._tell_all(Webhook(**webhook), arguments, variables) for webhook in arguments["webhooks"]]
        return {
            "changed": any(webhook["told"] for webhook in told),
            "webhooks": told,
            "warnings": [webhook["error"] for webhook in told if webhook["error"]],
        }

    def _tell_all(self, webhook: Webhook, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        told, error = 0, None
        webhook.check()
        after = self._do(arguments, variables, webhooks.take_turn, self.current_run(variables), webhook.name)
        if after is None or self.check_mode:
            return {"name": webhook.name, "told": 0, "error": None}
        try:
            while events := self._do(arguments, variables, webhooks.pending, after, BATCH):
                for event in events:
                    webhook.tell(event)
                    after, told = event["id"], told + 1
                    self._do(arguments, variables, webhooks.took, webhook.name, after)
        except TenantError as failure:
            error = f"{failure.msg} It is told again by the next run."
        self._do(arguments, variables, webhooks.end_turn, webhook.name, error)
        return {"name": webhook.name, "told": told, "error": error}

    def _do(self, arguments: dict[str, Any], variables: dict[str, Any], work: Any, *values: Any) -> Any:
        def in_registry() -> Any:
            with self.transaction(arguments, variables) as connection:
                return work(connection, *values)

        return database.repeat(in_registry)
