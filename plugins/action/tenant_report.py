# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_report), where it is documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import tail
from ansible_collections.frappeops.tenants.plugins.module_utils.masking import masked
from ansible_collections.frappeops.tenants.plugins.plugin_utils import report, result_file
from ansible_collections.frappeops.tenants.plugins.plugin_utils.ailments import recognise_each
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Prints the summary of one tenant."""

    ARGUMENTS = {
        "identity": {"type": "dict", "required": True},
        "record": {"type": "dict", "required": True},
        "ended": {
            "type": "str",
            "required": True,
            "choices": [report.LIVE, report.FAILED, report.TAKEN_BACK, report.UNFINISHED],
        },
        "mode": {"type": "str", "required": True, "choices": ["fresh", "resume", "rollback", "converge"]},
        "steps": {"type": "list", "elements": "dict", "required": True},
        "certificate": {"type": "dict", "default": {}},
        "password_login": {"type": "bool", "default": False, "no_log": False},
        "curl_ca_file": {"type": "str", "default": ""},
        "curl_address": {"type": "str", "default": ""},
        "failure": {"type": "dict", "default": {}},
        "warnings": {"type": "list", "elements": "str", "default": []},
        "dashboard_path": {"type": "str", "default": "/dashboard"},
        "result_file": {"type": "path"},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        path = arguments.pop("result_file")
        failure = arguments.pop("failure")
        if failure:
            msg, output = masked(failure["msg"]), tail(failure.get("output_tail", ""))
            ailments = recognise_each(failure.pop("problems", None) or [msg], output)
            failure |= {"msg": msg, "output_tail": output, "ailments": [known.as_dict() for known in ailments]}
        outcome = report.Outcome(**arguments, failure=failure, check_mode=self.check_mode)
        told = report.result(outcome)
        colour = "red" if outcome.failure or told["left"] else "green"
        summary = report.lines(outcome)
        Display().display("\n" + summary[0], color=colour)
        for line in summary[1:]:
            Display().display(line)
        if path:
            result_file.add(Path(path), told["tenant"], told)
        stats = {"data": {"tenants": {told["tenant"]: told}}, "per_host": False, "aggregate": True}
        return {
            "changed": False,
            "summary": summary,
            "result": told,
            "ansible_stats": stats,
        }
