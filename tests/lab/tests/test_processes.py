# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding and ending the processes of a lab, and of no other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.processes import MARK, of_lab, stop

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen(sys.argv[1:], env={}); print('ready', flush=True); time.sleep(600)",
    *SLEEP,
]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(command: list[str], lab_dir: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command, env={**os.environ, MARK: str(lab_dir)}, cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_lab_is_its_marked_processes_and_their_children(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    parent = start(PARENT, tmp_path / "lab")
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    found = of_lab(tmp_path / "lab")
    assert parent.pid in [process.pid for process in found]
    assert [process.parent for process in found if process.pid != parent.pid] == [parent.pid]


def test_stop_leaves_none_and_leaves_others_alone(tmp_path: Path, start: Callable[..., subprocess.Popen[str]]) -> None:
    other = start(SLEEP, tmp_path / "other")
    start(SLEEP, tmp_path / "lab")
    assert stop(tmp_path / "lab", seconds=10) == []
    assert of_lab(tmp_path / "lab") == []
    assert other.poll() is None
    assert [process.pid for process in of_lab(tmp_path / "other")] == [other.pid]
