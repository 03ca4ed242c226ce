# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants that were cut off at different steps and go on in one run: each keeps the order of its own steps.

The steps are roles as an operator would add them, which only write down that they ran.
"""

from __future__ import annotations

import json
import secrets
import signal
from pathlib import Path

import pytest
import yaml

STEPS = [f"writes_{letter}" for letter in "abcdef"]


@pytest.fixture(scope="module", autouse=True)
def roles(playbooks) -> None:
    for step in STEPS:
        tasks = playbooks.folder / "roles" / step / "tasks"
        tasks.mkdir(parents=True)
        for file, line in (("main", step), ("undo", f"not {step}")):
            write = f"echo '{line}' >>'{{{{ diary }}}}/{{{{ tenant_identity.name }}}}'"
            (tasks / f"{file}.yml").write_text(yaml.safe_dump([{"name": "Write", "ansible.builtin.shell": write}]))


@pytest.mark.parametrize("how", ["resume", "rollback"])
def test_each_goes_on_in_the_order_of_its_steps(playbooks, tmp_path, how):
    told = {"tenant_steps": ["frappeops.tenants.reserve", *STEPS], "diary": str(tmp_path)}
    prefix = f"order-{secrets.token_hex(3)}"
    # The last is cut first, so that the steps of others are before its own.
    names = {f"{prefix}-{letter}": step for letter, step in zip("fedcba", STEPS, strict=True)}
    orders = [{"tenant": name, "admin_email": "ada@acme.example"} for name in sorted(names)]
    writes = writes_of(playbooks, f"{prefix}-whole", told)
    plan = {name: (writes.index(f"End {step}") + 1, "before") for name, step in names.items()}
    killed = playbooks.provision(tenants=orders, **told, environment={"STOP_AT": stops(playbooks, plan)})
    assert killed.code == -signal.SIGKILL, killed.output
    for name, step in names.items():
        assert diary(tmp_path, name) == STEPS[: STEPS.index(step) + 1]

    ended = playbooks.provision(tenants=orders, **told, tenant_on_resume=how)
    assert ended.code == 0, ended.output
    for name, step in names.items():
        at = STEPS.index(step)
        backwards = [f"not {done}" for done in reversed(STEPS[: at + 1])]
        assert diary(tmp_path, name)[at + 1 :] == (STEPS[at:] if how == "resume" else backwards)
    playbooks.run("deprovision.yml", tenants=sorted(names), confirm=sorted(names), **told)


def writes_of(playbooks, name: str, told) -> list[str]:
    """The tasks by which a tenant's run writes to the registry, as the flow names them."""
    folder = stops(playbooks, {name: (0, "after")})
    whole = playbooks.provision(tenant=name, admin_email="ada@acme.example", **told, environment={"STOP_AT": folder})
    assert whole.code == 0, whole.output
    playbooks.run("deprovision.yml", tenant=name, confirm=name, **told)
    return [line.rpartition(" : ")[2] for line in (Path(folder) / name).read_text().splitlines()]


def stops(playbooks, plan: dict[str, tuple[int, str]]) -> str:
    """The folder from which the callback reads where to stop, and in which it tells of the writes."""
    folder = playbooks.folder / f"stops-{secrets.token_hex(3)}"
    folder.mkdir()
    (folder / "plan.json").write_text(json.dumps(plan))
    return str(folder)


def diary(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text().splitlines()
