# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_table), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils.table_action import TABLE_ARGUMENTS, TableAction
from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenant_table import lines, lines_of


class ActionModule(TableAction):
    """Prints tenants, and writes them into a file."""

    CONTENT = "tenants"
    ARGUMENTS = {
        **TABLE_ARGUMENTS,
        "tenants": {"type": "list", "elements": "dict", "required": True, "aliases": ["rows"]},
        "columns": {"type": "dict"},
    }

    def table(self, arguments: dict[str, Any]) -> list[str]:
        if arguments["columns"]:
            return lines_of(arguments["tenants"], arguments["columns"])
        return lines(arguments["tenants"])
