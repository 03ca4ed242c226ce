# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills the run at one of its registry writes, for the tests.

CUT_AT is the number of the write, with "before" or "after"; CUT_STEP is the step that has begun, after a blank the tenant
in whose flow, where there are several. CUT_SIGNAL is the signal, KILL when it is left out.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: cut
type: aggregate
short_description: Kills the run at a registry write
description: For tests.
"""

#: The actions that write; CUT_WRITES names others.
_ALL_WRITES = "frappeops.tenants.tenant_journal frappeops.tenants.tenant_registry frappeops.tenants.standby_site"
WRITES = os.environ.get("CUT_WRITES", _ALL_WRITES).split()


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "cut"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        number, _blank, self._moment = os.environ.get("CUT_AT", "").partition(" ")
        self._left = int(number or 0)
        self._step, _blank, self._tenant = os.environ.get("CUT_STEP", "").partition(" ")
        self.disabled = not (self._left or self._step)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        if task.action in WRITES:
            self._left -= 1
            self._cut("before")

    def v2_runner_on_skipped(self, result: Any) -> None:
        # It wrote nothing, so it was none of the writes.
        if result.task.action in WRITES:
            self._left += 1

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.task.action in WRITES:
            self._cut("after")
            if self._step and result.result.get("step") == self._step and self._tenant in ("", result.host.get_name()):
                _die()

    def _cut(self, moment: str) -> None:
        if self._left == 0 and moment == self._moment:
            _die()


def _die() -> None:
    """Callbacks run in ansible-playbook's main process. SIGKILL lets no rescue and no handler run."""
    os.kill(os.getpid(), signal.Signals[f"SIG{os.environ.get('CUT_SIGNAL', 'KILL')}"])
