# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes belong to a lab, and ending them (proc(5)).

Supervisor gives every process below it the variable FRAPPEOPS_LAB with the lab's folder. So they are found even when supervisor
itself was killed. Redis and nginx overwrite their environment with a title: they are known by supervisor's session, which
outlives it, together with a working directory in the lab's folder. (Neither alone: a session's number may be used again after a
restart of the machine, and anybody's shell may stand in the folder.)
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MARK = "FRAPPEOPS_LAB"


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str
    mine: bool

    def __str__(self) -> str:
        return f"{self.pid} ({self.command})"


def of_lab(lab_dir: Path) -> list[Process]:
    """Every process of this lab that is alive: those with the mark, and all below them."""
    everything = {process.pid: process for process in _all(lab_dir)}
    own = _line_of_parents(os.getpid(), everything)
    found = {pid for pid, process in everything.items() if process.mine}
    grown = True
    while grown:
        children = {pid for pid, process in everything.items() if process.parent in found} - found
        found |= children
        grown = bool(children)
    return [everything[pid] for pid in sorted(found - own)]


def strays(lab_dir: Path, supervisor: int) -> list[Process]:
    """Processes of the lab that supervisor does not look after, such as the workers of an nginx that was killed."""
    found = {process.pid: process for process in of_lab(lab_dir)}
    return [process for pid, process in found.items() if supervisor not in _line_of_parents(pid, found)]


def stop(lab_dir: Path, seconds: float) -> list[Process]:
    """Ask every process of the lab to end, kill those that do not, and return those that are still there."""
    return _end(lambda: of_lab(lab_dir), seconds)


def stop_strays(lab_dir: Path, supervisor: int, seconds: float) -> list[Process]:
    """The same for L(strays)."""
    return _end(lambda: strays(lab_dir, supervisor), seconds)


def wait_for_end(lab_dir: Path, seconds: float) -> list[Process]:
    """Wait until no process of the lab is left; return those that are left in the end."""
    return _wait(lambda: of_lab(lab_dir), seconds)


def _end(look: Callable[[], list[Process]], seconds: float) -> list[Process]:
    for sign, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        for process in look():
            _signal(process.pid, sign)
        left = _wait(look, patience)
        if not left:
            break
    return left


def _wait(look: Callable[[], list[Process]], seconds: float) -> list[Process]:
    deadline = time.monotonic() + seconds
    while left := look():
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return []


def _signal(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


def _all(lab_dir: Path) -> list[Process]:
    session = _session(lab_dir)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, _group, its_session = (
                (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
            )
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            marked = f"{MARK}={lab_dir}".encode() in (folder / "environ").read_bytes().split(b"\0")
            inside = Path(os.readlink(folder / "cwd")).is_relative_to(lab_dir)
        except OSError:
            # It ended while we looked, or it is another user's.
            continue
        if state != "Z":
            mine = marked or (inside and its_session == session)
            found.append(Process(int(folder.name), int(parent), command[:80], mine))
    return found


def _session(lab_dir: Path) -> str | None:
    """The session that supervisord made for itself when it became a daemon: its number is that of its process."""
    pid_file = lab_dir / "supervisor" / "supervisord.pid"
    return pid_file.read_text(encoding="ascii").strip() if pid_file.exists() else None


def _line_of_parents(pid: int, everything: dict[int, Process]) -> set[int]:
    """The process and those that it was started by: never to be ended, even if they carry the mark."""
    line = set()
    while pid in everything and pid not in line:
        line.add(pid)
        pid = everything[pid].parent
    return line
