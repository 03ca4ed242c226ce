# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.cloudflare_records), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_library import require_dnspython
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_plan import CHANGE_ARGUMENTS, Plan, Settings
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import host_text, parse_name
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_zone import ensure
from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_api import (
    ZONE_ARGUMENTS,
    CloudflareApi,
    open_api,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_zone import CloudflareZone
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.frappeops.tenants.plugins.plugin_utils.once_a_run import once_a_run


class ActionModule(ControllerAction):
    """Brings records of a zone to their state."""

    ARGUMENTS = {
        **CHANGE_ARGUMENTS,
        **ZONE_ARGUMENTS,
        "owner": {"type": "str", "required": True},
        "proxied": {"type": "bool", "default": False},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        require_dnspython()
        api = open_api(arguments)
        zone = CloudflareZone(
            api,
            arguments["zone"],
            arguments["zone_id"] or _find(api, arguments),
            arguments["owner"],
            Settings(arguments["ttl"], arguments["proxied"]),
        )
        plan = ensure(zone, arguments, apply=not self.check_mode)
        return {**plan.as_result(), "proxied": _proxied(plan), "zone_id": zone.zone_id, "requests": api.requests}


def _find(api: CloudflareApi, arguments: dict[str, Any]) -> str:
    name = host_text(parse_name(arguments["zone"], "zone"))
    account = [str(arguments[option]) for option in ("base_url", "api_token", "api_email", "api_key")]
    return once_a_run(" ".join([name, *account]), lambda: api.zone_id(name, changes=True))


def _proxied(plan: Plan) -> list[str]:
    return sorted({each.aim.records.host for each in plan.found if each.aim.settings.proxied})
