# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.certificate_table), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils.certificate_table import lines
from ansible_collections.frappeops.tenants.plugins.plugin_utils.table_action import TABLE_ARGUMENTS, TableAction


class ActionModule(TableAction):
    """Prints certificates."""

    CONTENT = "certificates"
    ARGUMENTS = {**TABLE_ARGUMENTS, "certificates": {"type": "list", "elements": "dict", "required": True}}

    def table(self, arguments: dict[str, Any]) -> list[str]:
        return lines(arguments["certificates"])
