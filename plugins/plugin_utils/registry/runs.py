# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is working: the ansible-playbook process that runs this action, recognisable after its death."""

from __future__ import annotations

import getpass
import multiprocessing
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

_PROC = Path("/proc")

#: States of a process that is over, though its entry stays until its parent asks for it (proc_pid_stat(5)).
_ENDED = frozenset("ZXx")


@dataclass(frozen=True)
class Run:
    """One ansible-playbook process on one controller.

    :param place: where its pid means something, see L(_place).
    :param pid_started: the kernel's start time of the process, so that a reused pid is not taken for it.
    :param actor: the person, or the account, that it works for.
    """

    controller: str
    place: str
    pid: int
    pid_started: str
    actor: str

    @property
    def name(self) -> str:
        """A name for logs, and all that is needed to look whether the run is over."""
        return f"{self.controller}:{self.place}:{self.pid}:{self.pid_started}"


def current(actor: str = "") -> Run:
    """The run that this action belongs to: actions are forked workers of ansible-playbook.

    :param actor: the person that it works for, where that is known; else it is the account that it runs as.
    :raises TenantError: the run was killed, and this worker has outlived it; it must write nothing any more.
    """
    parent = multiprocessing.parent_process()
    # The system gives a worker that outlives its run another parent; multiprocessing keeps the first.
    pid = os.getppid() if parent is None or parent.pid is None else parent.pid
    started = _started(pid)
    if not started:
        raise TenantError(f"The run of process {pid} is over, so nothing more is done for it.")
    return Run(platform.node(), _place(), pid, started, actor or _user())


def is_over(name: str) -> bool:
    """Whether the run of that name is surely over. One that can't be seen from here is never known to be."""
    return is_alive(name) is False


def may_be_at_work(name: str, until: str, now: str) -> bool:
    """Whether the run of that name may still work. Where it can be seen, that tells; else it has time I(until) a moment."""
    alive = is_alive(name)
    return now < until if alive is None else alive


def is_alive(name: str) -> bool | None:
    """Whether the run of that name is alive; None where its process can't be seen from here."""
    # The name that an older version gave its run has no place.
    controller, *place, pid, started = name.split(":")
    if not _place() or (controller, place) != (platform.node(), [_place()]):
        return None
    found = _started(int(pid))
    if found:
        return found == started
    return None if _is_hidden(int(pid)) else False


def _place() -> str:
    """The running system and the namespace of its pids: two containers have different processes of the same pid.

    Empty where the kernel does not tell.
    """
    try:
        boot = Path(_PROC, "sys/kernel/random/boot_id").read_text(encoding="ascii")
        namespace = Path(_PROC, "self/ns/pid").stat().st_ino
    except OSError:
        return ""
    return f"{boot[:8]}-{namespace}"


def _started(pid: int) -> str:
    """Field 22 of /proc/PID/stat, empty where there is no such process any more; field 2 may hold blanks."""
    try:
        status = Path(_PROC, str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()
    return "" if fields[0] in _ENDED else fields[19]


def _is_hidden(pid: int) -> bool:
    """Whether there is such a process and /proc does not show it, as with its option hidepid it hides other people's."""
    if Path(_PROC, str(pid)).exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # As in a container that runs with any uid.
        return f"uid {os.getuid()}"
