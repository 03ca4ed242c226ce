# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_journal_info), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils import healing
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import unfinished
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Finds the provisionings that are neither complete nor gone."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "names": {"type": "list", "elements": "str", "aliases": ["name"]},
        "plans": {"type": "list", "elements": "str", "default": []},
        "how": {"type": "str", "choices": [healing.RESUME, healing.ROLLBACK]},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        with self.reading(arguments, variables) as connection:
            found = unfinished.find(connection, arguments["names"])
        named = arguments["names"] is not None
        ways = [healing.way(entry, arguments["plans"], arguments["how"] or "", named) for entry in found]
        return {
            "changed": False,
            "unfinished": [{**entry, "way": way} for entry, way in zip(found, ways, strict=True)],
        }
