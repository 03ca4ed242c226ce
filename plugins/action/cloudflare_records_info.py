# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.cloudflare_records_info), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_api import ZONE_ARGUMENTS, open_api
from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_zone import marked
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Lists the records of a zone that bear a mark of ours."""

    ARGUMENTS = ZONE_ARGUMENTS

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        api = open_api(arguments)
        return {
            "changed": False,
            "records": marked(api, arguments["zone_id"] or api.zone_id(arguments["zone"], changes=False)),
        }
