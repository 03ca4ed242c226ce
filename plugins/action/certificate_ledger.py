# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.certificate_ledger), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.certbot import directory_url
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.authority_limits import limits_of
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.ledger import Ledger
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)

ASKED, ORDERED, FAILED, WITHDRAWN = "asked", "ordered", "failed", "withdrawn"


class ActionModule(RegistryAction):
    """Keeps count of what is asked of an authority."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "event": {"type": "str", "required": True, "choices": [ASKED, ORDERED, FAILED, WITHDRAWN]},
        "acme_directory": {"type": "str", "default": ""},
        "staging": {"type": "bool", "default": False},
        "limits": {
            "type": "dict",
            "default": {},
            "options": {
                "domain_week": {"type": "int"},
                "names_week": {"type": "int"},
                "failures_hour": {"type": "int"},
                "orders_3_hours": {"type": "int"},
            },
        },
        "account": {"type": "str", "required": True},
        "names": {"type": "list", "elements": "str", "default": []},
        "tenant": {"type": "str", "default": ""},
        "order": {"type": "str", "default": ""},
        "failed_names": {"type": "list", "elements": "str", "default": []},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if arguments["event"] in (ASKED, ORDERED) and not arguments["names"]:
            raise TenantError(f"event {arguments['event']} needs names.")
        authority = directory_url(arguments["acme_directory"], arguments["staging"])
        given = {limit: count for limit, count in arguments["limits"].items() if count is not None}
        with self.transaction(arguments, variables) as connection:
            ledger = Ledger(connection, authority, arguments["account"], limits_of(authority, given))
            if arguments["event"] in (ASKED, ORDERED):
                return {"changed": False, **_ask(ledger, arguments)}
            if arguments["event"] == FAILED:
                ledger.nothing_issued(arguments["order"], arguments["failed_names"])
            else:
                ledger.withdraw(arguments["order"])
            return {"changed": False}


def _ask(ledger: Ledger, arguments: dict[str, Any]) -> dict[str, Any]:
    found = ledger.refusal(arguments["names"])
    if found is not None:
        return {"refusal": found.reason, "free_at": found.free_at, "order": ""}
    is_order = arguments["event"] == ORDERED
    order = ledger.order(arguments["names"], arguments["tenant"]) if is_order else ""
    return {"refusal": "", "free_at": "", "order": order}
