# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One nginx: testing a configuration, reloading it, and seeing that the reload took place.

nginx accepts a reload signal and may yet go on with the old configuration, for example when a port is
taken. Only new worker processes show that it was taken over.
"""

from __future__ import annotations

import http
import http.client
import os
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import TenantError, tail
from .port_holders import holders
from .tools import Outcome, Tools

# As C(nginx: [emerg] ...) or as a line of its log, C(2026/11/23 20:59:11 [emerg] 12#12: ...).
_FAULT = re.compile(
    r"^(?:nginx: |\S+ \S+ )\[(?:emerg|error|crit|alert)\] (?:\d+#\d+: )?(.*?)(?: in (/\S.*?):(\d+))?$", re.MULTILINE
)
_LISTEN = re.compile(r"(?:^|[;{}])\s*listen\s+(?:\S+:)?(\d+)[\s;]", re.MULTILINE)
_GONE = re.compile(r'open\(\) "(/[^"]+)" failed \(2:')
#: How often a configuration is read before a file that is not there counts as missing.
_READINGS = 5
_TEST_TIMEOUT = 120
_ANSWER_TIMEOUT = 10


@dataclass(frozen=True)
class Account:
    """By which ids a process may read files."""

    user: int
    group: int
    groups: list[int]


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
        self.pid_file = Path(pid_file)
        self._timeout = timeout
        self.config = config

    def fault(self, config: str = "") -> Fault | None:
        """What nginx refuses in I(config), by default in the live configuration; None when all is well."""
        outcome = self._read(["-c", config or self.config, "-q", "-t"])
        return None if outcome.rc == 0 else fault_in(outcome.stderr)

    def master(self) -> int | None:
        """The process id of the running master, or None."""
        try:
            pid = int(self.pid_file.read_text(encoding="ascii").strip())
            title = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if b"nginx" in title else None

    def taken_ports(self, ports: Iterable[int]) -> list[str]:
        """Of each port on which somebody else listens: that it is held, and by whom."""
        strangers = {port: [str(holder) for holder in holders(port) if not self._has(holder.pid)] for port in ports}
        return [f"the port {port} is held by {', '.join(names)}" for port, names in strangers.items() if names]

    def require_running(self) -> None:
        if self.master() is None:
            raise TenantError(
                f"nginx does not run: {self.pid_file} names no nginx process.",
                "Start it (systemctl start nginx), or correct the path of its pid file.",
            )

    def master_start(self) -> int:
        """When the running master began, in ns since the epoch, give or take 10 ms; 0 when there is none."""
        master = self.master()
        return 0 if master is None else _start_of(master)

    def worker_account(self) -> Account:
        """The account by which the workers read certificates and files."""
        self.require_running()
        pid = max(self._workers(), default=self.master())
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        lines = dict(line.partition(":")[::2] for line in status.splitlines())
        # Real, effective, saved and file system id.
        user, group = (int(lines[name].split()[1]) for name in ("Uid", "Gid"))
        return Account(user, group, [int(number) for number in lines["Groups"].split()])

    def require_host(self, host: str, address: str, port: int) -> None:
        """See that nginx itself knows I(host), and doesn't answer as for a host that no tenant has.

        The door to the sign-up page is asked for: every tenant's backend answers it, and no upstream is.
        """
        connection = http.client.HTTPConnection(address, port, timeout=_ANSWER_TIMEOUT)
        try:
            connection.request("GET", "/signup", headers={"Host": host})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise TenantError(
                f"nginx serves its new configuration, but {address}:{port} does not answer for {host}: {error}.",
                "Look into nginx's error log.",
            ) from error
        finally:
            connection.close()
        if status == http.HTTPStatus.NOT_FOUND:
            raise TenantError(
                f"nginx serves its new configuration, but answers for {host} as for a host that no tenant has.",
                f"Another server of its configuration has that name or port (nginx -T | grep {host}), or the edge is not "
                "prepared for this layout (playbook edge.yml).",
            )

    def reload(self) -> None:
        """Reload once, and return when new workers serve and the old ones take no more requests."""
        before = self._workers()
        outcome = self._read(["-c", self.config, "-q", "-s", "reload"])
        if outcome.rc != 0:
            raise TenantError(f"nginx refused to reload: {fault_in(outcome.stderr)}.", stderr=tail(outcome.stderr))
        end = time.monotonic() + self._timeout
        # nginx starts new workers, lets 0.1 s pass, and only then tells the old ones to take no more requests.
        while not (now := self._workers()) or now & before:
            if time.monotonic() > end:
                why = self._taken_port()
                raise TenantError(
                    f"nginx was told to reload, but no new worker came within {self._timeout:g} s: it goes on with its "
                    f"old configuration{why and f', since {why}'}.",
                    "Its error log tells more." if why else "Its error log tells why.",
                )
            time.sleep(0.02)

    def _taken_port(self) -> str:
        """Who holds a port that the configuration wants and that is not this nginx; empty when nobody does."""
        whole = self._read(["-c", self.config, "-q", "-T"]).stdout
        taken = self.taken_ports(sorted({int(port) for port in _LISTEN.findall(whole)}))
        return taken[0] if taken else ""

    def _read(self, arguments: list[str]) -> Outcome:
        """Have nginx read a configuration: again, when a file was taken away after nginx had found it and before it read it."""
        for _reading in range(_READINGS):
            outcome = self._tools.run([*self._command, *arguments], timeout=_TEST_TIMEOUT)
            gone = _GONE.search(outcome.stderr)
            if outcome.rc == 0 or gone is None or os.path.lexists(gone.group(1)):
                break
        return outcome

    def _has(self, pid: int) -> bool:
        """Whether the process is this nginx's: workers come, are wound up and end at any moment, when others reload."""
        master, parent = self.master(), _parent_of(pid)
        return parent is None or master in (pid, parent)

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


def _parent_of(pid: int) -> int | None:
    """None when the process has ended."""
    fields = _fields_of(pid)
    return int(fields[1]) if fields else None


def _start_of(pid: int) -> int:
    """When a process began, in ns: the kernel counts it in ticks since the machine began (proc(5), starttime)."""
    fields = _fields_of(pid)
    if not fields:
        return 0
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return int((time.time() - age) * 1e9)


def _fields_of(pid: int) -> list[str]:
    """What the kernel tells of a process after its name (proc(5), stat); empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []
