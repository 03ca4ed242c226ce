# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plans that are shipped and shown can be used as they are."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import checked_app
from ansible_collections.frappeops.tenants.plugins.module_utils.documents import DOCUMENT_ARGUMENTS
from ansible_collections.frappeops.tenants.plugins.module_utils.site_limits import LIMITS_ARGUMENT, config_of
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import placement

ROOT = Path(__file__).parents[2]
PLACES = {
    "defaults": ROOT / "roles/tenant/defaults/main.yml",
    "example": ROOT / "inventory/example/group_vars/all/tenants.yml",
    "fleet": ROOT / "inventory/fleet/group_vars/all/tenants.yml",
}
KEYS = {"apps", "limits", "setup_wizard", "seeds", "standby_sites", "needs"}
#: What nginx lets through, in bytes; see proxy_upload_limit.
UPLOAD_LIMIT = 50 * 2**20


def plans(place: str) -> dict[str, dict]:
    return yaml.safe_load(PLACES[place].read_text(encoding="utf-8"))["tenant_plans"]


each_plan = pytest.mark.parametrize(
    ("place", "name"), [(place, name) for place in PLACES for name in ("starter", "professional", "enterprise")]
)


@pytest.mark.parametrize("place", PLACES)
def test_there_are_three(place):
    assert list(plans(place)) == ["starter", "professional", "enterprise"]


@each_plan
def test_a_plan_is_whole_and_right(place, name):
    plan = plans(place)[name]
    assert plan.keys() <= KEYS
    assert KEYS - plan.keys() <= {"setup_wizard", "seeds"}
    assert [checked_app(app) for app in plan["apps"]] == plan["apps"]
    # An ERPNext without its wizard takes no items.
    assert plan.get("setup_wizard", False) == ("erpnext" in plan["apps"])
    judged = ArgumentSpecValidator({"limits": LIMITS_ARGUMENT}).validate({"limits": plan["limits"]})
    assert judged.error_messages == []
    assert config_of(judged.validated_parameters["limits"])["max_file_size"] <= UPLOAD_LIMIT
    assert placement.amounts(plan["needs"], name).items() >= plan["needs"].items()
    assert plan["standby_sites"] >= 0


@each_plan
def test_its_seed_files_are_there_and_hold_what_seed_files_hold(place, name):
    folder = PLACES[place].parents[2] / "seeds"
    for file in plans(place)[name].get("seeds", []):
        seed = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
        assert seed.keys() <= {"documents", "imports"}
        for document in seed.get("documents", []):
            assert ArgumentSpecValidator(DOCUMENT_ARGUMENTS).validate(document).error_messages == []
        for part in seed.get("imports", []):
            with (folder / part["file"]).open(encoding="utf-8", newline="") as rows:
                header, *rest = csv.reader(rows)
            assert rest
            assert all(len(row) == len(header) for row in rest)


def test_a_dearer_plan_allows_more():
    shipped = plans("defaults")
    sizes = [shipped[name]["limits"]["max_file_size"] for name in ("starter", "professional", "enterprise")]
    assert sizes == sorted(sizes)
