# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_healed), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.plugin_utils import healing, telling
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import outbox, tenants, unfinished
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenant_table import lines_of


class ActionModule(RegistryAction):
    """Prints what came of the provisionings that were unfinished."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "found": {"type": "list", "elements": "dict", "required": True},
        "tenant": {"type": "str", "default": ""},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        found = arguments["found"]
        names = [entry["tenant"] for entry in found]
        with self.reading(arguments, variables) as connection:
            after = unfinished.find(connection, names)
            mails = [mail for mail in outbox.open_mails(connection) if arguments["tenant"] in ("", mail["tenant"])]
            told = [*names, *(mail["tenant"] for mail in mails)]
            states = {tenant["name"]: tenant["state"] for tenant in tenants.find_all(connection, told)}
        rows = healing.rows(found, after, states, self.check_mode)
        left = [row["tenant"] for row in rows if row["left"]]
        # Only a person can find out what became of them, so they fail no run.
        rows += healing.mail_rows(mails, states)
        colours = ["red" if row["tenant"] in left else "bright yellow" if row["left"] else None for row in rows]
        printed = lines_of(rows, healing.COLUMNS) if rows else ["Nothing is unfinished."]
        Display().display("\n" + "\n".join(printed))
        result = {"changed": False, "rows": rows, "left": left, "lines": printed}
        result["told"] = telling.told(zip(printed, [None, *colours], strict=True))
        result["ansible_stats"] = {"data": {"healed": rows}, "per_host": False, "aggregate": True}
        if left:
            result["failed"] = True
            result["msg"] = f"Something is left of {', '.join(left)}. Mend what stands in the table and heal again."
        return result
