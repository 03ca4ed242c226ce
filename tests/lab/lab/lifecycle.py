# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the lab up and down, and telling how it is."""

from __future__ import annotations

import socket
import sys
import time
from collections import deque

from lab.errors import LabError
from lab.packages import check_packages
from lab.part import NotAnsweringError, Part
from lab.parts import make_parts
from lab.passwords import make_secrets
from lab.ports import check_ports
from lab.processes import of_lab, stop, stop_strays, strays, wait_for_end
from lab.settings import Settings
from lab.supervise import Supervisor

# How supervisor calls a program that is, or will be, there; and one that is not coming.
ALIVE = {"RUNNING", "STARTING"}
DEAD = {"FATAL", "EXITED", "BACKOFF", "UNKNOWN"}
SECONDS_TO_STOP = 90
LOG_LINES = 25


class PartError(LabError):
    """A part did not come up."""

    def __init__(self, part: Part, reason: str) -> None:
        log = part.settings.log(part.name)
        lines = deque(log.open(encoding="utf-8", errors="replace"), LOG_LINES) if log.exists() else ()
        super().__init__(
            f"{part.name} did not come up: {reason}",
            f"The last lines of {log}:\n" + "".join(f"    {line}" for line in lines),
        )


class Start:
    """One call of C(up): knows what it started, and when."""

    def __init__(self, settings: Settings, parts: list[Part], second_bench: bool) -> None:
        self.settings = settings
        # All that supervisor knows, and those that are wanted now.
        self.known = parts
        self.parts = [part for part in parts if second_bench or not part.is_on_request]
        self.supervisor = Supervisor(settings)
        self.launched = False
        # Seconds that the preparation took; when the start was.
        self.prepared: dict[str, float] = {}
        self.begun: dict[str, float] = {}
        self.answered: set[str] = set()

    def begin(self) -> None:
        """Start every part that does not run."""
        config = self.supervisor.render(self.known)
        if self.supervisor.pid() is None or not self.supervisor.runs_with(config):
            self._launch(config)
        self._stop_strays()
        states = self.supervisor.states()
        missing = [part for part in self.parts if states[part.name][0] not in ALIVE]
        _check_ports(missing)
        for part in missing:
            begun = time.monotonic()
            part.prepare()
            self.prepared[part.name] = time.monotonic() - begun
        for part in missing:
            self.begun[part.name] = time.monotonic()
            self.supervisor.start(part.name)

    def wait(self) -> None:
        """Wait until every part answers."""
        begun = time.monotonic()
        while waiting := [part for part in self.parts if part.name not in self.answered]:
            self._look()
            for part in waiting:
                if part.name not in self.answered and time.monotonic() - begun > part.patience:
                    raise PartError(part, _reason(part) or "it took too long")
            time.sleep(0.05)

    def take_back(self) -> None:
        """Stop what this call started, and nothing else."""
        if self.launched:
            print("Stopping what was started.", file=sys.stderr)
            _stop(self.settings, self.supervisor)
        elif self.begun:
            print(f"Stopping what was started: {', '.join(self.begun)}.", file=sys.stderr)
            for name in self.begun:
                self.supervisor.stop(name)

    def _launch(self, config: str) -> None:
        leftovers = of_lab(self.settings.lab_dir)
        if leftovers:
            print(f"Stopping {len(leftovers)} processes of an earlier or differently configured start.")
            _stop(self.settings, self.supervisor)
        _check_ports(self.parts)
        self.launched = True
        self.supervisor.launch(config)

    def _stop_strays(self) -> None:
        """A part that was killed may have left children, which hold its port."""
        pid = self.supervisor.pid()
        found = [] if pid is None else strays(self.settings.lab_dir, pid)
        if pid is not None and found:
            print(f"Stopping what a killed part left behind: {', '.join(map(str, found))}")
            stop_strays(self.settings.lab_dir, pid, SECONDS_TO_STOP)

    def _look(self) -> None:
        """Print a line for each part that has come up since the last look; fail for one that died."""
        states = self.supervisor.states()
        for part in self.parts:
            if part.name in self.answered:
                continue
            state, _pid, description = states.get(part.name, ("UNKNOWN", 0, "supervisord is gone"))
            if state in DEAD:
                raise PartError(part, description)
            if state in ALIVE and _reason(part) is None:
                self.answered.add(part.name)
                print(f"  {part.name:<11} up    {part.address:<16} {self._took(part)}", flush=True)

    def _took(self, part: Part) -> str:
        if part.name not in self.begun:
            return "was up"
        return f"{self.prepared[part.name] + time.monotonic() - self.begun[part.name]:.1f} s"


def bring_up(settings: Settings, second_bench: bool = False) -> int:
    """Start what does not run yet. When a part fails, what this call started is stopped again."""
    settings.check_path_length()
    parts = make_parts(settings)
    check_packages(part.needs for part in parts)
    make_secrets(settings)
    settings.log("any").parent.mkdir(parents=True, exist_ok=True)
    start = Start(settings, parts, second_bench)
    try:
        start.begin()
        start.wait()
    except BaseException:
        # Also on an interrupt from the keyboard: nothing half-started stays.
        start.take_back()
        raise
    print(f"The lab is up: {settings.lab_dir}")
    return 0


def bring_down(settings: Settings) -> int:
    """Stop every process of the lab, and make sure by looking that none is left."""
    count = len(of_lab(settings.lab_dir))
    left = _stop(settings, Supervisor(settings))
    if left:
        raise LabError("These processes of the lab can't be stopped: " + ", ".join(map(str, left)))
    print(f"The lab is down: {count} processes stopped, none left." if count else "The lab was not running.")
    return 0


def show_status(settings: Settings) -> int:
    """A line per part; exit code 0 only when all are up."""
    supervisor = Supervisor(settings)
    states = supervisor.states()
    parts = make_parts(settings)
    # Its parts may answer, and serve another bench than the one that is asked for.
    all_up = supervisor.pid() is None or supervisor.runs_with(supervisor.render(parts))
    if not all_up:
        print("The lab was started with other settings, such as another LAB_BENCH. make lab-up starts it with these.")
    for part in parts:
        state, pid, description = states.get(part.name, ("", 0, "the lab is not running"))
        reason = description if state not in ALIVE else _reason(part)
        if part.is_on_request and state not in ALIVE:
            continue
        all_up = all_up and reason is None
        if reason is None:
            print(f"{part.name:<11} up    {part.address:<16} process {pid}")
        else:
            print(f"{part.name:<11} DOWN  {part.address:<16} {reason or state.lower()}")
    return 0 if all_up else 1


def _check_ports(parts: list[Part]) -> None:
    tcp = [(name, part.settings.ports[name], socket.SOCK_STREAM) for part in parts for name in part.ports]
    udp = [(name, number, socket.SOCK_DGRAM) for name, number, _kind in tcp if name == "dns"]
    if parts:
        check_ports(parts[0].settings.address, [*tcp, *udp])


def _reason(part: Part) -> str | None:
    """Why the part does not answer; None when it does."""
    try:
        part.answers()
    except (NotAnsweringError, OSError, ValueError) as error:
        return str(error) or type(error).__name__
    return None


def _stop(settings: Settings, supervisor: Supervisor) -> list[object]:
    """Let supervisor stop its parts in order; then end what is left over, whoever started it."""
    if supervisor.pid() is not None:
        supervisor.shut_down()
        wait_for_end(settings.lab_dir, SECONDS_TO_STOP)
    return list(stop(settings.lab_dir, SECONDS_TO_STOP))
