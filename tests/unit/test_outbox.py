# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mail goes out once, whatever happens to the run that sends it; on a real SQLite registry."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import test_registry
from test_registry import at_once

from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import clock, database, outbox, schema

MAIL = "<welcome.0123@example.com>"
ABOUT = {"mail": MAIL, "tenant": "acme", "recipient": "ada@acme.com"}

url, run = test_registry.url, test_registry.run


@pytest.fixture
def dead_run(run):
    process = subprocess.Popen(["true"])
    process.wait()
    return replace(run, pid=process.pid, pid_started="1")


@pytest.fixture
def in_registry(url):
    """Calls a function of the outbox in a transaction of its own."""

    def call(work, *values, **options):
        with database.transaction(url) as connection:
            return work(connection, *values, **options)

    return call


def take(connection, run, **options):
    """Want the mail, and claim it if it waits."""
    state = outbox.want(connection, run, **ABOUT, **options)
    return outbox.claim(connection, run, MAIL) if state == outbox.WAITING else state


class TestOutbox:
    def test_it_is_sent_once(self, in_registry, run):
        assert in_registry(take, run) == "waiting"
        assert in_registry(take, run) == "sending"
        in_registry(outbox.settle, run, MAIL, outbox.SENT)
        assert in_registry(take, run) == "sent"
        assert in_registry(outbox.claim, run, MAIL) == "sent"
        assert in_registry(outbox.open_mails) == []

    def test_of_many_at_once_one_sends(self, url, run, in_registry):
        in_registry(outbox.want, run, **ABOUT)

        def claim(number):
            with database.transaction(url) as connection:
                found = outbox.claim(connection, run, MAIL)
            if found != "waiting":
                raise ValueError(found)

        answers = at_once(claim)
        assert sorted(answers) == [""] + ["sending"] * (len(answers) - 1)

    def test_what_failed_is_open_and_sent_by_the_next(self, in_registry, run):
        in_registry(take, run)
        in_registry(outbox.settle, run, MAIL, outbox.WAITING, "Mail server mail port 25 refuses the connection.")
        [mail] = in_registry(outbox.open_mails)
        assert (mail["id"], mail["tenant"], mail["state"], mail["attempts"]) == (MAIL, "acme", "waiting", 1)
        assert mail["error"] == "Mail server mail port 25 refuses the connection."
        assert in_registry(take, run) == "waiting"

    def test_what_a_dead_run_had_not_claimed_just_waits(self, in_registry, run, dead_run):
        in_registry(outbox.want, dead_run, **ABOUT)
        assert [mail["state"] for mail in in_registry(outbox.open_mails)] == ["waiting"]
        assert in_registry(take, run, new=False) == "waiting"

    def test_what_a_dead_run_was_sending_is_unsure_and_only_sent_when_told(self, in_registry, run, dead_run):
        in_registry(take, dead_run)
        assert [mail["state"] for mail in in_registry(outbox.open_mails)] == ["unsure"]
        assert in_registry(take, run) == "unsure"
        assert in_registry(take, run) == "unsure"
        assert in_registry(take, run, again=True) == "waiting"
        in_registry(outbox.settle, run, MAIL, outbox.SENT)
        assert in_registry(outbox.open_mails) == []

    def test_a_run_on_another_controller_is_given_time(self, in_registry, run, url):
        in_registry(take, replace(run, controller="elsewhere"))
        assert in_registry(take, run, again=True) == "sending"
        assert in_registry(outbox.open_mails) == []
        with database.transaction(url) as connection:
            connection.execute(schema.outbox.update().values(changed_at=clock.after(-outbox.SENDING_SECONDS - 1)))
        assert in_registry(take, run) == "unsure"

    def test_who_could_not_write_it_does_not_set_free_what_another_sends(self, in_registry, run):
        other = replace(run, controller="elsewhere")
        in_registry(outbox.want, run, **ABOUT)
        in_registry(take, other)
        in_registry(outbox.settle, run, MAIL, outbox.WAITING, "the template is broken")
        assert in_registry(take, run) == "sending"
        in_registry(outbox.settle, other, MAIL, outbox.SENT)
        assert in_registry(take, run) == "sent"

    def test_one_that_was_sent_goes_out_again_only_when_told(self, in_registry, run):
        in_registry(take, run)
        in_registry(outbox.settle, run, MAIL, outbox.SENT)
        assert in_registry(take, run, again=True) == "waiting"

    def test_one_that_waits_goes_to_the_address_of_today(self, in_registry, run):
        in_registry(outbox.want, run, **ABOUT)
        in_registry(outbox.want, run, MAIL, "acme", "eve@acme.com")
        assert [mail["recipient"] for mail in in_registry(outbox.open_mails)] == ["eve@acme.com"]

    def test_one_that_is_not_wanted_is_never_begun(self, in_registry, run):
        assert in_registry(take, run, new=False) == "unknown"
        assert in_registry(outbox.claim, run, MAIL) == "unknown"
        assert in_registry(outbox.open_mails) == []
        assert in_registry(take, run, new=False, again=True) == "waiting"

    def test_what_came_of_it_is_an_event(self, in_registry, run, url):
        in_registry(take, run)
        in_registry(outbox.settle, run, MAIL, outbox.WAITING, "no")
        with database.reading(url) as connection:
            [event] = schema.plain_rows(connection.execute(schema.events.select()))
        assert (event["tenant"], event["event"], event["data"]) == (
            "acme",
            "mail waiting",
            {"mail": MAIL, "error": "no"},
        )
