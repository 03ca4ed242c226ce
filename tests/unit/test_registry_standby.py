# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Standby sites in the registry, on a real SQLite file: planned, ready, claimed once, replaced."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import test_registry

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import database, runs, standby, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import Journal

VERSIONS = {"frappe": "15.92.0 4f1c9a7be2d8", "erpnext": "15.92.1 be2d85310a7f"}
STEP = "frappeops.tenants.site"
CLAIMS, SITES = 20, 10


url, run = test_registry.url, test_registry.run


@pytest.fixture
def dead_run(run):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    started = runs._started(ended.pid)
    ended.wait()
    return replace(run, pid=ended.pid, pid_started=started)


def pool(count=2, apps=("erpnext",), versions=None, bench="b1"):
    return standby.Pool(bench, {"starter": {"count": count, "apps": list(apps)}}, versions or VERSIONS, "tenant_")


def planned(url, run, **wish):
    with database.transaction(url) as connection:
        return standby.plan(connection, run, pool(**wish))


def fill(url, run, count=2, **wish):
    """A pool whose sites are all ready; returns their rows."""
    made = planned(url, run, count=count, **wish)["make"]
    with database.transaction(url) as connection:
        for row in made:
            standby.ready(connection, run, row["id"], VERSIONS)
    return made


def reserve(url, run, name, plan="starter", bench="b1"):
    identity = {"name": name, "site": f"api.{name}.test", "frontend_url": "https://x", "backend_url": "https://y"}
    with database.transaction(url) as connection:
        owner = Journal(connection, run, name).open()["provisioning"]
        place = (tenants.Bench(bench, "e1"),)
        tenants.reserve(connection, run, tenants.Wish(identity, plan, "a@b.test", owner, "tenant_", place))
        Journal(connection, run, name).begin(STEP)


def claim(url, run, name, wanted=True):
    with database.transaction(url) as connection:
        return standby.claim(connection, run, name, STEP, wanted)


def record(url, name):
    with database.reading(url) as connection:
        return tenants.find(connection, name)


class TestPlan:
    def test_what_lacks_is_made_once_by_two_runs(self, url, run):
        made = planned(url, run)["make"]
        assert len(made) == 2
        assert len({row["site"] for row in made} | {row["database_name"] for row in made}) == 4
        assert planned(url, run) == {"make": [], "remove": []}

    def test_a_full_pool_is_left_alone(self, url, run):
        fill(url, run)
        assert planned(url, run) == {"make": [], "remove": []}

    def test_a_site_of_other_versions_is_replaced(self, url, run):
        old = fill(url, run)
        again = planned(url, run, versions={**VERSIONS, "erpnext": "15.93.0 0a7f"})
        assert {row["id"] for row in again["remove"]} == {row["id"] for row in old}
        assert len(again["make"]) == 2

    def test_a_version_of_an_app_that_the_site_has_not_does_not_matter(self, url, run):
        fill(url, run)
        assert planned(url, run, versions={**VERSIONS, "hrms": "1"}) == {"make": [], "remove": []}

    def test_a_plan_with_other_apps_or_fewer_sites_loses_what_it_has_no_use_for(self, url, run):
        fill(url, run)
        assert len(planned(url, run, count=1)["remove"]) == 1
        assert len(planned(url, run, count=1, apps=())["remove"]) == 1

    def test_a_plan_that_is_gone_loses_all(self, url, run):
        fill(url, run)
        with database.transaction(url) as connection:
            assert len(standby.plan(connection, run, replace(pool(), plans={}))["remove"]) == 2

    def test_what_a_dead_run_left_is_removed_and_made_anew(self, url, run, dead_run):
        left = planned(url, dead_run)["make"]
        again = planned(url, run)
        assert {row["id"] for row in again["remove"]} == {row["id"] for row in left}
        assert len(again["make"]) == 2

    def test_what_a_dead_run_was_removing_is_removed(self, url, run, dead_run):
        fill(url, run)
        assert len(planned(url, dead_run, count=0)["remove"]) == 2
        assert len(planned(url, run, count=0)["remove"]) == 2
        assert planned(url, run, count=0)["remove"] == []

    def test_what_a_dead_run_was_removing_does_not_count_as_ready(self, url, run, dead_run):
        fill(url, run)
        left = planned(url, dead_run, count=0)["remove"]
        again = planned(url, run, count=2)
        assert {row["id"] for row in again["remove"]} == {row["id"] for row in left}
        assert len(again["make"]) == 2

    def test_one_that_a_run_seen_to_live_makes_is_waited_for_however_long(self, url, run, monkeypatch):
        monkeypatch.setattr(standby, "_LONGEST_WORK_SECONDS", -1)
        planned(url, run)
        assert planned(url, run) == {"make": [], "remove": []}

    def test_a_claimed_site_is_never_touched(self, url, run):
        fill(url, run, count=1)
        reserve(url, run, "acme")
        claim(url, run, "acme")
        assert planned(url, run, count=0, versions={}) == {"make": [], "remove": []}

    def test_another_bench_has_its_own(self, url, run):
        fill(url, run)
        assert len(planned(url, run, bench="b2")["make"]) == 2


class TestClaim:
    def test_the_tenant_gets_the_site_and_its_database(self, url, run):
        (made,) = fill(url, run, count=1)
        reserve(url, run, "acme")
        assert claim(url, run, "acme") == {"site": made["site"], "owner": made["id"]}
        assert record(url, "acme")["database_name"] == made["database_name"]

    def test_the_journal_knows_it_before_anything_moves(self, url, run):
        (made,) = fill(url, run, count=1)
        reserve(url, run, "acme")
        claim(url, run, "acme")
        with database.transaction(url) as connection:
            [step] = Journal(connection, run, "acme").fail("on purpose")["undo"]
        assert step["resources"][0]["data"] == {
            "bench": "b1",
            "database": made["database_name"],
            "owner": record(url, "acme")["owner"],
            "standby": {"site": made["site"], "owner": made["id"]},
        }

    def test_asked_again_the_answer_is_the_same(self, url, run):
        fill(url, run)
        reserve(url, run, "acme")
        assert claim(url, run, "acme") == claim(url, run, "acme")

    def test_who_once_got_none_gets_none_later(self, url, run):
        """The journal says under which name the database is made: it can't change when the pool is filled."""
        reserve(url, run, "acme")
        before = record(url, "acme")["database_name"]
        assert claim(url, run, "acme") is None
        fill(url, run)
        assert claim(url, run, "acme") is None
        assert record(url, "acme")["database_name"] == before

    @pytest.mark.parametrize("other", [{"plan": "enterprise"}, {"bench": "b2"}])
    def test_only_the_own_plan_and_bench_count(self, url, run, other):
        fill(url, run)
        reserve(url, run, "acme", **other)
        assert claim(url, run, "acme") is None

    def test_one_that_is_not_ready_is_not_handed_out(self, url, run):
        planned(url, run)
        reserve(url, run, "acme")
        assert claim(url, run, "acme") is None

    def test_none_is_taken_when_none_is_wanted(self, url, run):
        fill(url, run)
        reserve(url, run, "acme")
        assert claim(url, run, "acme", wanted=False) is None

    def test_a_run_without_the_lease_claims_nothing(self, url, run, dead_run):
        fill(url, run)
        reserve(url, run, "acme")
        with pytest.raises(TenantError, match="does not hold the lease"):
            claim(url, replace(run, pid_started="another"), "acme")

    def test_many_at_once_get_one_each_until_there_are_none(self, url, run):
        fill(url, run, count=SITES)
        names = [f"tenant-{number}" for number in range(CLAIMS)]
        for name in names:
            reserve(url, run, name)
        answers = in_processes(names, lambda name: claim(url, run, name))
        assert len(answers) == CLAIMS
        got = Counter(answer["site"] for answer in answers if answer)
        assert len(got) == SITES
        assert set(got.values()) == {1}


class TestGone:
    def test_it_is_forgotten(self, url, run):
        (made,) = fill(url, run, count=1)
        with database.transaction(url) as connection:
            assert standby.gone(connection, run, made["id"])
            assert not standby.gone(connection, run, made["id"])
        assert len(planned(url, run, count=1)["make"]) == 1


def in_processes(items, work):
    """Call work(item) in a process each, all beginning together; returns the answers."""
    processes = multiprocessing.get_context("fork")
    start, answers = processes.Barrier(len(items)), processes.SimpleQueue()

    def call(item):
        start.wait()
        answers.put(database.repeat(lambda: work(item)))

    forks = [processes.Process(target=call, args=(item,)) for item in items]
    for fork in forks:
        fork.start()
    found = [answers.get() for _fork in forks]
    for fork in forks:
        fork.join()
    return found
