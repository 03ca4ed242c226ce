# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bench takes a tenant, counted in a real registry."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
import test_registry
from test_registry import a_wish

from ansible_collections.frappeops.tenants.plugins.filter.bench_places import bench_places
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import database, placement, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.placement import DEFAULT_NEEDS, Bench

url, connection, run = test_registry.url, test_registry.connection, test_registry.run


@pytest.fixture
def place(connection, run):
    """Reserves a name on the given benches and tells on which it went."""

    def reserve(name, *benches, **wish):
        identity = {**a_wish().identity, "name": name}
        return tenants.reserve(connection, run, a_wish(identity=identity, benches=benches, **wish))[1]["bench"]

    return reserve


class TestChoice:
    def test_without_limits_the_bench_with_the_fewest_tenants_is_taken(self, place):
        benches = (Bench("b1", "e1"), Bench("b2", "e2"))
        assert [place(name, *benches) for name in ("aaa", "bbb", "ccc", "ddd")] == ["b1", "b2", "b1", "b2"]

    def test_the_bench_with_most_room_is_taken_however_many_tenants_it_has(self, place):
        benches = (Bench("big", "e1", {"sites": 100}), Bench("small", "e2", {"sites": 3}))
        assert [place(name, *benches) for name in ("aaa", "bbb", "ccc")] == ["big", "big", "big"]

    def test_room_is_judged_by_what_a_bench_has_least_of(self, place):
        benches = (
            Bench("b1", "e1", {"sites": 100, "disk_mb": 1000}),
            Bench("b2", "e2", {"sites": 100, "disk_mb": 5000}),
        )
        assert place("aaa", *benches, needs={"disk_mb": 400}) == "b2"

    def test_a_bench_that_lacks_an_app_of_the_plan_is_not_taken(self, place):
        benches = (Bench("b1", "e1", apps=()), Bench("b2", "e2", {"sites": 1}, apps=("erpnext", "hrms")))
        assert place("aaa", *benches, apps=("erpnext",)) == "b2"

    def test_frappe_is_everywhere_and_a_bench_that_states_no_apps_is_trusted(self, place):
        assert place("aaa", Bench("b1", "e1", apps=()), apps=("frappe",)) == "b1"
        assert place("bbb", Bench("b2", "e2"), apps=("erpnext",)) == "b2"

    def test_a_bench_can_be_asked_for(self, place):
        benches = (Bench("b1", "e1"), Bench("b2", "e2"))
        assert [place(name, *benches, bench="b2") for name in ("aaa", "bbb")] == ["b2", "b2"]

    def test_only_tenants_that_are_there_take_room(self, place, connection, run):
        bench = Bench("b1", "e1", {"sites": 1})
        place("aaa", bench)
        tenants.transition(connection, run, "aaa", "failed")
        assert place("bbb", bench) == "b1"


class TestRefusal:
    def test_full_benches_say_what_they_lack(self, place):
        benches = (Bench("b1", "e1", {"sites": 1}), Bench("b2", "e2", {"sites": 9, "tables": 500, "memory_mb": 10}))
        place("aaa", *benches, needs={"tables": 400, "memory_mb": 1}, bench="b1")
        with pytest.raises(TenantError) as refusal:
            place("bbb", *benches)
        assert refusal.value.msg == (
            "No bench has room: b1 lacks sites (0 of 1 left, 1 needed); "
            "b2 lacks tables (500 of 500 left, 700 needed) and memory_mb (10 of 10 left, 50 needed)."
        )
        assert refusal.value.details["error"] == "no_room"

    def test_a_full_bench_that_is_asked_for_refuses_though_another_has_room(self, place):
        benches = (Bench("b1", "e1", {"sites": 0}), Bench("b2", "e2"))
        with pytest.raises(TenantError, match=r"No bench has room: b1 lacks sites \(0 of 0 left, 1 needed\)\.$"):
            place("aaa", *benches, bench="b1")

    @pytest.mark.parametrize(
        ("wish", "said"),
        [
            ({"bench": "b3"}, "There is no bench 'b3'."),
            ({"apps": ("hrms",)}, "No bench has the apps hrms: b1 lacks hrms; b2 lacks hrms."),
            ({"apps": ("erpnext",), "bench": "b1"}, "No bench has the apps erpnext: b1 lacks erpnext."),
        ],
    )
    def test_what_no_bench_has_is_named(self, place, wish, said):
        benches = (Bench("b1", "e1", apps=()), Bench("b2", "e2", apps=("erpnext",)))
        with pytest.raises(TenantError) as refusal:
            place("aaa", *benches, **wish)
        assert refusal.value.msg == said

    def test_without_benches_it_says_where_to_name_them(self, place):
        with pytest.raises(TenantError, match="There is no bench") as refusal:
            place("aaa")
        assert "group benches" in refusal.value.remedy

    def test_a_tenant_is_not_moved(self, place):
        benches = (Bench("b1", "e1"), Bench("b2", "e2"))
        place("aaa", *benches, bench="b2")
        with pytest.raises(TenantError, match="aaa lives on the bench b2 and is not moved to b1"):
            place("aaa", *benches, bench="b1")
        assert place("aaa", *benches, bench="b2") == "b2"


class TestAnotherPlan:
    BENCH = Bench("b1", "e1", {"tables": 1000}, apps=("erpnext",))

    def test_its_needs_are_counted_without_those_of_the_plan_before(self, place, connection):
        place("aaa", self.BENCH, needs={"tables": 600})
        place("aaa", self.BENCH, plan="enterprise", needs={"tables": 900})
        assert tenants.find(connection, "aaa")["needs"] == {**DEFAULT_NEEDS, "tables": 900}

    def test_it_is_refused_when_its_bench_has_no_room_for_it(self, place, connection):
        place("aaa", self.BENCH, needs={"tables": 600})
        with pytest.raises(TenantError, match=r"b1 lacks tables \(1000 of 1000 left, 1200 needed\)"):
            place("aaa", self.BENCH, plan="enterprise", needs={"tables": 1200})
        with pytest.raises(TenantError, match="b1 lacks hrms"):
            place("aaa", self.BENCH, plan="enterprise", apps=("hrms",))
        assert tenants.find(connection, "aaa")["plan"] == "starter"

    def test_the_same_plan_never_fails_for_room(self, place):
        place("aaa", self.BENCH, needs={"tables": 600})
        assert place("aaa", Bench("b1", "e1", {"tables": 10}), needs={"tables": 700}) == "b1"


AMOUNTS = st.fixed_dictionaries({}, optional={name: st.integers(0, 5) for name in DEFAULT_NEEDS})


class TestAnyFleet:
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(capacities=st.lists(AMOUNTS, min_size=1, max_size=3), orders=st.lists(AMOUNTS, max_size=12))
    def test_no_bench_ever_gets_more_than_it_holds(self, run, capacities, orders):
        benches = tuple(Bench(f"b{number}", "e1", capacity) for number, capacity in enumerate(capacities))
        used = {bench.name: dict.fromkeys(DEFAULT_NEEDS, 0) for bench in benches}
        with database.transaction("sqlite://") as connection:
            for number, order in enumerate(orders):
                needs = {**dict.fromkeys(DEFAULT_NEEDS, 1), **order}
                identity = {**a_wish().identity, "name": f"t{number}"}
                wish = a_wish(identity=identity, benches=benches, needs=needs)
                would_fit = [
                    bench
                    for bench in benches
                    if all(used[bench.name][name] + needs[name] <= limit for name, limit in bench.capacity.items())
                ]
                try:
                    placed = tenants.reserve(connection, run, wish)[1]["bench"]
                except TenantError:
                    assert not would_fit
                    continue
                assert placed in [bench.name for bench in would_fit]
                for name, amount in needs.items():
                    used[placed][name] += amount


class TestInventory:
    def test_a_place_per_bench_host(self):
        hostvars = {
            "bench1": {
                "frappe_bench_edge": "edge1",
                "frappe_bench_max_tenants": "200",
                "frappe_bench_apps": ["erpnext"],
            },
            "bench2": {"frappe_bench_capacity": {"tables": 9000}},
            "bench3": {"frappe_bench_max_tenants": 50, "frappe_bench_capacity": {"sites": 20}},
        }
        places = bench_places(["bench1", "bench2", "bench3"], hostvars)
        assert placement.read_benches(places) == (
            Bench("bench1", "edge1", {"sites": 200}, ("erpnext",)),
            Bench("bench2", "bench2", {"tables": 9000}),
            Bench("bench3", "bench3", {"sites": 20}),
        )

    @pytest.mark.parametrize(
        ("capacity", "said"),
        [
            ({"disk": 100}, "'disk' can't be counted, only sites, tables, disk_mb, inodes, memory_mb can"),
            ({"disk_mb": "10 GB"}, "disk_mb is '10 GB', not a whole number"),
            ({"disk_mb": -1}, "disk_mb is -1, not a whole number"),
            ({"disk_mb": True}, "disk_mb is True, not a whole number"),
            ([100], "it is not a dictionary"),
        ],
    )
    def test_a_capacity_that_is_none_is_refused_with_its_bench(self, capacity, said):
        with pytest.raises(TenantError, match="The capacity of the bench b1") as refusal:
            placement.read_benches([{"name": "b1", "edge": "e1", "capacity": capacity}])
        assert said in refusal.value.msg
