# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A step that fails, at each position of the flow: everything before it is taken back, and only that.

One run provisions one tenant per position, each with a failing step of its own, and a neighbour that has none. The
failing steps are roles as an operator would add them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import traces
import yaml

ROOT = Path(__file__).parents[2]
STEPS = yaml.safe_load((ROOT / "roles/tenant/defaults/main.yml").read_text())["tenant_steps"]
POSITIONS = [step.rpartition(".")[2] for step in STEPS]
NEIGHBOUR = "test-neighbour"


def victim(position: str) -> str:
    return f"fails-after-{position.replace('_', '-')}"


def write_failing_role(roles: Path, position: str) -> str:
    """A step that fails for the one tenant that is meant to fail there."""
    name = f"failing_after_{position}"
    tasks = roles / name / "tasks"
    tasks.mkdir(parents=True)
    fail = {
        "name": "Fail on purpose",
        "ansible.builtin.fail": {"msg": "failed on purpose"},
        "when": f"tenant_identity.name == '{victim(position)}'",
    }
    (tasks / "main.yml").write_text(yaml.safe_dump([fail]))
    (tasks / "undo.yml").write_text("---\n")
    (tasks / "preflight.yml").write_text("---\n")
    return name


@pytest.fixture(scope="module")
def run(playbooks):
    roles = playbooks.folder / "roles"
    steps = []
    for step, position in zip(STEPS, POSITIONS, strict=True):
        steps += [step, write_failing_role(roles, position)]
    names = [*(victim(position) for position in POSITIONS), NEIGHBOUR]
    tenants = [{"tenant": name, "admin_email": f"{name}@acme.example"} for name in names]
    yield playbooks.provision(
        "--forks", "4", tenants=tenants, tenant_steps=steps, tenant_result_file=str(playbooks.folder / "results.json")
    )
    playbooks.deprovision(NEIGHBOUR)


@pytest.fixture(scope="module")
def registry(playbooks, run, tmp_path_factory):
    """The registry as the collection's own module tells it."""
    out = tmp_path_factory.mktemp("registry") / "tenants.json"
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"frappeops.tenants.tenant_registry_info": {}, "register": "found"},
                {
                    "ansible.builtin.copy": {
                        "content": "{{ found.tenants | to_json }}",
                        "dest": str(out),
                        "mode": "0600",
                    }
                },
            ],
        }
    ]
    book = out.with_suffix(".yml")
    book.write_text(yaml.safe_dump(play))
    assert playbooks.run(str(book)).code == 0
    return {tenant["name"]: tenant for tenant in json.loads(out.read_text())}


def test_the_run_fails_and_the_neighbour_is_live(run, registry):
    assert run.code != 0
    assert registry[NEIGHBOUR]["state"] == "active", run.output
    assert f"{NEIGHBOUR} is active" in run.output


@pytest.mark.parametrize("position", POSITIONS)
def test_nothing_is_left(run, lab, position):
    assert f"{victim(position)} failed in step failing_after_{position}: failed on purpose" in run.output
    assert traces.of_tenant(lab, victim(position)) == {}


def test_the_result_file_tells_them_apart(run, playbooks):
    results = json.loads((playbooks.folder / "results.json").read_text())["tenants"]
    assert results[NEIGHBOUR]["state"] == "active"
    assert results[NEIGHBOUR]["failure"] == {}
    for position in POSITIONS:
        assert results[victim(position)]["failure"]["msg"] == "failed on purpose"
        assert {step["state"] for step in results[victim(position)]["steps"]} == {"undone"}


@pytest.mark.parametrize("position", POSITIONS)
def test_the_registry_keeps_the_reason(registry, position):
    tenant = registry[victim(position)]
    # What was seen to work and was active is archived by being taken away; nothing ever stays active.
    assert tenant["state"] == ("failed" if position not in ("activate", "notify") else "archived")
    assert "failed on purpose" in tenant["reason"]


def test_the_neighbour_has_everything(lab, run):
    assert set(traces.of_tenant(lab, NEIGHBOUR)) == {
        "site folders",
        "databases",
        "database users",
        "DNS records",
        "lineages",
        "nginx files",
    }
