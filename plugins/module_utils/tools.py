# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a program of the edge host: by argument list, without a shell, without a terminal."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
        """Run I(argv) to its end; a program that overstays I(timeout) is ended with all its children."""
        self.commands.append(list(argv))
        try:
            # A session of its own: no terminal to ask on, and one group to end.
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise ToolMissing(
                f"{argv[0]} cannot be run on this host: {error.strerror}.", "Install it, or name it with its full path."
            ) from error
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise TenantError(f"{argv[0]} did not end within {timeout:g} s and was stopped.") from error
        return Outcome(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
