# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module is documented whole: what it does in check mode, examples, what it returns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))

each_module = pytest.mark.parametrize("name", MODULES)


@pytest.fixture(scope="module")
def documentation() -> dict[str, dict[str, Any]]:
    """What ansible-doc says of all modules, fragments included."""
    result = subprocess.run(
        [
            Path(sys.executable).parent / "ansible-doc",
            "--type",
            "module",
            "--json",
            *(f"frappeops.tenants.{name}" for name in MODULES),
        ],
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return {name.rpartition(".")[2]: found for name, found in json.loads(result.stdout).items()}


@each_module
@pytest.mark.parametrize("attribute", ["check_mode", "diff_mode", "idempotent"])
def test_attributes_are_stated(documentation: dict[str, dict[str, Any]], name: str, attribute: str) -> None:
    stated = documentation[name]["doc"].get("attributes", {}).get(attribute, {})
    assert stated.get("support") in ("full", "partial", "none", "N/A")
    if stated["support"] == "partial":
        assert stated.get("details"), "partial support needs details"


@each_module
def test_examples_are_whole_tasks(documentation: dict[str, dict[str, Any]], name: str) -> None:
    examples = yaml.safe_load(documentation[name]["examples"] or "")
    assert examples, "no EXAMPLES"
    assert all(task.get("name") for task in examples)
    assert any(f"frappeops.tenants.{name}" in task for task in examples)


@each_module
def test_return_values_are_described(documentation: dict[str, dict[str, Any]], name: str) -> None:
    values = documentation[name]["return"]
    assert values, "no RETURN"
    for value, description in values.items():
        assert description.get("description") and description.get("returned") and description.get("type"), value
