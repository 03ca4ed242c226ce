# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one command of the gate, with a deadline, so that a hanging tool can't hold up CI."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = ROOT / ".venv" / "bin"
CACHE = ROOT / ".cache"


#: The commands that run now, in whichever thread, until none may be started any more.
_running: set[subprocess.Popen[str]] = set()
_closed = threading.Event()


@dataclass
class Result:
    """How a command ended. The output is empty when it went to the terminal."""

    returncode: int
    output: str


def run(
    arguments: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    timeout: int = 600,
    capture: bool = False,
) -> Result:
    """Run a command to its end or to its deadline; then it and its children are stopped and the result is a failure."""
    if _closed.is_set():
        return Result(143, f"{Path(arguments[0]).name} was not started: the gate was stopped")
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        cwd=cwd,
        env=environment() | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.STDOUT if capture else None,
        text=True,
        start_new_session=True,
    )
    _running.add(process)
    try:
        output, _nothing = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        stop_group(process)
        return Result(124, f"{Path(arguments[0]).name} was stopped: not finished after {timeout} s")
    except BaseException:
        stop_group(process)
        raise
    finally:
        _running.discard(process)
    return Result(process.returncode, output or "")


def close() -> None:
    """Stop what runs, and start nothing any more: the gate itself was stopped."""
    _closed.set()
    for process in list(_running):
        stop_group(process)


def stop_group(process: subprocess.Popen[str]) -> None:
    """Stop a command and its children, first as a person would: pytest still tells then what failed before."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signum)
            process.wait(timeout=20)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def environment() -> dict[str, str]:
    """The caller's environment with the tools of .venv first."""
    env = dict(os.environ)
    env["PATH"] = f"{BIN}:{env.get('PATH', os.defpath)}"
    return env
