# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_diagnosis), where it is documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils import diagnosis, result_file, telling
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Prints what is wrong, by name, and fails when anything is."""

    ARGUMENTS = {
        "patients": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "complaints": {"type": "list", "elements": "dict", "default": []},
                "restarted": {"type": "list", "elements": "str", "default": []},
            },
        },
        "output": {"type": "str", "default": "table", "choices": ["table", "json"]},
        "file": {"type": "path"},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        patients = {
            patient["name"]: diagnosis.findings(patient["name"], patient["complaints"])
            for patient in arguments["patients"]
        }
        restarted = {patient["name"]: patient["restarted"] for patient in arguments["patients"]}
        findings = [finding for found in patients.values() for finding in found]
        text = json.dumps(findings, indent=2, ensure_ascii=False)
        if arguments["file"]:
            result_file.write(Path(arguments["file"]), text)
        lines = list(diagnosis.lines(patients, restarted))
        told = telling.told(lines)
        telling.show(lines, text if arguments["output"] == "json" else None)
        if findings:
            ill = [name for name, found in patients.items() if found]
            raise TenantError(
                f"Something is wrong with {', '.join(ill)}.",
                "What and why stands above.",
                findings=findings,
                told=told,
            )
        return {"changed": False, "findings": [], "told": told}
