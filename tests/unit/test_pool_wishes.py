# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pool of a bench shall hold, by plans, numbers of its own and the apps that it has."""

from __future__ import annotations

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.pool_wishes import counted, possible

PLANS = {
    "starter": {"standby_sites": 2},
    "shop": {"apps": ["erpnext"], "standby_sites": 1},
    "staff": {"apps": ["hrms"]},
}
VERSIONS = {"frappe": "15.92.0", "erpnext": "15.92.1"}


def numbers(wishes):
    return {name: wish["count"] for name, wish in wishes.items()}


def test_a_bench_keeps_what_the_plans_say_or_a_number_of_its_own():
    assert numbers(counted(PLANS, {}, None)) == {"starter": 2, "shop": 1, "staff": 0}
    assert numbers(counted(PLANS, {"shop": 5}, ["erpnext"])) == {"starter": 2, "shop": 5, "staff": 0}


def test_it_keeps_none_of_a_plan_whose_apps_are_said_to_be_elsewhere():
    assert numbers(counted(PLANS, {}, [])) == {"starter": 2, "shop": 0, "staff": 0}


def test_an_app_that_it_does_not_have_hinders_only_the_plan_that_is_wanted_with_it():
    fulfilled, lacking = possible(counted(PLANS, {"staff": 1}, None), VERSIONS, "bench1")
    assert numbers(fulfilled) == {"starter": 2, "shop": 1}
    assert lacking == ["The bench bench1 lacks hrms of the plan staff. On the bench host: bench get-app hrms."]
    assert possible(counted(PLANS, {}, None), VERSIONS, "bench1") == (fulfilled, [])


@pytest.mark.parametrize("count", [True, -1, "many"])
def test_a_wish_that_is_no_number_is_refused(count):
    with pytest.raises(TenantError, match="not a number of sites"):
        counted({"starter": {"standby_sites": count}}, {}, None)


def test_a_number_for_a_plan_that_is_not_there_is_refused():
    with pytest.raises(TenantError, match="names gold: there is no such plan"):
        counted(PLANS, {"gold": 1}, None)
