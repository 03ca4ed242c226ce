# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as the gate uses it: started once for all stages, stopped at the end only by the gate that started it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .command import BIN, ROOT, run


class Lab:
    """The lab of this checkout."""

    def __init__(self) -> None:
        self.started = False

    def obstacle(self) -> str:
        """Why the lab can't run here; empty when it can."""
        if not (ROOT / "tests/lab/lab/__main__.py").exists():
            return "there is no lab in tests/lab"
        missing = subprocess.run(
            [ROOT / "tests/tools/packages.sh", "--missing"], capture_output=True, text=True, check=False
        ).stdout.strip()
        return f"not installed: {missing} (make packages)" if missing else ""

    def start(self) -> bool:
        """Start the lab unless it is up; true when all its parts answer."""
        if self._call("status", capture=True) == 0:
            return True
        self.started = True
        return self._call("up") == 0

    def stop(self) -> None:
        """Stop the lab if it was down before."""
        if self.started:
            self._call("down")
            self.started = False

    @staticmethod
    def _call(action: str, capture: bool = False) -> int:
        command: list[str | Path] = [BIN / "python", "-m", "lab", action]
        return run(command, env={"PYTHONPATH": str(ROOT / "tests/lab")}, capture=capture).returncode


LAB = Lab()
