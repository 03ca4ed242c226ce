# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of the modules that run on a bench host or an edge host for a tenant.

Ansible gives up on a host that it can't reach, and no rescue runs. But the one that it would give up on is the tenant,
while the one that is away is its bench or its edge. So this is told as a failure of the task: the pipeline goes on,
takes back what is elsewhere, notes what is left, and reports it.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action.normal import ActionModule as NormalAction


class HostAction(NormalAction):
    """Runs the module of the task's name on its host."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            return super().run(tmp, task_vars)
        except AnsibleConnectionFailure as error:
            host = self._task.delegate_to or (task_vars or {}).get("inventory_hostname", "")
            return {
                "failed": True,
                "msg": f"{host} can't be reached: {' '.join(str(error).split())}",
                "lost_host": host,
            }
