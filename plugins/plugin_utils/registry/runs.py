# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is working: the ansible-playbook process that runs this action, recognisable after its death."""

from __future__ import annotations

import getpass
import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One ansible-playbook process on one controller.

    :param pid_started: the kernel's start time of the process, so that a reused pid is not taken for it.
    """

    controller: str
    pid: int
    pid_started: str
    actor: str

    @property
    def name(self) -> str:
        """A name for logs: controller, pid and start time."""
        return f"{self.controller}:{self.pid}:{self.pid_started}"


def current() -> Run:
    """The run that this action belongs to: actions are forked workers of ansible-playbook."""
    pid = os.getppid()
    return Run(platform.node(), pid, _started(pid), _user())


def is_dead(controller: str, pid: int, pid_started: str) -> bool:
    """Whether that run is surely over. A run on another controller is never known to be."""
    return controller == platform.node() and _started(pid) != pid_started


def _started(pid: int) -> str:
    """Field 22 of /proc/PID/stat (proc(5)), empty where there is no such process; field 2 may hold blanks."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return status.rpartition(")")[2].split()[19]


def _user() -> str:
    # AWX and CI name the person behind the service account.
    return os.environ.get("AWX_USER_NAME") or os.environ.get("TOWER_USER_NAME") or getpass.getuser()
