# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.dns_record_table), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_library import require_dnspython
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import RECORDS, parse_record_sets
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.frappeops.tenants.plugins.plugin_utils.dns_record_table import lines


class ActionModule(ControllerAction):
    """Prints records."""

    ARGUMENTS = {
        "title": {"type": "str", "required": True},
        "records": RECORDS,
        "ttl": {"type": "int", "default": 300},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        require_dnspython()
        printed = lines(arguments["title"], parse_record_sets(arguments["records"]), arguments["ttl"])
        Display().display("\n" + "\n".join(printed) + "\n")
        return {"changed": False, "lines": printed}
