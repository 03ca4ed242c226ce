# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry on a real SQLite file: claims, states, journal, leases."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import (
    clock,
    database,
    leases,
    runs,
    schema,
    states,
    tenants,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import Journal, Resource

STEPS = ["reserve", "dns", "site"]

#: As many runs at once as one name may see.
AT_ONCE = 20


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/registry/registry.db"


@pytest.fixture
def connection(url):
    with ExitStack() as stack:
        yield stack.enter_context(database.transaction(url))


@pytest.fixture
def run():
    """A run that lives as long as the tests: this process."""
    return replace(runs.current(), pid=os.getpid(), pid_started=runs._started(os.getpid()))


def a_wish(**changes):
    identity = {
        "name": "acme",
        "site": "api.acme.example.com",
        "frontend_url": "https://acme.example.com",
        "backend_url": "https://api.acme.example.com",
    }
    wish = tenants.Wish(
        identity, "starter", "ada@acme.com", "0123456789abcdef", "tenant_", (tenants.Bench("b1", "e1"),)
    )
    return replace(wish, **changes)


def at_once(work):
    """Call work(number) in AT_ONCE forks that begin together, as ansible-playbook forks its workers.

    Returns the message of each one's failure, empty where there was none.
    """
    processes = multiprocessing.get_context("fork")
    start, messages = processes.Barrier(AT_ONCE), processes.SimpleQueue()

    def call(number):
        start.wait(60)
        try:
            database.repeat(lambda: work(number))
        except Exception as error:
            messages.put(str(error) or repr(error))
        else:
            messages.put("")

    forks = [processes.Process(target=call, args=(number,)) for number in range(AT_ONCE)]
    for fork in forks:
        fork.start()
    for fork in forks:
        fork.join()
    return [messages.get() for _fork in forks]


def journal_of(connection, run, done=(), begun=None):
    journal = Journal(connection, run, "acme")
    journal.open()
    for step in done:
        journal.begin(step)
        journal.done(step)
    if begun:
        journal.begin(begun)
    return journal


class TestDatabase:
    def test_the_file_and_its_folder_are_only_the_owners(self, url, tmp_path, connection):
        assert (tmp_path / "registry").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "registry" / "registry.db").stat().st_mode & 0o777 == 0o600

    def test_without_commit_nothing_stays(self, url, run):
        with database.transaction(url, commit=False) as connection:
            tenants.reserve(connection, run, a_wish())
        with database.transaction(url) as connection:
            assert tenants.find(connection, "acme") is None

    def test_an_error_takes_everything_back(self, url, run):
        with pytest.raises(TenantError), database.transaction(url) as connection:
            tenants.reserve(connection, run, a_wish())
            raise TenantError("no")
        with database.transaction(url) as connection:
            assert tenants.find(connection, "acme") is None

    def test_a_password_in_the_url_is_never_shown(self):
        url = "postgresql+nosuchdriver://ops:hunter2@127.0.0.1:1/registry"
        with pytest.raises(Exception) as failure, database.transaction(url):
            pass
        assert "hunter2" not in str(failure.value)

    def test_a_url_that_is_none_is_refused_without_repeating_it(self):
        with pytest.raises(TenantError, match="not a database URL") as failure, database.transaction("hunter2"):
            pass
        assert "hunter2" not in str(failure.value)

    def test_a_newer_schema_is_refused(self, url):
        with database.transaction(url) as connection:
            connection.exec_driver_sql("UPDATE schema_version SET version = 99")
        with pytest.raises(TenantError, match="schema 99"), database.transaction(url):
            pass

    def test_a_registry_that_another_run_is_just_making_is_waited_for(self, url, tmp_path):
        """SQLite does not wait for the lock that a change of its journal's mode needs: it refuses at once."""
        (tmp_path / "registry").mkdir()
        other = sqlite3.connect(tmp_path / "registry" / "registry.db", isolation_level=None, check_same_thread=False)
        other.execute("CREATE TABLE theirs (id INTEGER)")
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.rollback)
        release.start()
        with database.transaction(url) as connection:
            assert tenants.find_all(connection) == []
        release.join()
        other.close()


class TestClaim:
    def test_a_claim_places_the_tenant_and_names_its_database(self, connection, run):
        before, after = tenants.reserve(connection, run, a_wish())
        assert before is None
        assert (after["state"], after["bench"], after["edge"]) == ("reserved", "b1", "e1")
        assert after["database_name"].startswith("tenant_acme_")

    def test_the_same_provisioning_gets_the_same_answer(self, connection, run):
        _before, first = tenants.reserve(connection, run, a_wish())
        before, second = tenants.reserve(connection, run, a_wish())
        assert before == second == first

    def test_the_same_provisioning_may_change_the_plan_and_keeps_its_place(self, connection, run):
        _before, first = tenants.reserve(connection, run, a_wish())
        before, after = tenants.reserve(connection, run, a_wish(plan="enterprise"))
        assert before == first
        assert {field for field in after if after[field] != before[field]} == {"plan", "changed_at"}
        assert tenants.find(connection, "acme") == after

    @pytest.mark.parametrize("change", [{"admin_email": "eve@evil.example"}, {"owner": "fedcba9876543210"}])
    def test_anybody_else_is_told_that_it_exists(self, connection, run, change):
        tenants.reserve(connection, run, a_wish())
        with pytest.raises(TenantError, match="acme already exists") as refusal:
            tenants.reserve(connection, run, a_wish(**change))
        assert refusal.value.details["error"] == "already_exists"

    def test_a_failed_name_can_be_claimed_anew_with_another_database(self, connection, run):
        _before, first = tenants.reserve(connection, run, a_wish())
        tenants.transition(connection, run, "acme", states.FAILED, "no disk")
        _before, second = tenants.reserve(connection, run, a_wish(owner="fedcba9876543210"))
        assert second["state"] == "reserved"
        assert second["reason"] is None
        assert second["database_name"] != first["database_name"]

    def test_the_identity_is_kept(self, connection, run):
        tenants.reserve(connection, run, a_wish())
        assert tenants.find(connection, "acme")["identity"] == a_wish().identity

    def test_the_bench_with_the_fewest_tenants_is_taken(self, connection, run):
        benches = (tenants.Bench("b1", "e1"), tenants.Bench("b2", "e2"))
        placed = []
        for name in ("aaa", "bbb", "ccc", "ddd"):
            identity = {**a_wish().identity, "name": name}
            placed.append(tenants.reserve(connection, run, a_wish(identity=identity, benches=benches))[1]["bench"])
        assert placed == ["b1", "b2", "b1", "b2"]

    def test_a_full_bench_refuses(self, connection, run):
        full = (tenants.Bench("b1", "e1", max_tenants=1),)
        tenants.reserve(connection, run, a_wish(benches=full))
        identity = {**a_wish().identity, "name": "globex"}
        with pytest.raises(TenantError, match="No bench has room"):
            tenants.reserve(connection, run, a_wish(identity=identity, benches=full))

    def test_of_many_claims_at_once_one_wins(self, url, run):
        def claim(number):
            with database.transaction(url) as connection:
                tenants.reserve(connection, run, a_wish(owner=f"{number:016x}"))

        errors = at_once(claim)
        assert errors.count("") == 1
        assert sum("acme already exists" in error for error in errors) == AT_ONCE - 1

    def test_of_many_claims_at_once_no_more_are_placed_than_have_room(self, url, run):
        room = (tenants.Bench("b1", "e1", max_tenants=4), tenants.Bench("b2", "e2", max_tenants=3))

        def claim(number):
            with database.transaction(url) as connection:
                identity = {**a_wish().identity, "name": f"t{number}"}
                tenants.reserve(connection, run, a_wish(identity=identity, benches=room))

        errors = at_once(claim)
        assert errors.count("") == 7
        assert sum("No bench has room" in error for error in errors) == AT_ONCE - 7


class TestQuarantine:
    ANOTHER = {"admin_email": "eve@evil.example", "owner": "fedcba9876543210"}

    @pytest.fixture(autouse=True)
    def gone(self, connection, run):
        """A tenant that lived and was taken away just now."""
        tenants.reserve(connection, run, a_wish())
        for state in ("provisioning", "active", "archived"):
            tenants.transition(connection, run, "acme", state)

    def test_another_customer_is_told_from_when_the_name_is_free(self, connection, run):
        with pytest.raises(TenantError, match="acme was another tenant's name until") as refusal:
            tenants.reserve(connection, run, a_wish(**self.ANOTHER, quarantine_days=30))
        free_from = clock.days_after(tenants.find(connection, "acme")["changed_at"], 30)
        assert refusal.value.details == {"error": "quarantined", "free_from": free_from}
        assert f"until {free_from[:10]}, {free_from[11:16]} UTC" in refusal.value.msg

    def test_then_it_is_free(self, connection, run):
        long_ago = clock.after(-30 * 24 * 3600 - 1)
        connection.execute(schema.tenants.update().values(changed_at=long_ago))
        assert tenants.reserve(connection, run, a_wish(**self.ANOTHER, quarantine_days=30))[1]["state"] == "reserved"

    def test_its_own_administrator_may_have_it_at_once(self, connection, run):
        wish = a_wish(owner="fedcba9876543210", quarantine_days=30)
        assert tenants.reserve(connection, run, wish)[1]["state"] == "reserved"

    def test_without_days_there_is_none(self, connection, run):
        assert tenants.reserve(connection, run, a_wish(**self.ANOTHER))[1]["state"] == "reserved"

    def test_a_name_that_never_lived_is_free_at_once(self, connection, run):
        identity = {**a_wish().identity, "name": "globex"}
        tenants.reserve(connection, run, a_wish(identity=identity))
        tenants.transition(connection, run, "globex", "failed", "no disk")
        wish = a_wish(**self.ANOTHER, identity=identity, quarantine_days=30)
        assert tenants.reserve(connection, run, wish)[1]["state"] == "reserved"


class TestFind:
    def test_tenants_are_found_by_state_plan_and_bench_and_sorted_by_name(self, connection, run):
        for name, plan in (("b-b", "starter"), ("bb", "starter"), ("aaa", "enterprise")):
            tenants.reserve(connection, run, a_wish(identity={**a_wish().identity, "name": name}, plan=plan))
        tenants.transition(connection, run, "bb", "failed")

        def names(**only):
            return [tenant["name"] for tenant in tenants.find_all(connection, **only)]

        assert names() == ["aaa", "b-b", "bb"]
        assert names(state=["reserved"]) == ["aaa", "b-b"]
        assert names(state=["failed", "reserved"], plan=["starter"]) == ["b-b", "bb"]
        assert names(bench=["b2"]) == []
        assert names(state=[], plan=None) == ["aaa", "b-b", "bb"]


class TestStates:
    def test_the_whole_life(self, connection, run):
        tenants.reserve(connection, run, a_wish())
        for state in ("provisioning", "active", "suspended", "active", "archived"):
            _before, after = tenants.transition(connection, run, "acme", state)
            assert after["state"] == state

    def test_a_way_that_is_not_there_is_refused_with_those_that_are(self, connection, run):
        tenants.reserve(connection, run, a_wish())
        with pytest.raises(TenantError, match="acme is reserved and can't become active") as refusal:
            tenants.transition(connection, run, "acme", "active")
        assert "failed, provisioning" in refusal.value.remedy

    def test_the_same_state_again_changes_nothing(self, connection, run):
        tenants.reserve(connection, run, a_wish())
        first = tenants.transition(connection, run, "acme", "provisioning")[1]
        before, after = tenants.transition(connection, run, "acme", "provisioning")
        assert before == after == first

    def test_every_state_can_be_reached_and_all_ways_lead_to_states(self):
        assert {state for ways in states.TRANSITIONS.values() for state in ways} == set(states.TRANSITIONS)


class TestJournal:
    def test_a_complete_provisioning_is_converged_by_the_next_run(self, connection, run):
        journal = journal_of(connection, run, done=STEPS)
        closed = journal.close()
        assert closed["state"] == "done"
        assert [step["step"] for step in closed["steps"]] == STEPS
        assert Journal(connection, run, "acme").open()["mode"] == "converge"

    def test_undo_walks_backwards_and_gets_only_what_was_recorded(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"])
        journal.begin("dns")
        journal.record("dns", [Resource("dns_record", "a", {"ttl": 60}), Resource("dns_record", "b", {})])
        undo = journal.fail("certificate: no")
        assert [entry["step"] for entry in undo] == ["dns", "reserve"]
        assert [resource["name"] for resource in undo[0]["resources"]] == ["b", "a"]
        assert undo[0]["resources"][1]["data"] == {"ttl": 60}
        assert undo[1]["resources"] == []

    def test_a_resource_is_recorded_once(self, connection, run):
        journal = journal_of(connection, run, begun="dns")
        assert journal.record("dns", [Resource("dns_record", "a", {})]) == 1
        assert journal.record("dns", [Resource("dns_record", "a", {})]) == 0

    def test_what_is_undone_is_free_and_the_next_run_is_fresh(self, connection, run):
        journal = journal_of(connection, run, begun="reserve")
        first = journal.look()["provisioning"]
        journal.fail("no")
        journal.undone("reserve")
        assert journal.close()["state"] == "undone"
        again = Journal(connection, run, "acme").open()
        assert again["mode"] == "fresh"
        assert again["provisioning"] != first

    def test_what_can_not_be_undone_stays_for_the_next_run(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="site")
        journal.record("site", [Resource("database", "tenant_acme_1", {})])
        journal.fail("no")
        journal.left("site", "the database server is away")
        journal.undone("reserve")
        closed = journal.close()
        assert closed["state"] == "undoing"
        assert {"step": "site", "state": "left", "seconds": None, "error": "the database server is away"} in closed[
            "steps"
        ]
        again = Journal(connection, run, "acme")
        assert again.open()["mode"] == "rollback"
        assert [entry["step"] for entry in again.fail("")] == ["site"]

    def test_a_run_that_was_cut_off_is_resumed_at_the_first_unfinished_step(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="dns")
        first = journal.look()["provisioning"]
        again = Journal(connection, run, "acme")
        assert again.open() == {"provisioning": first, "mode": "resume", "done": ["reserve"]}

    def test_a_step_that_is_new_to_a_complete_tenant_is_taken_away_with_it(self, connection, run):
        journal_of(connection, run, done=STEPS).close()
        again = journal_of(connection, run, begun="billing")
        again.record("billing", [Resource("subscription", "s1", {})])
        again.done("billing")
        again.close()
        last = journal_of(connection, run)
        assert [entry["step"] for entry in last.retire()] == ["billing", *reversed(STEPS)]

    def test_a_complete_tenant_is_never_undone(self, connection, run):
        journal_of(connection, run, done=STEPS).close()
        again = journal_of(connection, run)
        again.begin("a later step")
        assert again.fail("nginx is broken") == []
        assert again.close()["state"] == "done"


class TestLease:
    def other(self, run, **changes):
        return replace(run, **changes)

    def test_a_live_run_is_not_disturbed(self, connection, run):
        leases.take(connection, run, "acme")
        with pytest.raises(TenantError, match=f"worked on by process {run.pid}"):
            leases.take(connection, self.other(run, pid=1, pid_started=runs._started(1)), "acme")

    def test_the_lease_of_a_dead_run_is_taken_over_at_once(self, connection, run):
        dead = subprocess.Popen([sys.executable, "-c", ""])
        started = runs._started(dead.pid)
        dead.wait()
        leases.take(connection, self.other(run, pid=dead.pid, pid_started=started), "acme")
        leases.take(connection, run, "acme")
        assert leases.is_held_by(connection, run, "acme")

    def test_a_reused_pid_is_not_taken_for_the_run(self, connection, run):
        leases.take(connection, self.other(run, pid_started="1"), "acme")
        leases.take(connection, run, "acme")
        assert leases.is_held_by(connection, run, "acme")

    def test_a_run_on_another_controller_is_waited_for(self, connection, run):
        leases.take(connection, self.other(run, controller="elsewhere"), "acme")
        with pytest.raises(TenantError, match="on elsewhere since"):
            leases.take(connection, run, "acme")

    def test_its_lease_ends_by_itself(self, connection, run, monkeypatch):
        monkeypatch.setattr(leases, "LEASE_SECONDS", -1)
        leases.take(connection, self.other(run, controller="elsewhere"), "acme")
        leases.take(connection, run, "acme")
        assert leases.is_held_by(connection, run, "acme")

    def test_without_the_lease_nothing_is_written_or_undone(self, connection, run):
        journal_of(connection, run, begun="dns")
        other = Journal(connection, self.other(run, controller="elsewhere"), "acme")
        with pytest.raises(TenantError, match="does not hold the lease"):
            other.begin("dns")
        assert other.fail("no") == []
        assert not other.is_held()
