# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary that a person reads at the end."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.frappeops.tenants.plugins.plugin_utils.report import Outcome, curl, lines

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
    mode="fresh",
    steps=[
        {"step": "frappeops.tenants.dns", "state": "done", "seconds": 0.41, "error": None},
        {"step": "frappeops.tenants.site", "state": "done", "seconds": 15.2, "error": None},
    ],
    certificate={"issuer": "R11", "days_left": 89, "not_after": "2027-02-21"},
)
FAILED = replace(
    LIVE,
    steps=[
        {"step": "frappeops.tenants.reserve", "state": "undone", "seconds": None, "error": None},
        {"step": "frappeops.tenants.dns", "state": "undone", "seconds": 0.41, "error": None},
        {"step": "frappeops.tenants.site", "state": "left", "seconds": None, "error": "the server is away"},
    ],
    failure={"step": "site", "task": "Make the site", "msg": "no disk", "output_tail": "one\ntwo"},
)


def test_a_live_tenant():
    assert lines(LIVE) == [
        "acme is active",
        "  frontend       https://acme.example.com",
        "  backend        https://api.acme.example.com",
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
        "  taken back     dns, reserve",
        "  left           site: the server is away",
        "  next           run the same command again to take back the rest",
    ]


def test_a_complete_tenant_is_not_taken_back():
    told = lines(replace(FAILED, mode="converge", steps=LIVE.steps))
    assert "  taken back     nothing: the tenant was complete before this run and stays as it is" in told


def test_check_mode_says_that_nothing_was_done():
    assert lines(replace(LIVE, check_mode=True))[0] == "acme would be made (check mode: nothing was done)"


def test_without_a_certificate():
    assert "  certificate    none" in lines(replace(LIVE, certificate={}))


def test_curl_quotes_for_a_shell_and_resolves_the_port():
    assert curl("https://api.acme.example.com:8443", "/tmp/my ca.pem", "127.0.0.1") == (
        "curl --cacert '/tmp/my ca.pem' --resolve api.acme.example.com:8443:127.0.0.1 "
        "https://api.acme.example.com:8443/api/method/ping"
    )
    assert "--resolve api.acme.example.com:443:192.0.2.1" in curl("https://api.acme.example.com", "", "192.0.2.1")
