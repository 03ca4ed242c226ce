# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One nginx: testing a configuration, reloading it, and seeing that the reload took place.

nginx accepts a reload signal and may yet go on with the old configuration, for example when a port is
taken. Only new worker processes show that it was taken over.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import TenantError, tail
from .tools import Tools

# As C(nginx: [emerg] ...) or as a line of its log, C(2026/11/23 20:59:11 [emerg] 12#12: ...).
_FAULT = re.compile(
    r"^(?:nginx: |\S+ \S+ )\[(?:emerg|error|crit|alert)\] (?:\d+#\d+: )?(.*?)(?: in (/\S.*?):(\d+))?$", re.MULTILINE
)
_TEST_TIMEOUT = 120


@dataclass(frozen=True)
class Fault:
    """What nginx says of a configuration that it refuses."""

    message: str
    #: Empty when nginx names no file.
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.message} in {self.file}:{self.line}" if self.file else self.message


def fault_in(output: str) -> Fault:
    """The first thing that C(nginx -t) refused, from what it printed."""
    match = _FAULT.search(output)
    if match is None:
        return Fault(tail(output, 3) or "nginx gave no reason", "", 0)
    return Fault(match.group(1), match.group(2) or "", int(match.group(3) or 0))


class Nginx:
    """The nginx that runs with this configuration file."""

    def __init__(self, tools: Tools, command: Sequence[str], config: str, pid_file: str, timeout: float) -> None:
        self._tools = tools
        self._command = list(command)
        self._pid_file = Path(pid_file)
        self._timeout = timeout
        self.config = config

    def fault(self, config: str = "") -> Fault | None:
        """What nginx refuses in I(config), by default in the live configuration; None when all is well."""
        outcome = self._tools.run([*self._command, "-c", config or self.config, "-q", "-t"], timeout=_TEST_TIMEOUT)
        return None if outcome.rc == 0 else fault_in(outcome.stderr)

    def master(self) -> int | None:
        """The process id of the running master, or None."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii").strip())
            title = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if b"nginx" in title else None

    def require_running(self) -> None:
        if self.master() is None:
            raise TenantError(
                f"nginx does not run: {self._pid_file} names no nginx process.",
                "Start it (systemctl start nginx), or correct the path of its pid file.",
            )

    def newest_worker_start(self) -> float:
        """When the youngest worker began, in seconds since the epoch; 0 without workers."""
        return max((_start_of(pid) for pid in self._workers()), default=0.0)

    def reload(self) -> None:
        """Reload once, and return when new workers serve and the old ones take no more requests."""
        before = self._workers()
        outcome = self._tools.run([*self._command, "-c", self.config, "-q", "-s", "reload"], timeout=_TEST_TIMEOUT)
        if outcome.rc != 0:
            raise TenantError(f"nginx refused to reload: {fault_in(outcome.stderr)}.", stderr=tail(outcome.stderr))
        end = time.monotonic() + self._timeout
        # nginx starts new workers, lets 0.1 s pass, and only then tells the old ones to take no more requests.
        while not (now := self._workers()) or now & before:
            if time.monotonic() > end:
                raise TenantError(
                    f"nginx was told to reload, but no new worker came within {self._timeout:g} s: it goes on with its "
                    "old configuration.",
                    "Its error log tells why, for example a port that another program holds.",
                )
            time.sleep(0.02)

    def _workers(self) -> set[int]:
        """The workers of the running master that serve, those that are being wound up left out."""
        master = self.master()
        if master is None:
            return set()
        try:
            children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
        except OSError:
            return set()
        return {int(child) for child in children if _serves(child)}


def _serves(pid: str) -> bool:
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"worker process" in title and b"shutting down" not in title


def _start_of(pid: int) -> float:
    """When a process began: the kernel counts it in ticks since the machine began (proc(5), starttime)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - age
