# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_audit), where it is documented."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.plugin_utils import result_file
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.compare import compare
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.findings import UNSEEN
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.lines import count, lines
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.seen import WORLD_ARGUMENTS, world
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import fleet
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Holds the registry against what was seen, and tells the findings."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        **WORLD_ARGUMENTS,
        "output": {"type": "str", "default": "table", "choices": ["table", "json"]},
        "file": {"type": "path"},
        "fail": {"type": "bool", "default": False},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        with self.reading(arguments, variables) as connection:
            registry = fleet.read(connection, arguments["world"]["since"])
        findings = compare(registry, world(arguments["world"]))
        told = {"tenants": len(registry.at_rest), "findings": [asdict(finding) for finding in findings]}
        text = json.dumps(told, indent=2, ensure_ascii=False)
        if arguments["file"]:
            result_file.write(Path(arguments["file"]), text)
        as_json = arguments["output"] == "json"
        Display().display("\n" + (text if as_json else "\n".join(lines(findings, len(registry.at_rest)))))
        # An audit that has not seen all hosts proves nothing.
        failed = any(found.kind == UNSEEN or arguments["fail"] for found in findings)
        return {"changed": False, "failed": failed, "msg": count(findings, len(registry.at_rest)), **told}
