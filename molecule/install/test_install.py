# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built archive, installed into an empty path and used from a foreign folder, with nothing of the checkout in reach."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest
from kit import ADMIN, Scenario

import build
from ansible_cores import programs

Ansible = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module", params=["lowest", "newest"])
def ansible(request: pytest.FixtureRequest, scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Ansible:
    """Runs an Ansible program in a foreign folder that has the installed collection, and a copy of the inventory."""
    folder = tmp_path_factory.mktemp(request.param)
    bin_folder = programs(request.param)
    shutil.copytree(scenario.inventory, folder / "molecule" / scenario.name / "inventory")
    shutil.copytree(scenario.state, folder / ".cache" / "molecule" / scenario.name)

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_"))
        }
        return subprocess.run(
            [bin_folder / program, *arguments],
            cwd=folder,
            env={
                **environment,
                "ANSIBLE_COLLECTIONS_PATH": str(folder),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_INVENTORY": str(folder / "molecule" / scenario.name / "inventory"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    archive = build.build(folder)
    installed = run("ansible-galaxy", "collection", "install", str(archive), "-p", str(folder), "--offline")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return run


def play(ansible: Ansible, playbook: str, *arguments: str) -> str:
    done = ansible("ansible-playbook", f"frappeops.tenants.{playbook}", *arguments)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    # A user who follows the README sees no warning of ours.
    assert "WARNING" not in output, output
    return output


def test_it_prepares_hosts_and_a_tenant_lives_and_goes(ansible: Ansible, scenario: Scenario) -> None:
    for playbook in ("bench_host", "edge"):
        play(ansible, playbook, "-e", "ansible_user=admin")
    order = ["-e", "tenant=installed", "-e", f"admin_email={ADMIN}"]
    assert "installed is active" in play(ansible, "provision", *order)
    assert scenario.pings("installed")
    assert " changed=0 " in play(ansible, "provision", *order)
    play(ansible, "health", "-e", "tenant=installed")
    play(ansible, "deprovision", "-e", "tenant=installed", "-e", "confirm=installed")
    assert scenario.left_of("installed") == {}


def test_its_documentation_is_there(ansible: Ansible) -> None:
    told = ansible("ansible-doc", "frappeops.tenants.tenant_name_validate")
    assert told.returncode == 0, told.stderr
    assert "tenant_name_validate" in told.stdout
