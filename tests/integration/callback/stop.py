# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stops each tenant at a registry write of its own, and kills the run when all have stopped, for the tests.

So one run is cut at as many points as it has tenants. STOP_AT is a folder with the file C(plan.json): by the tenant's
name the number of its write and the moment, C(before) or C(after). Beside it a file for each tenant gets a line for each
of its writes: the role and name of the task.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.callback import CallbackBase

from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction

DOCUMENTATION = """
name: stop
type: aggregate
short_description: Cuts a run at many points at once
description: For tests.
"""

#: The actions that write.
WRITES = {
    f"frappeops.tenants.{name}" for name in ("tenant_journal", "tenant_registry", "standby_site", "tenant_outbox")
}


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stop"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.disabled = "STOP_AT" not in os.environ
        if not self.disabled:
            folder = Path(os.environ["STOP_AT"])
            plan = json.loads((folder / "plan.json").read_text())
            # The workers are forks of this process, and so run what is put in place here.
            ControllerAction.run = _stopping(ControllerAction.run, folder, plan)
            threading.Thread(target=_die_when_all_have_stopped, args=(folder, len(plan)), daemon=True).start()


def _stopping(run: Any, folder: Path, plan: dict[str, tuple[int, str]]) -> Any:
    @functools.wraps(run)
    def stopping(action: Any, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        tenant = (task_vars or {}).get("inventory_hostname")
        if tenant not in plan or action._task.action not in WRITES:
            return run(action, tmp, task_vars)
        number, moment = plan[tenant]
        is_here = _count(folder / tenant, str(action._task)) == number
        if is_here and moment == "before":
            _stop(folder / f"{tenant}.stopped")
        result = run(action, tmp, task_vars)
        if is_here:
            _stop(folder / f"{tenant}.stopped")
        return result

    return stopping


def _count(log: Path, line: str) -> int:
    """Write the line; returns how many there are now. A tenant's tasks run one after the other."""
    with log.open("a") as file:
        file.write(f"{line}\n")
    return len(log.read_text().splitlines())


def _stop(sign: Path) -> None:
    """Ansible does nothing more for a host that it takes to be unreachable: no rescue, no handler."""
    sign.touch()
    raise AnsibleConnectionFailure("stopped for a test")


def _die_when_all_have_stopped(folder: Path, number: int) -> None:
    while len(list(folder.glob("*.stopped"))) < number:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)
