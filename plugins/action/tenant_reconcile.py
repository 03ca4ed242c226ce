# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_reconcile), where it is documented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.reconcile import (
    EXTRA,
    IN_NEED,
    TO_RUN,
    judge,
    lines,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.seen import WORLD_ARGUMENTS, world
from ansible_collections.frappeops.tenants.plugins.plugin_utils.fingerprint import Fingerprints
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import fleet
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)


class ActionModule(RegistryAction):
    """Finds what is to be done about each tenant of a wanted list."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        **WORLD_ARGUMENTS,
        "orders": {"type": "list", "elements": "dict", "required": True},
        "plans": {"type": "dict", "required": True},
        "steps": {"type": "list", "elements": "str", "required": True},
        "whole_fleet": {"type": "bool", "default": True},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        with self.reading(arguments, variables) as connection:
            registry = fleet.read(connection, arguments["world"]["since"])
        fingerprints = Fingerprints(variables["hostvars"], arguments["steps"])

        def fingerprint(order: Mapping[str, Any], row: Mapping[str, Any]) -> str:
            plan = order["plan"]
            return fingerprints.of(
                order["identity"],
                order["admin"],
                plan,
                arguments["plans"][plan],
                row["bench"],
                row["edge"],
                {**(row["settings"] or {}), **order["settings"]},
            )

        found = judge(arguments["orders"], registry, world(arguments["world"]), fingerprint)
        verdicts = [verdict for verdict in found if arguments["whole_fleet"] or verdict.sort != EXTRA]
        Display().display("\n" + "\n".join(lines(verdicts)))
        to_run = {verdict.tenant for verdict in verdicts if verdict.sort in TO_RUN}
        counts = dict(Counter(verdict.sort for verdict in verdicts))
        return {
            "changed": False,
            "verdicts": [asdict(verdict) for verdict in verdicts],
            "counts": counts,
            "orders": [order for order in arguments["orders"] if order["identity"]["name"] in to_run],
            "in_need": [f"{verdict.tenant}: {verdict.why}" for verdict in verdicts if verdict.sort in IN_NEED],
            "ansible_stats": {"data": {"reconcile": counts}, "per_host": False, "aggregate": False},
        }
