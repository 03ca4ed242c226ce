# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_journal), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError, tail
from ansible_collections.frappeops.tenants.plugins.module_utils.masking import masked
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import database, heartbeat, leases, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import Journal, Resource
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)

EVENTS = ["opened", "begun", "recorded", "failed", "retired", "undone", "left", "closed", "released"]
#: Events that tell of one step.
OF_A_STEP = {"begun", "recorded", "undone", "left"}


class ActionModule(RegistryAction):
    """Writes one event of a provisioning into the journal."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        "tenant": {"type": "str", "required": True},
        "event": {"type": "str", "required": True, "choices": EVENTS},
        "step": {"type": "str"},
        "completes": {"type": "str"},
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
        "output_tail": {"type": "str", "default": ""},
        "keep": {"type": "bool", "default": False},
        "on_purpose": {"type": "bool", "default": False},
        "take_over": {"type": "str", "default": ""},
        "wait": {"type": "int", "default": 0},
    }

    def outcome(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if not self.check_mode:
            self._keep_alive(arguments, variables)
        # Between two tries no transaction is open: the other run must be able to write its journal.
        return leases.when_free(
            lambda: super(ActionModule, self).outcome(arguments, variables), arguments["wait"], Display().display
        )

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if arguments["event"] in OF_A_STEP and not arguments["step"]:
            raise TenantError(f"event {arguments['event']} needs step.")
        with self.transaction(arguments, variables) as connection:
            journal = Journal(connection, self.current_run(variables), arguments["tenant"])
            result = _look(journal, arguments) if self.check_mode else _write(journal, arguments)
            if arguments["event"] == "opened":
                result["tenant"] = _own_row(tenants.find(connection, arguments["tenant"]), result["provisioning"])
        return {"changed": False, **result}

    def _keep_alive(self, arguments: dict[str, Any], variables: dict[str, Any]) -> None:
        """With every event, since the heartbeat may have been killed."""
        run, url = self.current_run(variables), self._address(arguments, variables)

        def beat() -> None:
            with database.transaction(url) as connection:
                leases.renew_all(connection, run)

        heartbeat.start(run, url, beat)


def _own_row(row: dict[str, Any] | None, provisioning: str | None) -> dict[str, Any] | None:
    """What every step may use: a resumed run skips the step that would have told it."""
    return row if row is not None and row["owner"] == provisioning else None


def _look(journal: Journal, arguments: dict[str, Any]) -> dict[str, Any]:
    """In check mode nothing is written. What would be undone is told, for the steps to foretell it."""
    event = arguments["event"]
    if event == "opened":
        return journal.look()
    if event == "begun":
        return _begun(journal, arguments["step"])
    if event in ("failed", "retired"):
        return {"held": True, "kept": False, "undo": journal.foretell(is_retired=event == "retired")}
    neutral: dict[str, dict[str, Any]] = {
        "recorded": {"new": 0},
        "closed": {"state": "checked", "error": None, "steps": []},
        "released": {"held": False},
    }
    return neutral.get(event, {})


def _begun(journal: Journal, step: str) -> dict[str, Any]:
    return {"step": step, "resources": journal.made(step)}


def _write(journal: Journal, arguments: dict[str, Any]) -> dict[str, Any]:
    event, step = arguments["event"], arguments["step"]
    # Whatever a step said may be kept for years.
    error, output = masked(arguments["error"]), tail(arguments["output_tail"])
    if arguments["completes"]:
        journal.done(arguments["completes"])
    if event == "opened":
        return journal.open(arguments["take_over"])
    if event == "begun":
        journal.begin(step)
        return _begun(journal, step)
    if event == "recorded":
        return {"new": journal.record(step, [Resource(**resource) for resource in arguments["resources"]])}
    if event == "failed":
        return journal.fail(error, output, arguments["keep"], arguments["on_purpose"])
    if event == "retired":
        return {"held": True, "kept": False, "undo": journal.retire()}
    if event == "released":
        return journal.release(error)
    if event == "closed":
        return journal.close()
    if event == "undone":
        journal.undone(step)
    else:
        journal.left(step, error, output)
    return {}
