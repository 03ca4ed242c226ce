# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lowest ansible-core that the collection supports, and the newest, which needs a newer Python: each in an environment of its own."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEWER = ("3.14", "3.13", "3.12")


def newer_python() -> str:
    """A Python newer than the lab's, from the path or from pyenv; skips where there is none."""
    if sys.version_info >= (3, 12):
        return sys.executable
    for version in NEWER:
        pyenv = sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python{version}")))
        for candidate in (shutil.which(f"python{version}"), *reversed(pyenv)):
            # A shim of pyenv is in the path also where its version is not switched on.
            if candidate and subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
                return candidate
    pytest.skip(f"no Python newer than 3.11 is at hand (looked for {', '.join(NEWER)})")


def programs(which: str) -> Path:
    """The folder with the programs of the lowest or the newest ansible-core."""
    environment = ROOT / ".cache" / f"{which}-core"
    python = sys.executable if which == "lowest" else newer_python()
    subprocess.run([python, "-m", "venv", environment], check=True, capture_output=True)
    pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet"]
    lock = ROOT / "requirements" / f"{which}.txt"
    installed = subprocess.run([*pip, "-r", lock], capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    return environment / "bin"
