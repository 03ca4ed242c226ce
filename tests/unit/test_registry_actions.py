# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions tenant_registry and tenant_journal as tasks call them: every state and event, run and check mode."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

sys.path.insert(0, str(Path(__file__).parent))
from test_registry import a_wish

from ansible_collections.frappeops.tenants.plugins.action import tenant_journal, tenant_registry
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import (
    database,
    events,
    heartbeat,
    leases,
    runs,
    tenants,
)

#: What each state follows.
BEFORE = {
    "reserved": [],
    "provisioning": ["reserved"],
    "failed": ["reserved"],
    "active": ["reserved", "provisioning"],
    "suspended": ["reserved", "provisioning", "active"],
    "archived": ["reserved", "provisioning", "active"],
}
RESERVE = {
    "identity": a_wish().identity,
    "plan": "starter",
    "admin_email": "ada@acme.com",
    "owner": "0123456789abcdef",
    "benches": [{"name": "b1", "edge": "e1"}],
}
STEP = {"step": "site"}
RECORDED = {**STEP, "resources": [{"kind": "database", "name": "tenant_acme_1"}]}
#: What each event of the journal follows, what it is given, what it gives, and what check mode gives for it.
EVENTS = {
    "opened": ([], {}, {"mode": "fresh", "done": []}, {"mode": "fresh", "done": [], "provisioning": None}),
    "begun": (["opened"], STEP, STEP, STEP),
    "recorded": (["opened", "begun"], RECORDED, {"new": 1}, {"new": 0}),
    "failed": (
        ["opened", "begun", "recorded"],
        {"error": "no disk", "output_tail": "write failed"},
        {"held": True, "kept": False},
        {"held": True, "kept": False},
    ),
    "retired": (
        ["opened", "begun", "closed", "opened"],
        {},
        {"held": True, "kept": False},
        {"held": True, "kept": False},
    ),
    "undone": (["opened", "begun", "failed"], STEP, {}, {}),
    "left": (["opened", "begun", "failed"], {**STEP, "error": "b1 is away"}, {}, {}),
    "closed": (["opened", "begun"], {"completes": STEP["step"]}, {"state": "done"}, {"state": "checked", "steps": []}),
    "released": (["opened", "begun"], {"error": "cut"}, {"held": True, "state": "running"}, {"held": False}),
}
#: The words of the history for what each event wrote last.
WORDS = {
    "opened": "provisioning begun",
    "begun": "step begun",
    "recorded": "resource",
    "failed": "provisioning failed",
    "retired": "retired",
    "undone": "step undone",
    "left": "undo failed",
    "closed": "provisioning done",
    "released": "released",
}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/registry.db"


@pytest.fixture
def beating(monkeypatch):
    """The runs that got a heartbeat. They are not tests' to keep: the run of a test is the program that started pytest."""
    found = []
    monkeypatch.setattr(heartbeat, "start", lambda run, url, beat: found.append(run.name))
    return found


@pytest.fixture
def act(url, beating):
    """Calls an action as a task does; returns its result."""

    def call(action, check_mode=False, variables=None, **arguments):
        task = SimpleNamespace(
            action=f"frappeops.tenants.{action.__name__.rpartition('.')[2]}",
            args=arguments,
            check_mode=check_mode,
            diff=True,
            async_val=0,
            environment=None,
            delegate_to=None,
        )
        loader = DataLoader()
        module = action.ActionModule(
            task, SimpleNamespace(_shell=SimpleNamespace(tmpdir=None)), None, loader, Templar(loader), None
        )
        return module.run(task_vars={"tenant_registry_url": url, **(variables or {})})

    return call


@pytest.fixture
def registry(act):
    def call(state, **options):
        return act(tenant_registry, tenant="acme", state=state, **(RESERVE if state == "reserved" else {}), **options)

    return call


@pytest.fixture
def journal(act):
    def call(event, **options):
        return act(tenant_journal, tenant="acme", event=event, **{**EVENTS[event][1], **options})

    return call


def written(url):
    """All that stands in the registry about acme."""
    with database.reading(url) as connection:
        return tenants.find(connection, "acme"), events.find(connection), leases.find(connection, "acme")


class TestTenantRegistry:
    @pytest.mark.parametrize("state", BEFORE)
    def test_each_state_is_foretold_reached_and_then_kept(self, registry, url, state):
        for earlier in BEFORE[state]:
            assert registry(earlier)["changed"]
        before = written(url)
        foretold = registry(state, check_mode=True)
        assert written(url) == before
        reached = registry(state)
        for result in (foretold, reached):
            assert result["changed"]
            assert (result["tenant"]["state"], result["diff"]["after"]["state"]) == (state, state)
            assert result["diff"]["before"] == (before[0] or {})
        after = written(url)
        assert after[0] == reached["tenant"]
        assert after[1][-1]["event"] == state
        assert not registry(state, check_mode=True)["changed"]
        assert not registry(state)["changed"]
        assert written(url) == after

    def test_a_way_that_is_not_there_is_refused_in_check_mode_too(self, registry):
        registry("reserved")
        for check_mode in (True, False):
            refused = registry("active", check_mode=check_mode)
            assert refused["failed"]
            assert refused["msg"].startswith("acme is reserved and can't become active")

    def test_what_an_earlier_task_of_a_check_run_would_have_made_is_taken_as_made(self, registry, tmp_path):
        assert registry("active", check_mode=True)["tenant"] == {"name": "acme", "state": "active"}
        assert list(tmp_path.iterdir()) == []
        assert "acme is not in the registry" in registry("active")["msg"]

    def test_a_claim_that_says_too_little_is_refused(self, act):
        refused = act(tenant_registry, tenant="acme", state="reserved", plan="starter")
        assert refused["msg"] == "state reserved needs identity, admin_email, owner, benches."

    def test_the_state_is_told_with_what_the_tenant_is_by_then(self, registry, url):
        for earlier in BEFORE["active"]:
            registry(earlier)
        http = {"state": "http_only", "frontend_url": "http://acme", "backend_url": "http://api.acme"}
        made = registry("active", certificate=http, applied="abc", evidence={"ping": "pong"})
        row, history, _lease = written(url)
        assert made["tenant"] == row
        assert (row["certificate"], row["frontend_url"], row["applied"]) == ("http_only", "http://acme", "abc")
        assert row["evidence"] == {"ping": "pong"}
        assert [event["event"] for event in history[-3:]] == ["certificate", "urls changed", "active"]

    def test_a_reason_is_kept_without_secrets(self, registry, url):
        registry("reserved")
        registry("failed", reason="login failed: password=hunter2")
        assert "hunter2" not in str(written(url))


class TestTenantJournal:
    @pytest.mark.parametrize("event", EVENTS)
    def test_each_event_is_written_and_in_check_mode_is_not(self, journal, url, event):
        earlier, _arguments, told, foretold = EVENTS[event]
        for one in earlier:
            assert "failed" not in journal(one)
        before = written(url)
        answer = journal(event, check_mode=True)
        assert foretold.items() <= answer.items()
        assert written(url) == before
        answer = journal(event)
        assert told.items() <= answer.items()
        assert not answer["changed"]
        assert written(url)[1][-1]["event"] == WORDS[event]

    def test_what_would_be_undone_is_foretold(self, journal):
        for event in ("opened", "begun", "recorded"):
            journal(event)
        assert journal("failed", check_mode=True)["undo"] == journal("failed")["undo"] != []

    def test_a_step_that_begins_tells_that_the_one_before_it_is_complete(self, journal):
        for event in ("opened", "begun"):
            journal(event)
        journal("begun", step="seed", completes=STEP["step"])
        assert journal("opened")["done"] == [STEP["step"]]

    def test_in_check_mode_no_registry_is_made_and_nobody_held_off(self, journal, tmp_path, beating):
        answer = journal("opened", check_mode=True)
        assert (answer["provisioning"], answer["tenant"]) == (None, None)
        assert list(tmp_path.iterdir()) == []
        assert beating == []

    def test_with_each_event_the_run_has_a_heartbeat(self, journal, beating):
        for event in ("opened", "begun"):
            journal(event)
        assert beating == [runs.current().name] * 2

    @pytest.mark.parametrize("event", sorted(tenant_journal.OF_A_STEP))
    def test_an_event_of_a_step_needs_the_step(self, journal, event):
        assert journal(event, step="")["msg"] == f"event {event} needs step."

    def test_what_a_tool_said_is_kept_without_secrets(self, journal, url):
        for event in ("opened", "begun"):
            journal(event)
        journal("failed", error="password=hunter2", output_tail="Authorization: Bearer hunter3hunter3")
        data = written(url)[1][-1]["data"]
        assert "hunter" not in str(data)
        assert data["output_tail"].startswith("Authorization")


class TestWho:
    def actors(self, url):
        return {event["actor"] for event in written(url)[1]}

    @pytest.mark.parametrize("variable", ["awx_user_name", "tower_user_name"])
    def test_the_person_who_started_the_job_of_awx(self, journal, registry, url, variable):
        journal("opened", variables={variable: "ada"})
        registry("reserved", variables={variable: "ada"})
        assert self.actors(url) == {"ada"}

    def test_else_the_account(self, journal, url):
        journal("opened")
        assert self.actors(url) == {getpass.getuser()}

    @pytest.mark.parametrize("error", [KeyError("uid not found"), OSError("No username set in the environment")])
    def test_which_may_have_no_name(self, journal, url, monkeypatch, error):
        def no_name():
            raise error

        monkeypatch.setattr(getpass, "getuser", no_name)
        journal("opened")
        assert self.actors(url) == {f"uid {os.getuid()}"}
