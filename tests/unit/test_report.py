# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary that a person reads at the end."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.frappeops.tenants.plugins.plugin_utils.report import Outcome, curl, lines, result

LIVE = Outcome(
    identity={
        "name": "acme",
        "frontend_url": "https://acme.example.com",
        "backend_url": "https://api.acme.example.com",
    },
    record={
        "state": "active",
        "admin_email": "ada@acme.com",
        "plan": "starter",
        "site": "api.acme.example.com",
        "bench": "b1",
    },
    ended="live",
    mode="fresh",
    steps=[
        {"step": "frappeops.tenants.dns", "state": "done", "seconds": 0.41, "undo_seconds": None, "error": None},
        {"step": "frappeops.tenants.site", "state": "done", "seconds": 15.2, "undo_seconds": None, "error": None},
    ],
    certificate={"issuer": "R11", "days_left": 89, "not_after": "2027-02-21"},
)
AWAY = "the server is away"
FAILED = replace(
    LIVE,
    ended="failed",
    steps=[
        {"step": "frappeops.tenants.reserve", "state": "undone", "seconds": 0.04, "undo_seconds": 0.03, "error": None},
        {"step": "frappeops.tenants.dns", "state": "undone", "seconds": 0.41, "undo_seconds": 0.58, "error": None},
        {"step": "frappeops.tenants.site", "state": "left", "seconds": None, "undo_seconds": 10.0, "error": AWAY},
    ],
    failure={"step": "site", "task": "Make the site", "msg": "no disk", "output_tail": "one\ntwo"},
)


def test_a_live_tenant():
    assert lines(LIVE) == [
        "acme is active",
        "  frontend       https://acme.example.com",
        "  backend        https://api.acme.example.com",
        "  dashboard      https://acme.example.com/dashboard",
        "  administrator  ada@acme.com, signs in through OAuth",
        "  plan           starter, site api.acme.example.com on b1",
        "  certificate    R11, 89 days left (until 2027-02-21)",
        "  steps          dns 0.4 s, site 15.2 s",
        "  try it         curl https://api.acme.example.com/api/method/ping",
    ]


def test_a_failure_tells_what_was_undone_what_is_left_and_what_to_do():
    assert lines(FAILED) == [
        "acme failed in step site: no disk",
        "  task           Make the site",
        "  output         one",
        "                 two",
        "  steps          reserve 0.0 s, dns 0.4 s",
        "  taken back     dns 0.6 s, reserve 0.0 s",
        "  left           site: the server is away",
        "  next           run the same command again to take back the rest",
    ]


def test_programs_get_the_same():
    told = result(FAILED)
    assert told["result"] == "failed"
    assert told["taken_back"] == ["dns", "reserve"]
    assert told["left"] == [{"step": "site", "error": AWAY}]
    assert told["failure"]["output_tail"] == "one\ntwo"
    assert told["steps"] == FAILED.steps


def test_what_was_taken_back_as_it_was_asked_for():
    whole = replace(FAILED, ended="taken_back", steps=FAILED.steps[:2], failure={})
    assert lines(whole) == [
        "acme is taken back, and nothing of it is left",
        "  taken back     dns 0.6 s, reserve 0.0 s",
    ]
    assert lines(replace(whole, check_mode=True)) == ["acme would be taken back (check mode: nothing was done)"]
    assert lines(replace(whole, steps=FAILED.steps)) == [
        "acme could not be taken back whole",
        "  taken back     dns 0.6 s, reserve 0.0 s",
        "  left           site: the server is away",
        "  next           run the same command again to take back the rest",
    ]


def test_what_was_cut_off_stays_for_the_next_run():
    begun = {"step": "frappeops.tenants.site", "state": "begun", "seconds": None, "undo_seconds": None, "error": None}
    cut = replace(
        LIVE,
        ended="unfinished",
        steps=[LIVE.steps[0], begun],
        failure={"step": "site", "task": "Make the site", "msg": "b1 can't be reached."},
    )
    assert lines(cut) == [
        "acme was cut off in step site: b1 can't be reached.",
        "  task           Make the site",
        "  steps          dns 0.4 s",
        "  stays          dns, site; the journal has it all",
        "  next           run the same command again to go on, or with -e tenant_on_resume=rollback to take it back",
    ]


def test_what_is_worth_knowing_is_told_to_people_and_programs():
    warned = replace(LIVE, warnings=["its mail was not sent"], dashboard_path="/start")
    assert "  warning        its mail was not sent" in lines(warned)
    assert "  dashboard      https://acme.example.com/start" in lines(warned)
    told = result(warned)
    assert told["warnings"] == ["its mail was not sent"]
    assert told["dashboard_url"] == "https://acme.example.com/start"
    assert told["certificate"]["not_after"] == "2027-02-21"


def test_a_failure_that_is_known_is_told_with_its_remedy():
    known = {"number": 9, "title": "a disk is full", "cause": "No room.", "remedy": "Make room."}
    told = lines(replace(FAILED, failure={**FAILED.failure, "ailments": [known]}))
    assert told[4:7] == [
        "  ailment        9 a disk is full",
        "  cause          No room.",
        "  remedy         Make room.",
    ]


def test_of_several_ailments_each_is_told_with_what_it_was_seen_by():
    disk = {
        "number": 9,
        "title": "a disk is full",
        "cause": "No room.",
        "evidence": "12 MB free",
        "remedy": "Make room.",
    }
    app = {"number": 2, "title": "an app is missing", "cause": "No app.", "evidence": "hrms", "remedy": "Get it."}
    told = lines(replace(FAILED, failure={**FAILED.failure, "ailments": [disk, app]}))
    assert told[4:12] == [
        "  ailment        9 a disk is full",
        "  evidence       12 MB free",
        "  cause          No room.",
        "  remedy         Make room.",
        "  ailment        2 an app is missing",
        "  evidence       hrms",
        "  cause          No app.",
        "  remedy         Get it.",
    ]


def test_what_is_kept_on_purpose_was_not_cut_off():
    failure = {"step": "verify", "task": "See it", "msg": "502.", "keep": True, "lost_host": ""}
    assert (
        lines(replace(LIVE, ended="unfinished", failure=failure))[0] == "acme failed and is kept in step verify: 502."
    )


def test_a_complete_tenant_is_not_taken_back():
    told = lines(replace(FAILED, mode="converge", steps=LIVE.steps))
    assert "  taken back     nothing: the tenant was complete before this run and stays as it is" in told


def test_check_mode_says_that_nothing_was_done():
    assert lines(replace(LIVE, check_mode=True))[0] == "acme would be made (check mode: nothing was done)"


def test_without_a_certificate_the_urls_are_those_of_the_registry():
    urls = {"frontend_url": "http://acme.example.com", "backend_url": "http://api.acme.example.com"}
    by_plan = lines(replace(LIVE, certificate={}, record={**LIVE.record, **urls, "certificate": "none"}))
    assert by_plan[1:3] == ["  frontend       http://acme.example.com", "  backend        http://api.acme.example.com"]
    assert by_plan[6] == "  certificate    none"
    assert by_plan[-1] == "  try it         curl http://api.acme.example.com/api/method/ping"
    for_now = lines(replace(LIVE, certificate={}, record={**LIVE.record, **urls, "certificate": "http_only"}))
    assert for_now[6] == "  certificate    NONE: served over HTTP until the playbook certificates obtains one"


def test_a_shared_certificate_is_told():
    shared = lines(replace(LIVE, record={**LIVE.record, "certificate": "shared"}))
    assert "  certificate    R11, shared by all tenants, 89 days left (until 2027-02-21)" in shared


def test_curl_quotes_for_a_shell_and_resolves_the_port():
    assert curl("https://api.acme.example.com:8443", "/tmp/my ca.pem", "127.0.0.1") == (
        "curl --cacert '/tmp/my ca.pem' --resolve api.acme.example.com:8443:127.0.0.1 "
        "https://api.acme.example.com:8443/api/method/ping"
    )
    assert "--resolve api.acme.example.com:443:192.0.2.1" in curl("https://api.acme.example.com", "", "192.0.2.1")
