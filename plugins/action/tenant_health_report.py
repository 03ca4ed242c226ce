# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_health_report), where it is documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.health_check import FAIL, WARN, worst
from ansible_collections.frappeops.tenants.plugins.plugin_utils import health_report, result_file, telling
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction

#: From which status on the task fails.
FAILING = {"fail": {FAIL}, "warn": {WARN, FAIL}, "never": set()}


class ActionModule(ControllerAction):
    """Prints what was seen of tenants, writes it into files, and fails when it is bad."""

    ARGUMENTS = {
        "tenants": {"type": "list", "elements": "dict", "required": True},
        "output": {"type": "str", "default": "table", "choices": ["table", "json"]},
        "file": {"type": "path"},
        "junit_file": {"type": "path"},
        "fail_on": {"type": "str", "default": "fail", "choices": list(FAILING)},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        tenants = _whole(arguments["tenants"])
        text = json.dumps(tenants, indent=2, ensure_ascii=False)
        for file, content in ((arguments["file"], text), (arguments["junit_file"], health_report.junit(tenants))):
            if file:
                result_file.write(Path(file), content)
        lines = list(health_report.lines(tenants))
        told = telling.told(lines)
        telling.show(lines, text if arguments["output"] == "json" else None)
        status = worst([tenant["status"] for tenant in tenants])
        bad = [tenant["name"] for tenant in tenants if tenant["status"] in FAILING[arguments["fail_on"]]]
        if bad:
            raise TenantError(
                f"Not well: {', '.join(bad)}.",
                "What was seen stands above.",
                status=status,
                tenants=tenants,
                told=told,
            )
        return {"changed": False, "status": status, "tenants": tenants, "told": told}


def _whole(looks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The checks of a tenant may come from several looks: they are put together here, and the status is made."""
    checks: dict[str, list[dict[str, Any]]] = {}
    for look in looks:
        checks.setdefault(look["name"], []).extend(look["checks"])
    return [
        {"name": name, "status": worst([check["status"] for check in found]), "checks": found}
        for name, found in checks.items()
    ]
