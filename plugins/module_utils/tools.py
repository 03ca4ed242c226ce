# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a program of the host: by argument list, without a shell, without a terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import TenantError


@dataclass(frozen=True)
class Outcome:
    """What a program left behind."""

    rc: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return f"{self.stdout}\n{self.stderr}".strip()


class ToolMissing(TenantError):
    """The program is not installed."""


class Tools:
    """Runs programs and remembers their argument lists for the module's result."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []

    def run(self, argv: Sequence[str], environment: Mapping[str, str] | None = None, timeout: float = 120) -> Outcome:
        """Run I(argv) to its end; see L(run_program)."""
        self.commands.append(list(argv))
        return run_program(argv, timeout, environment)


def run_program(
    argv: Sequence[str],
    timeout: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    text: str = "",
    held_files: Sequence[int] = (),
) -> Outcome:
    """Run I(argv) to its end.

    :param timeout: seconds; a program that overstays is stopped with all its children.
    :param environment: variables beside those of the module; they can be seen by others, so no secrets.
    :param folder: its working directory.
    :param text: its standard input; may hold secrets.
    :param held_files: open files that it inherits, so that a lock on them lasts as long as it does.
    :raises ToolMissing: it can't be started.
    """
    try:
        # A session of its own: no terminal to ask on, and one group to end.
        process = subprocess.Popen(
            list(argv),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
            start_new_session=True,
            pass_fds=held_files,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise ToolMissing(
            f"{argv[0]} cannot be run on this host: {error.strerror}.", "Install it, or name it with its full path."
        ) from error
    try:
        stdout, stderr = process.communicate(text.encode(), timeout=timeout)
    except subprocess.TimeoutExpired as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise TenantError(
            f"'{' '.join(argv[:3])}' took longer than {timeout:g} s and was stopped with all its children.",
            "Look at the host's load and at the servers that it waits for.",
        ) from error
    return Outcome(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
