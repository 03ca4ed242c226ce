# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants that were cut off at different steps and go on in one run: each keeps the order of its own steps.

The steps are roles as an operator would add them, which only write down that they ran.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import yaml
from stopped_runs import cut, orders, writes_of

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
    # The first goes on at the last step, so that those after it have steps before it.
    names = {f"{prefix}-{letter}": step for letter, step in zip("abcdef", reversed(STEPS), strict=True)}
    whole = f"{prefix}-whole"
    writes = [task.rpartition(" : ")[2] for task in writes_of(playbooks, whole, **told)]
    playbooks.run("deprovision.yml", tenant=whole, confirm=whole, **told)
    # Before the write that follows the step, which would tell that it is complete.
    cut(playbooks, {name: (writes.index(f"Begin {step}") + 2, "before") for name, step in names.items()}, **told)
    for name, step in names.items():
        assert diary(tmp_path, name) == STEPS[: STEPS.index(step) + 1]

    ended = playbooks.provision(tenants=orders(*names), **told, tenant_on_resume=how)
    assert ended.code == 0, ended.output
    for name, step in names.items():
        at = STEPS.index(step)
        backwards = [f"not {done}" for done in reversed(STEPS[: at + 1])]
        assert diary(tmp_path, name)[at + 1 :] == (STEPS[at:] if how == "resume" else backwards)
    playbooks.run("deprovision.yml", tenants=[*names], confirm=[*names], **told)


def diary(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text().splitlines()
