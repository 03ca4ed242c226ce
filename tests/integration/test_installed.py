# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built archive, installed into an empty folder and used from a foreign one, with nothing of the checkout in reach."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lab_parts
import pytest
import traces

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
NAME = "test-installed"


@pytest.fixture(scope="module")
def ansible(lab, playbooks, tmp_path_factory):
    """Runs an Ansible program in a foreign folder that knows the installed collection only."""
    folder = tmp_path_factory.mktemp("foreign")

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        with lab_parts.beside_others(lab):
            return subprocess.run(
                [f"{PROGRAMS}/{program}", *arguments],
                cwd=folder,
                env={**environment, "ANSIBLE_COLLECTIONS_PATH": str(folder), "ANSIBLE_NOCOLOR": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )

    built = run("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder))
    assert built.returncode == 0, built.stdout + built.stderr
    (archive,) = folder.glob("frappeops-tenants-*.tar.gz")
    installed = run("ansible-galaxy", "collection", "install", str(archive), "-p", str(folder), "--offline")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return run


def test_it_provisions_and_deprovisions(ansible, lab, playbooks):
    common = ["-i", str(ROOT / "inventory" / "lab"), "-e", f"tenant_registry_url={playbooks.registry_url}"]
    made = ansible(
        "ansible-playbook",
        "frappeops.tenants.provision",
        *common,
        *["-e", f"tenant={NAME}", "-e", "admin_email=ada@acme.example"],
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert f"{NAME} is active" in made.stdout
    gone = ansible(
        "ansible-playbook", "frappeops.tenants.deprovision", *common, *["-e", f"tenant={NAME}", "-e", f"confirm={NAME}"]
    )
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert traces.of_tenant(lab, NAME) == {}


def test_its_documentation_is_there(ansible):
    told = ansible("ansible-doc", "frappeops.tenants.tenant_name_validate")
    assert told.returncode == 0, told.stderr
    assert "Check tenant names" in told.stdout or "Checks each name" in told.stdout
