# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's defaults/main.yml and its argument specs say the same, since Ansible applies only the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())

each_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def load(path: Path) -> dict[str, Any]:
    """The content of a YAML file; nothing when it isn't there."""
    return (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}


def specified(role: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Entry point, name and option of everything that the role's argument specs take."""
    specs = load(role / "meta" / "argument_specs.yml").get("argument_specs", {})
    return [
        (entry, name, option) for entry, spec in specs.items() for name, option in (spec.get("options") or {}).items()
    ]


@each_role
def test_role_has_argument_specs(role: Path) -> None:
    specs = load(role / "meta" / "argument_specs.yml").get("argument_specs", {})
    assert specs.get("main", {}).get("short_description"), f"{role.name}: meta/argument_specs.yml needs main"


def is_computed(default: object) -> bool:
    """Whether a default is made from other variables, so that its type is not that of its text."""
    return isinstance(default, str) and "{{" in default


@each_role
def test_every_default_is_specified(role: Path) -> None:
    names = {name for _entry, name, _option in specified(role)}
    unknown = [name for name in load(role / "defaults" / "main.yml") if name not in names]
    assert unknown == [], f"{role.name}: in defaults/main.yml, not in argument_specs.yml"


@each_role
def test_specs_and_defaults_agree(role: Path) -> None:
    defaults = load(role / "defaults" / "main.yml")
    for entry, name, option in specified(role):
        where = f"{role.name}, {entry}: {name}"
        if is_computed(defaults.get(name)):
            assert "default" not in option, (
                f"{where}: a computed default has no literal value; say it in the description"
            )
            assert "By default" in " ".join(option["description"]), (
                f"{where}: the description does not tell the default"
            )
            continue
        assert ("default" in option) == (name in defaults), (
            f"{where}: default only in one of spec and defaults/main.yml"
        )
        if name in defaults:
            assert not option.get("required"), f"{where}: required, and yet has a default"
            assert option["default"] == defaults[name], f"{where}: default differs"
            assert type(option["default"]) is type(defaults[name]), f"{where}: default has another type"


@each_role
def test_every_variable_is_described(role: Path) -> None:
    assert [name for _entry, name, option in specified(role) if not option.get("description")] == []


def tasks_of(role: Path) -> Iterator[dict[str, Any]]:
    """All tasks of the role's task files, those in blocks too."""
    waiting = [task for file in sorted(role.glob("tasks/**/*.yml")) for task in yaml.safe_load(file.read_text()) or []]
    while waiting:
        task = waiting.pop()
        waiting += [inner for part in ("block", "rescue", "always") for inner in task.get(part, [])]
        yield task


@each_role
def test_a_host_that_is_away_is_a_failure_of_the_task(role: Path) -> None:
    """Ansible would give up the tenant, and no rescue would run: plugin_utils/host_action.py says why."""
    delegated = {
        key.rpartition(".")[2]
        for task in tasks_of(role)
        if task.get("delegate_to", "localhost") != "localhost"
        for key in task
        if key.startswith("frappeops.tenants.")
    }
    for module in delegated:
        assert "HostAction" in (ROOT / "plugins" / "action" / f"{module}.py").read_text(), module
