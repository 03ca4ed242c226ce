# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_report), where it is documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.plugin_utils import result_file
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.frappeops.tenants.plugins.plugin_utils.report import Outcome, lines, result


class ActionModule(ControllerAction):
    """Prints the summary of one tenant."""

    ARGUMENTS = {
        "identity": {"type": "dict", "required": True},
        "record": {"type": "dict", "required": True},
        "mode": {"type": "str", "required": True, "choices": ["fresh", "resume", "rollback", "converge"]},
        "steps": {"type": "list", "elements": "dict", "required": True},
        "certificate": {"type": "dict", "default": {}},
        "curl_ca_file": {"type": "str", "default": ""},
        "curl_address": {"type": "str", "default": ""},
        "failure": {"type": "dict", "default": {}},
        "result_file": {"type": "path"},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        path = arguments.pop("result_file")
        outcome = Outcome(**arguments, check_mode=self.check_mode)
        colour = "red" if outcome.failure else "green"
        summary = lines(outcome)
        Display().display("\n" + summary[0], color=colour)
        for line in summary[1:]:
            Display().display(line)
        told = result(outcome)
        if path:
            result_file.add(Path(path), told["tenant"], told)
        stats = {"data": {"tenants": {told["tenant"]: told}}, "per_host": False, "aggregate": True}
        return {"changed": False, "summary": summary, "result": told, "ansible_stats": stats}
