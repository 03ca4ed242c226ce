# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_summary), where it is documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.plugin_utils import result_file, summary
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import journal, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Prints what came of all tenants of a command."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "tenants": {"type": "list", "elements": "str", "required": True},
        "result_file": {"type": "path"},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        told, silent = {}, {}
        for name in arguments["tenants"]:
            facts = variables["hostvars"][name]
            if "pipeline_report" in facts:
                told[name] = facts["pipeline_report"]["result"]
            else:
                silent[name] = facts.get("tenant_refusal", "")
        added = self._results_of(silent, arguments, variables) if silent else {}
        results = [{**told, **added}[name] for name in arguments["tenants"]]
        # A single tenant that has told its own story needs no table.
        printed = summary.lines(results) if added or len(results) > 1 else []
        if printed:
            Display().display("\n" + "\n".join(printed))
        if arguments["result_file"]:
            for name, result in added.items():
                result_file.add(Path(arguments["result_file"]), name, result)
        stats = {"data": {"tenants": added}, "per_host": False, "aggregate": True}
        return {"changed": False, "summary": printed, "results": results, **({"ansible_stats": stats} if added else {})}

    def _results_of(
        self, silent: dict[str, str], arguments: dict[str, Any], variables: dict[str, Any]
    ) -> dict[str, dict[str, Any]]:
        with self.reading(arguments, variables) as connection:
            rows = {row["name"]: row for row in tenants.find_all(connection, list(silent))}
            return {
                name: summary.of_refusal(name, refusal, rows.get(name))
                if refusal
                else summary.of_unfinished(name, rows.get(name), journal.steps_of(connection, name))
                for name, refusal in silent.items()
            }
