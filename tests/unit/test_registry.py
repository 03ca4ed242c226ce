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
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
import sqlalchemy

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import (
    address,
    clock,
    database,
    events,
    fleet,
    heartbeat,
    leases,
    runs,
    schema,
    standby,
    states,
    tenants,
    unfinished,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import Journal, Resource, steps_of

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

    def test_check_mode_and_reading_make_none(self, url, tmp_path, run):
        with database.transaction(url, commit=False) as connection:
            tenants.reserve(connection, run, a_wish())
        with database.reading(url) as connection:
            assert tenants.find_all(connection) == []
        assert list(tmp_path.iterdir()) == []

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
        before, after = tenants.reserve(connection, run, a_wish(plan="enterprise", needs={"tables": 900}))
        assert before == first
        assert {column for column in after if after[column] != before[column]} == {"plan", "needs", "changed_at"}
        told = connection.execute(sqlalchemy.select(schema.events.c.event, schema.events.c.data)).all()
        assert told[-1] == ("plan changed", {"plan": "enterprise", "before": "starter"})
        assert tenants.find(connection, "acme") == after

    def test_a_first_name_that_is_left_out_stays_as_it_is(self, connection, run):
        assert tenants.reserve(connection, run, a_wish())[1]["admin_first_name"] == "Admin"
        assert tenants.reserve(connection, run, a_wish(admin_first_name="Ada"))[1]["admin_first_name"] == "Ada"
        assert tenants.reserve(connection, run, a_wish())[1]["admin_first_name"] == "Ada"

    def test_settings_that_are_left_out_stay_as_they_are(self, connection, run):
        def reserved(**settings):
            return tenants.reserve(connection, run, a_wish(settings=settings))[1]["settings"]

        assert reserved(country="Germany", language="de") == {"country": "Germany", "language": "de"}
        assert reserved() == {"country": "Germany", "language": "de"}
        assert reserved(language="en", time_zone="Etc/UTC") == {
            "country": "Germany",
            "language": "en",
            "time_zone": "Etc/UTC",
        }

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

    def test_of_many_claims_at_once_one_wins(self, url, run):
        def claim(number):
            with database.transaction(url) as connection:
                tenants.reserve(connection, run, a_wish(owner=f"{number:016x}"))

        errors = at_once(claim)
        assert errors.count("") == 1
        assert sum("acme already exists" in error for error in errors) == AT_ONCE - 1

    def test_of_many_claims_at_once_no_more_are_placed_than_have_room(self, url, run):
        room = (tenants.Bench("b1", "e1", {"sites": 4}), tenants.Bench("b2", "e2", {"sites": 3}))

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
        free_from = clock.later(tenants.find(connection, "acme")["changed_at"], days=30)
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
        undo = journal.fail("certificate: no")["undo"]
        assert [entry["step"] for entry in undo] == ["dns", "reserve"]
        assert [resource["name"] for resource in undo[0]["resources"]] == ["b", "a"]
        assert undo[0]["resources"][1]["data"] == {"ttl": 60}
        assert undo[1]["resources"] == []

    def test_a_resource_is_recorded_once(self, connection, run):
        journal = journal_of(connection, run, begun="dns")
        assert journal.record("dns", [Resource("dns_record", "a", {})]) == 1
        assert journal.record("dns", [Resource("dns_record", "a", {})]) == 0
        assert [each["name"] for each in journal.made("dns")] == ["a"]

    def test_a_controller_whose_clock_was_ahead_does_not_mislead_the_next(self, connection, run):
        journal = journal_of(connection, run, begun="reserve")
        journal.fail("no")
        journal.undone("reserve")
        journal.close()
        connection.execute(schema.provisionings.update().values(started_at=clock.after(600)))
        again = Journal(connection, run, "acme")
        second = again.open()["provisioning"]
        again.begin("reserve")
        assert again.look()["provisioning"] == second
        assert [step["state"] for step in steps_of(connection, "acme")] == ["begun"]
        assert again.close()["state"] == "done"

    def test_what_is_undone_is_free_and_the_next_run_is_fresh(self, connection, run):
        journal = journal_of(connection, run, begun="reserve")
        first = journal.look()["provisioning"]
        journal.fail("no")
        journal.undone("reserve")
        assert journal.close()["state"] == "undone"
        assert journal.made("reserve") == []
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
        site = next(step for step in closed["steps"] if step["step"] == "site")
        assert (site["state"], site["error"]) == ("left", "the database server is away")
        again = Journal(connection, run, "acme")
        assert again.open()["mode"] == "rollback"
        assert [entry["step"] for entry in again.fail("")["undo"]] == ["site"]

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
        assert again.fail("nginx is broken") == {"held": True, "kept": False, "undo": []}
        assert again.close()["state"] == "done"

    def test_what_was_made_is_kept_when_a_host_is_lost(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="dns")
        journal.record("dns", [Resource("dns_record", "a", {})])
        assert journal.fail("b1 is away", is_kept=True) == {"held": True, "kept": True, "undo": []}
        assert journal.release("b1 is away")["state"] == "running"
        assert not journal.is_held()
        assert unfinished.find(connection)[0]["error"] == "b1 is away"
        again = Journal(connection, run, "acme")
        assert again.open()["mode"] == "resume"
        again.done("dns")
        assert (again.close()["state"], again.look()["mode"]) == ("done", "converge")

    def test_what_is_kept_to_be_looked_at_stays_so_until_it_is_complete_or_taken_back(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="verify")
        journal.record("verify", [Resource("site", "a", {})])
        assert journal.fail("not seen", is_kept=True, on_purpose=True)["kept"]
        assert journal.release("not seen")["state"] == "kept"
        again = Journal(connection, run, "acme")
        assert (again.open()["mode"], again.look()["done"]) == ("resume", ["reserve"])
        assert again.fail("b1 is away", is_kept=True)["kept"]
        assert again.release("b1 is away")["state"] == "kept"
        again.open()
        assert [entry["step"] for entry in again.foretell(is_retired=False)] == ["verify", "reserve"]
        with connection.begin_nested() as savepoint:
            assert [entry["step"] for entry in again.fail("not seen")["undo"]] == ["verify", "reserve"]
            savepoint.rollback()
        again.done("verify")
        assert again.close()["state"] == "done"

    def test_where_nothing_was_made_a_lost_host_leaves_nothing(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="preflight")
        undo = journal.fail("b1 is away", is_kept=True)["undo"]
        assert [entry["step"] for entry in undo] == ["preflight", "reserve"]

    def test_an_undo_that_loses_a_host_goes_on(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="dns")
        journal.record("dns", [Resource("dns_record", "a", {})])
        journal.fail("no")
        assert [entry["step"] for entry in journal.fail("b1 is away", is_kept=True)["undo"]] == ["dns", "reserve"]

    def test_check_mode_foretells_what_would_be_undone(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="dns")
        assert [entry["step"] for entry in journal.foretell(is_retired=False)] == ["dns", "reserve"]
        journal.done("dns")
        journal.close()
        assert journal.foretell(is_retired=False) == []
        assert [entry["step"] for entry in journal.foretell(is_retired=True)] == ["dns", "reserve"]

    def test_undo_is_timed_from_step_to_step(self, connection, run, monkeypatch):
        journal = journal_of(connection, run, done=["reserve"], begun="dns")
        journal.fail("no")
        past = clock.after(-5)
        connection.execute(schema.events.update().values(at=past))
        journal.undone("dns")
        journal.undone("reserve")
        reserve, dns = journal.close()["steps"]
        assert 5 <= dns["undo_seconds"] < 60
        assert reserve["undo_seconds"] < 5


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
        monkeypatch.setattr(leases, "SILENT_SECONDS", -1)
        leases.take(connection, self.other(run, controller="elsewhere"), "acme")
        leases.take(connection, run, "acme")
        assert leases.is_held_by(connection, run, "acme")

    def test_one_that_is_seen_to_live_holds_it_however_old_its_lease_is(self, connection, run, monkeypatch):
        monkeypatch.setattr(leases, "SILENT_SECONDS", -1)
        leases.take(connection, run, "acme")
        with pytest.raises(TenantError, match=f"worked on by process {run.pid}"):
            leases.take(connection, self.other(run, pid=1, pid_started=runs._started(1)), "acme")
        assert leases.at_work(connection) == {"acme"}

    def test_a_process_that_waits_to_be_buried_is_dead(self, connection, run):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        leases.take(connection, self.other(run, pid=child.pid, pid_started=runs._started(child.pid)), "acme")
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        leases.take(connection, run, "acme")
        child.communicate()

    @pytest.mark.parametrize("place", ["0a1b2c3d-4026531836", ""])
    def test_a_run_in_another_container_or_before_a_reboot_is_not_looked_for_among_the_own_processes(
        self, connection, run, place
    ):
        """Its pid is another process's here, or nobody's."""
        leases.take(connection, self.other(run, place=place, pid_started="1"), "acme")
        with pytest.raises(TenantError, match="acme is being worked on"):
            leases.take(connection, run, "acme")

    def test_the_run_of_an_older_version_is_not_known_to_be_dead(self):
        assert runs.is_alive("controller:1:2") is None

    def test_another_persons_process_that_is_hidden_is_not_known_to_be_dead(self, run, tmp_path, monkeypatch):
        """As with the option hidepid of /proc."""
        monkeypatch.setattr(runs, "_PROC", tmp_path)
        monkeypatch.setattr(runs, "_place", lambda: run.place)
        assert runs.is_alive(run.name) is None
        child = subprocess.Popen(["true"])
        child.wait()
        assert runs.is_alive(self.other(run, pid=child.pid).name) is False

    def test_without_the_lease_nothing_is_written_or_undone(self, connection, run):
        journal_of(connection, run, begun="dns")
        other = Journal(connection, self.other(run, controller="elsewhere"), "acme")
        with pytest.raises(TenantError, match="does not hold the lease"):
            other.begin("dns")
        assert other.fail("no") == {"held": False, "kept": False, "undo": []}
        assert not other.is_held()
        assert other.release("no")["held"] is False

    def test_an_operator_may_name_a_run_that_is_dead(self, connection, run):
        elsewhere = self.other(run, controller="elsewhere")
        leases.take(connection, elsewhere, "acme")
        with pytest.raises(TenantError) as refusal:
            leases.take(connection, run, "acme")
        assert f"-e tenant_take_over={elsewhere.name}" in refusal.value.remedy
        with pytest.raises(TenantError, match="on elsewhere since"):
            leases.take(connection, run, "acme", instead_of="another:1:2")
        Journal(connection, run, "acme").open(instead_of=elsewhere.name)
        assert leases.is_held_by(connection, run, "acme")
        taken = [row for row in events.find(connection, "acme") if row["event"] == "lease taken over"]
        assert [row["data"]["holder"] for row in taken] == [elsewhere.name]

    def test_a_worker_that_outlives_its_run_does_nothing_more(self, run, tmp_path):
        """As a forked worker of ansible-playbook that goes on when ansible-playbook is killed."""
        told = tmp_path / "told"
        program = (
            "import multiprocessing, os, signal, sys, time\n"
            "from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import runs\n"
            "def work():\n"
            "    while os.getppid() == parent: time.sleep(0.01)\n"
            "    try: said = runs.current().name\n"
            "    except Exception as error: said = error.msg\n"
            "    open(sys.argv[1] + '.new', 'w').write(said); os.rename(sys.argv[1] + '.new', sys.argv[1])\n"
            "parent = os.getpid()\n"
            "multiprocessing.get_context('fork').Process(target=work).start()\n"
            "os.kill(parent, signal.SIGKILL)\n"
        )
        killed = subprocess.run(
            [sys.executable, "-c", program, told], env={**os.environ, "PYTHONPATH": ":".join(sys.path)}, check=False
        )
        assert killed.returncode < 0
        while not told.exists():
            time.sleep(0.01)
        assert "is over, so nothing more is done for it" in told.read_text()


class TestHeartbeat:
    """Seen with a process that stands for ansible-playbook."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch):
        monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)
        monkeypatch.setattr(heartbeat, "LOOK_SECONDS", 0.05)

    @pytest.fixture
    def playbook(self):
        process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        yield process
        process.kill()
        process.communicate()

    @pytest.fixture
    def run(self, run, playbook):
        return replace(run, pid=playbook.pid, pid_started=runs._started(playbook.pid))

    def until(self, met):
        end = time.monotonic() + 60
        while not met():
            assert time.monotonic() < end
            time.sleep(0.02)

    def test_a_run_that_writes_nothing_keeps_its_short_lease_and_ends_with_its_heartbeat(self, url, run, playbook):
        registry = address.parse(url)

        def beat():
            with database.transaction(registry) as connection:
                leases.renew_all(connection, run)

        def expires_at():
            with database.reading(registry) as connection:
                return leases.find(connection, "acme").expires_at

        heartbeat.start(run, registry, beat)
        assert heartbeat.is_beating(run, registry)
        assert not heartbeat.is_beating(replace(run, pid=1), registry)
        assert not heartbeat.is_beating(run, address.parse("sqlite:////elsewhere"))
        with database.transaction(registry) as connection:
            leases.take(connection, run, "acme")
        first = expires_at()
        assert first < clock.after(leases.LEASE_SECONDS + 30)
        self.until(lambda: expires_at() > first)
        playbook.kill()
        playbook.wait()
        self.until(lambda: not heartbeat.is_beating(run, registry))

    def test_a_registry_that_is_away_is_asked_again(self, url, run, tmp_path):
        beats = tmp_path / "beats"

        def beat():
            with beats.open("a") as file:
                file.write("x")
            raise TenantError("away")

        heartbeat.start(run, address.parse(url), beat)
        # A second one is not begun.
        heartbeat.start(run, address.parse(url), lambda: None)
        self.until(lambda: beats.exists() and beats.stat().st_size > 2)

    def test_for_a_run_that_is_over_there_is_none(self, url, run, playbook):
        playbook.kill()
        playbook.wait()
        heartbeat.start(run, address.parse(url), lambda: None)
        self.until(lambda: not heartbeat.is_beating(run, address.parse(url)))


class TestWaiting:
    def held(self):
        raise leases.Held("acme is being worked on.", "Run again.")

    def test_without_patience_it_is_refused_at_once(self):
        told = []
        with pytest.raises(leases.Held):
            leases.when_free(self.held, 0, told.append)
        assert told == []

    def test_it_goes_on_when_the_other_run_has_ended_and_says_what_it_waits_for(self, monkeypatch):
        monkeypatch.setattr(leases, "LOOK_SECONDS", 0.01)
        answers = iter([leases.Held, leases.Held, None])
        told = []

        def work():
            return self.held() if next(answers) else "mine"

        assert leases.when_free(work, 60, told.append) == "mine"
        assert told == ["acme is being worked on. Waiting for it, at most 60 s more."]

    def test_patience_ends(self, monkeypatch):
        monkeypatch.setattr(leases, "LOOK_SECONDS", 0.01)
        with pytest.raises(leases.Held):
            leases.when_free(self.held, 0.05, lambda line: None)

    def test_another_fault_is_not_waited_for(self):
        def fail():
            raise TenantError("no disk")

        with pytest.raises(TenantError, match="no disk"):
            leases.when_free(fail, 60, lambda line: None)

    def test_the_steps_that_a_cut_off_run_has_come_to_are_told(self, connection, run):
        assert steps_of(connection, "acme") == []
        journal = journal_of(connection, run, done=["reserve"], begun="dns")
        reserve, dns = steps_of(connection, "acme")
        assert (reserve["step"], reserve["state"], dns["step"], dns["state"]) == ("reserve", "done", "dns", "begun")
        assert reserve["seconds"] >= 0
        assert journal.close()["steps"] == [reserve, dns]


class TestUnfinished:
    def test_what_is_complete_or_gone_is_not_found(self, connection, run):
        journal_of(connection, run, done=STEPS).close()
        journal = Journal(connection, run, "globex")
        journal.open()
        journal.fail("no")
        journal.close()
        assert unfinished.find(connection) == []

    def test_what_was_cut_off_is_told_with_what_is_missing_to_go_on(self, connection, run):
        journal = Journal(connection, run, "acme")
        owner = journal.open()["provisioning"]
        journal.begin("reserve")
        (found,) = unfinished.find(connection)
        assert (found["state"], found["step"], found["record"]) == ("running", "reserve", None)
        assert found["missing"] == ["identity", "plan", "admin_email", "admin_first_name"]
        assert found["holder"]["pid"] == run.pid
        tenants.reserve(connection, run, a_wish(owner=owner))
        # As a registry has it that was made before this column was there.
        connection.execute(schema.tenants.update().values(admin_first_name=None))
        assert unfinished.find(connection)[0]["missing"] == ["admin_first_name"]
        connection.execute(schema.tenants.update().values(admin_first_name="Ada"))
        journal.release("cut")
        (found,) = unfinished.find(connection)
        assert (found["missing"], found["holder"], found["record"]["name"]) == ([], None, "acme")

    def test_what_could_not_be_undone_is_told(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="site")
        journal.fail("seed: no")
        journal.left("site", "b1 is away")
        journal.undone("reserve")
        journal.close()
        (found,) = unfinished.find(connection)
        assert (found["state"], found["error"]) == ("undoing", "seed: no")
        assert found["left"] == [{"step": "site", "error": "b1 is away"}]
        assert unfinished.find(connection, ["globex"]) == []


class TestFleet:
    def test_what_changes_while_the_world_is_looked_at_counts_as_at_work(self, connection, run):
        before = clock.now()
        owner = Journal(connection, run, "acme").open()["provisioning"]
        tenants.reserve(connection, run, a_wish(owner=owner))
        later = clock.after(1)
        assert fleet.read(connection, later).at_work == {"acme"}
        Journal(connection, run, "acme").release("cut")
        assert fleet.read(connection, before).at_work == {"acme"}
        found = fleet.read(connection, later)
        assert found.at_work == frozenset()
        assert {name: cut["tenant"] for name, cut in found.unfinished.items()} == {owner: "acme"}

    def test_the_whole_registry_at_one_look(self, connection, run):
        journal = journal_of(connection, run, begun="site")
        owner = journal.look()["provisioning"]
        tenants.reserve(connection, run, a_wish(owner=owner))
        client = {"client_id": "acme-app"}
        journal.record("site", [Resource("oauth_client", "app", client), Resource("database", "tenant_acme_1", {})])
        pool = standby.Pool("b1", {"starter": {"count": 1, "apps": []}}, {}, "tenant_")
        [made] = standby.plan(connection, run, pool)["make"]
        found = fleet.read(connection, clock.after(1))
        assert [tenant["name"] for tenant in found.tenants] == ["acme"]
        assert found.provisionings.keys() == {owner}
        assert found.provisionings[owner]["state"] == "running"
        assert found.standby[made["id"]]["site"] == made["site"]
        assert found.oauth_clients == {owner: [client]}
        assert found.at_work == {"acme"}
        journal.fail("no")
        journal.undone("site")
        journal.close()
        after = fleet.read(connection, clock.after(1))
        assert (after.oauth_clients, after.at_work) == ({}, frozenset())


class TestEvents:
    def test_who_did_what_when_in_which_run(self, connection, run):
        journal = journal_of(connection, run, done=["reserve"], begun="site")
        journal.fail("site: no disk", output_tail="write failed")
        told = events.find(connection, "acme")
        assert [row["event"] for row in told] == [
            "provisioning begun",
            "step begun",
            "step done",
            "step begun",
            "provisioning failed",
        ]
        assert {(row["actor"], row["run"]) for row in told} == {(run.actor, run.name)}
        assert told[-1]["data"] == {"error": "site: no disk", "output_tail": "write failed"}
        assert [row["at"] for row in told] == sorted(row["at"] for row in told)

    def test_they_are_found_by_tenant_moment_and_number(self, connection, run):
        for name in ("acme", "globex"):
            Journal(connection, run, name).open()
        connection.execute(schema.events.update().where(schema.events.c.tenant == "acme").values(at="2026-01-02T03"))
        assert [row["tenant"] for row in events.find(connection)] == ["acme", "globex"]
        assert [row["tenant"] for row in events.find(connection, since="2026-01-03")] == ["globex"]
        assert [row["tenant"] for row in events.find(connection, last=1)] == ["globex"]
        assert events.find(connection, "acme", run="another") == []
