# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection on the newest ansible-core, which needs a newer Python than the one that the lab runs on."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import traces

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "newest.txt"
NAME = "test-newest-core"
WANTED = ("3.14", "3.13", "3.12")


def newer_python() -> str:
    """A Python newer than the lab's, from the path or from pyenv; skips where there is none."""
    if sys.version_info >= (3, 12):
        return sys.executable
    for version in WANTED:
        pyenv = sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python{version}")))
        for candidate in (shutil.which(f"python{version}"), *reversed(pyenv)):
            # A shim of pyenv is in the path also where its version is not switched on.
            if candidate and subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
                return candidate
    pytest.skip(f"no Python newer than 3.11 is at hand (looked for {', '.join(WANTED)})")


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of the newest ansible-core's programs."""
    environment = ROOT / ".cache" / "newest-core"
    subprocess.run([newer_python(), "-m", "venv", environment], check=True, capture_output=True)
    pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", LOCK]
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    return environment / "bin"


def test_a_tenant_lives_and_goes(playbooks, lab, programs):
    version = subprocess.run([programs / "ansible", "--version"], capture_output=True, text=True, check=True).stdout
    assert tuple(int(part) for part in version.split("core ")[1].split("]")[0].split(".")[:2]) >= (2, 20)
    newest = playbooks.with_programs(programs)
    made = newest.provision(tenant=NAME, admin_email="ada@acme.example")
    assert made.code == 0, made.output
    assert "DEPRECATION" not in made.output
    assert "WARNING" not in made.output
    again = newest.provision(tenant=NAME, admin_email="ada@acme.example")
    assert again.count("changed") == 0, again.output
    gone = newest.deprovision(NAME)
    assert gone.code == 0, gone.output
    assert traces.of_tenant(lab, NAME) == {}
