# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What activations would note of many tenants, at once: settings are read once, and not once for each."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.frappeops.tenants.plugins.plugin_utils.fingerprint import Fingerprints


class ActionModule(ActionBase):
    """Takes orders, plans and steps, and returns C(fingerprints) by the tenants' names."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        given, variables = self._task.args, task_vars or {}
        fingerprints = Fingerprints(variables["hostvars"], given["steps"])
        found = {
            order["identity"]["name"]: fingerprints.of(
                order["identity"],
                order["admin"],
                order["plan"],
                given["plans"][order["plan"]],
                "lab-bench",
                "lab-edge",
                order["settings"],
            )
            for order in given["orders"]
        }
        return {**super().run(tmp, task_vars), "changed": False, "fingerprints": found}
