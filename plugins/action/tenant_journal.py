# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_journal), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import runs, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import Journal, Resource
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)

EVENTS = ["opened", "begun", "recorded", "done", "failed", "retired", "undone", "left", "closed"]
#: Events that tell of one step.
OF_A_STEP = {"begun", "recorded", "done", "undone", "left"}


class ActionModule(RegistryAction):
    """Writes one event of a provisioning into the journal."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "tenant": {"type": "str", "required": True},
        "event": {"type": "str", "required": True, "choices": EVENTS},
        "step": {"type": "str"},
        "resources": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "kind": {"type": "str", "required": True},
                "name": {"type": "str", "required": True},
                "data": {"type": "dict", "default": {}},
            },
        },
        "error": {"type": "str", "default": ""},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if arguments["event"] in OF_A_STEP and not arguments["step"]:
            raise TenantError(f"event {arguments['event']} needs step.")
        with self.transaction(arguments, variables) as connection:
            journal = Journal(connection, runs.current(), arguments["tenant"])
            result = _look(journal, arguments) if self.check_mode else _write(journal, arguments)
            if arguments["event"] == "opened":
                result["ansible_facts"] = _facts(tenants.find(connection, arguments["tenant"]), result["provisioning"])
        return {"changed": False, **result}


def _facts(record: dict[str, Any] | None, provisioning: str | None) -> dict[str, Any]:
    """What every step may use: a resumed run skips the step that would have told it."""
    ours = record is not None and record["owner"] == provisioning
    return {"tenant_provisioning": provisioning, **({"tenant_record": record} if ours else {})}


def _look(journal: Journal, arguments: dict[str, Any]) -> dict[str, Any]:
    """In check mode nothing is opened, so nothing can be begun or undone either."""
    neutral = {
        "opened": journal.look(),
        "begun": {"step": arguments["step"]},
        "recorded": {"new": 0},
        "failed": {"held": False, "undo": []},
        "retired": {"undo": []},
        "closed": {"state": "checked", "error": None, "steps": []},
    }
    return neutral.get(arguments["event"], {})


def _write(journal: Journal, arguments: dict[str, Any]) -> dict[str, Any]:
    event, step = arguments["event"], arguments["step"]
    if event == "opened":
        return journal.open()
    if event == "begun":
        journal.begin(step)
        return {"step": step}
    if event == "recorded":
        return {"new": journal.record(step, [Resource(**resource) for resource in arguments["resources"]])}
    if event == "retired":
        return {"undo": journal.retire()}
    if event == "done":
        journal.done(step)
    elif event == "failed":
        return {"held": journal.is_held(), "undo": journal.fail(arguments["error"])}
    elif event == "undone":
        journal.undone(step)
    elif event == "left":
        journal.left(step, arguments["error"])
    else:
        return journal.close()
    return {}
