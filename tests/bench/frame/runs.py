# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of a command or a playbook: how long it took, and how much memory it and its children had at once."""

from __future__ import annotations

import json
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.command import BIN, ROOT, environment

#: How often memory is looked at, in seconds.
_PAUSE = 0.1


@dataclass(frozen=True)
class Run:
    """What came of it.

    :param cpu: seconds of a processor that it and its children took; other than C(seconds) it bears a busy machine.
    :param memory: the highest sum seen, in MB; pages that several processes share count once.
    """

    seconds: float
    cpu: float
    memory: float
    output: str


class Failed(Exception):
    """The command ended with an error, so there is nothing to measure."""


def command(argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Run:
    """Run I(argv) to its end.

    :raises Failed: it ended with another exit code than 0; holds its output.
    """
    started, cpu_before = time.monotonic(), _cpu_of_children()
    process = subprocess.Popen(
        [str(argument) for argument in argv],
        cwd=ROOT,
        env={**environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = _Memory(process.pid)
    watch.start()
    output, _nothing = process.communicate()
    seconds = time.monotonic() - started
    watch.end()
    if process.returncode != 0:
        raise Failed(f"{' '.join(map(str, argv))} ended with {process.returncode}:\n{output}")
    return Run(seconds, _cpu_of_children() - cpu_before, watch.peak, output)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def playbook(
    name: str | Path, *arguments: str, env: Mapping[str, str] | None = None, nice: int = 0, **variables: Any
) -> Run:
    """Run a playbook of the checkout with I(variables).

    :param nice: how much it gives way to others who want a processor (nice(1)).
    """
    settings = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **(env or {})}
    polite = ["nice", "-n", str(nice)] if nice else []
    return command([*polite, BIN / "ansible-playbook", name, *arguments, "-e", json.dumps(variables)], settings)


class _Memory(threading.Thread):
    """Looks at a process and all below it until it is told to end."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(_PAUSE):
            self.peak = max(self.peak, sum(map(_megabytes, _family(self._pid))))

    def end(self) -> None:
        self._over.set()
        self.join()


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return
    for child in " ".join(children).split():
        yield from _family(int(child))


def _megabytes(pid: int) -> float:
    """The proportional set size of a process (proc(5), smaps_rollup)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
