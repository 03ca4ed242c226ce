# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provisioning with the registry as a second inventory beside the lab's, and the playbook that shows the fleet."""

from __future__ import annotations

import json

import pytest

ADMIN = "ada@acme.example"
NAME, NEIGHBOUR = "test-listed", "test-listed-too"


@pytest.fixture(scope="module")
def inventories(playbooks):
    """The lab and the registry."""
    source = playbooks.folder / "tenants.registry.yml"
    source.write_text(f"plugin: frappeops.tenants.registry\nregistry_url: {playbooks.registry_url}\n")
    return ["-i", "inventory/lab", "-i", str(source)]


@pytest.fixture(scope="module")
def made(playbooks, inventories):
    """Two tenants, made one after the other, the second while the first was in the inventory."""
    first = playbooks.provision(*inventories, tenant=NEIGHBOUR, admin_email=ADMIN)
    assert first.code == 0, first.output
    yield playbooks.provision(*inventories, tenant=NAME, admin_email=ADMIN)
    for name in (NAME, NEIGHBOUR):
        gone = playbooks.run("deprovision.yml", *inventories, tenant=name, confirm=name)
        assert gone.code == 0, gone.output
        assert set(gone.stats) <= {"localhost", name}


def test_only_the_tenant_of_the_command_is_worked_on(made):
    assert made.code == 0, made.output
    assert f"{NAME} is active" in made.output
    assert set(made.stats) == {"localhost", NAME}


def test_again_it_changes_nothing(playbooks, inventories, made):
    again = playbooks.provision(*inventories, tenant=NAME, admin_email=ADMIN)
    assert again.code == 0, again.output
    assert again.count("changed") == 0, again.output
    assert set(again.stats) == {"localhost", NAME}


def test_another_customer_is_refused_and_the_tenant_stays(playbooks, inventories, made):
    refused = playbooks.provision(*inventories, tenant=NAME, admin_email="eve@evil.example")
    assert refused.code != 0
    assert f"{NAME} already exists" in refused.output


def test_the_names_of_benches_stay_reserved(playbooks, inventories, made):
    refused = playbooks.provision(*inventories, tenant="lab-bench", admin_email=ADMIN)
    assert "this name is reserved" in refused.output


def test_the_fleet_is_shown_as_a_table(playbooks, made):
    shown = playbooks.run("tenants.yml", tenants_state="active", tenants_plan="starter", tenants_bench="lab-bench")
    assert shown.code == 0, shown.output
    line = next(line for line in shown.output.splitlines() if line.startswith(f"{NAME} "))
    name, state, plan, bench, frontend, certificate, admin, _day, _time = line.split()
    assert (name, state, plan, bench, certificate, admin) == (NAME, "active", "starter", "lab-bench", "issued", ADMIN)
    assert frontend.startswith(f"https://{NAME}.tenants.test")


def test_only_what_was_asked_for_is_shown(playbooks, made):
    shown = playbooks.run("tenants.yml", tenants_bench="no-such-bench")
    assert "No tenants." in shown.output
    refused = playbooks.run("tenants.yml", tenants_state="gone")
    assert refused.code != 0
    assert "must be one or more of" in refused.output


def test_the_fleet_as_json_in_a_file_and_printed(playbooks, made, tmp_path):
    file = tmp_path / "fleet.json"
    shown = playbooks.run("tenants.yml", tenants_output="json", tenants_file_out=str(file))
    assert shown.code == 0, shown.output
    fleet = {tenant["name"]: tenant for tenant in json.loads(file.read_text())}
    assert fleet[NAME]["state"] == "active"
    assert fleet[NAME]["evidence"]
    assert f'    "name": "{NAME}",' in shown.output
    assert file.stat().st_mode & 0o777 == 0o600
