# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds a run just before it opens its journal, until all that shall race are there, for the tests.

GATE is a folder. A run that waits writes a file into it, and goes on when there is a file C(open).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: gate
type: aggregate
short_description: Lets many runs begin at once
description: For tests.
"""

#: Seconds after which a test that never opens the gate has failed.
_PATIENCE = 600


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "gate"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(os.environ.get("GATE", ""))
        self.disabled = "GATE" not in os.environ

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        if task.action != "frappeops.tenants.tenant_journal":
            return
        (self._folder / f"waits-{os.getpid()}").touch()
        end = time.monotonic() + _PATIENCE
        while not (self._folder / "open").exists() and time.monotonic() < end:
            time.sleep(0.05)
