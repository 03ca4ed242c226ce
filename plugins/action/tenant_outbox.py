# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_outbox), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import outbox
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)

#: What came of sending, and the mail's state after it.
OUTCOMES = {"sent": outbox.SENT, "failed": outbox.WAITING, "unsure": outbox.UNSURE}


class ActionModule(RegistryAction):
    """Lets a mail wait, claims it, or notes what came of it."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "mail": {"type": "str", "required": True},
        "event": {"type": "str", "required": True, "choices": ["wanted", "claimed", *OUTCOMES]},
        "tenant": {"type": "str"},
        "recipient": {"type": "str"},
        "new": {"type": "bool", "default": True},
        "again": {"type": "bool", "default": False},
        "error": {"type": "str", "default": ""},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        event, mail, run = arguments["event"], arguments["mail"], self.current_run(variables)
        if event == "wanted" and not (arguments["tenant"] and arguments["recipient"]):
            raise TenantError("event wanted needs tenant and recipient.")
        with self.transaction(arguments, variables) as connection:
            if event in OUTCOMES:
                outbox.settle(connection, run, mail, OUTCOMES[event], arguments["error"] or None)
                return {"changed": False, "state": OUTCOMES[event], "send": False}
            if event == "wanted":
                chosen = {name: arguments[name] for name in ("tenant", "recipient", "new", "again")}
                state = outbox.want(connection, run, mail, **chosen)
            else:
                state = outbox.claim(connection, run, mail)
                # In check mode a new mail was wanted, and that was not noted.
                state = outbox.WAITING if self.check_mode and state == outbox.UNKNOWN else state
        return {"changed": False, "state": state, "send": state == outbox.WAITING}
