# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Frappe says of its sites becomes checks; the bench is one that answers as told."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from web_servers import Reply, serving

from ansible_collections.frappeops.tenants.plugins.module_utils.site_health import CHECKS, AuthSite, Wanted, examine

URL = "https://api.acme.test"
BACK = f"{URL}/api/method/frappe.integrations.oauth2_logins.custom/lab_auth"
OWNER = "5f2c91d04be71a3f"
TENANT = {
    "name": "acme",
    "site": "api.acme.test",
    "backend_url": URL,
    "adopted": False,
    "client_id": "acme-client",
    "redirect_uri": BACK,
}
QUEUES = {"short": ["idle"], "default": ["idle", "busy"], "long": ["busy"]}
EVERYTHING = Wanted(password_login=False, seconds=1, left_out=[])


class ToldBench:
    """Answers for inside_health: C(seen) of each site, the rest of the bench."""

    def __init__(self, workers=None, schedule="", clients=None, **seen):
        self.seen = {"scheduler": "", "url": URL, "job": "finished", "sign_in": [], **seen}
        self.of_bench = {"workers": workers or QUEUES, "schedule": schedule, "clients": clients or {}}
        self.asked = []

    def call(self, program, payload):
        self.asked.append((program.__name__.rpartition(".")[2], payload))
        return {"sites": {site: self.seen for site in payload["sites"]}, **self.of_bench}


def link(provider="https://auth.test/authorize", **changed):
    query = {"client_id": "acme-client", "redirect_uri": BACK, **changed}
    return {"name": "lab_auth", "url": f"{provider}?{urlencode(query)}"}


def checks(bench, wanted=EVERYTHING, **changes):
    [tenant] = examine(bench, [{**TENANT, **changes}], wanted)
    return {check["name"]: check for check in tenant["checks"]}


def test_a_site_that_is_well():
    with serving(lambda request: Reply(302)) as web:
        bench = ToldBench(sign_in=[link(f"http://127.0.0.1:{web.port}/authorize")])
        found = checks(bench)
    assert set(found) == set(CHECKS) - {"client"}
    assert {check["status"] for check in found.values()} == {"PASS"}
    asked = {"operation": "examine", "sites": ["api.acme.test"], "seconds": 1, "oauth_site": ""}
    assert bench.asked == [("inside_health", asked)]


@pytest.mark.parametrize(
    ("seen", "name", "told"),
    [
        ({"scheduler": "it is paused"}, "scheduler", "it is paused"),
        ({"job": "queued"}, "jobs", "its job is queued"),
        ({"workers": {**QUEUES, "long": []}}, "jobs", "no worker for the queues long"),
        ({"workers": dict.fromkeys(QUEUES, ()), "job": ""}, "jobs", "no worker for the queues short, default, long"),
        ({"workers": {"unjudged": "ConnectionError: refused"}}, "jobs", "can't be judged: ConnectionError: refused"),
        ({"job": {"unjudged": "ConnectionError: refused"}}, "jobs", "can't be judged: ConnectionError: refused"),
        ({"scheduler": {"unjudged": "KeyError: 'x'"}}, "scheduler", "can't be judged: KeyError: 'x'"),
        ({"sign_in": {"unjudged": "KeyError: 'x'"}}, "oauth", "can't be judged: KeyError: 'x'"),
        ({"url": f"{URL}:8000"}, "links", f"they lead to {URL}:8000"),
        ({"sign_in": []}, "oauth", "nobody can sign in"),
        ({"sign_in": [link("/authorize")]}, "oauth", "which is no provider"),
        ({"sign_in": [link(f"{URL}/authorize")]}, "oauth", "which is no provider"),
        ({"sign_in": [link(client_id="")]}, "oauth", "names no client_id"),
        ({"sign_in": [link(client_id="eve")]}, "oauth", "sign-in names the client eve, not acme-client"),
        ({"sign_in": [link(redirect_uri="https://api.eve.test/x")]}, "oauth", "back to https://api.eve.test/x"),
        ({"sign_in": [link(redirect_uri=f"{URL}.eve.test/x")]}, "oauth", "send people back"),
        ({"sign_in": [link("http://127.0.0.1:1/authorize")]}, "provider", "can't be asked"),
    ],
)
def test_what_is_wrong_is_told_by_its_own_check(seen, name, told):
    found = checks(
        ToldBench(**{"sign_in": [link()], **seen}), Wanted(False, 1, [] if name == "provider" else ["provider"])
    )
    assert [check for check, one in found.items() if one["status"] == "FAIL"] == [name]
    assert told in found[name]["seen"]
    assert found[name]["remedy"]


def test_sign_in_has_to_lead_to_the_provider_itself():
    found = checks(ToldBench(sign_in=[link("https://auth.evil.test/a")]), authorize_url="https://auth.test/a")
    assert found["oauth"]["seen"] == "lab_auth: sign-in leads to https://auth.evil.test/a, not to https://auth.test/a"
    assert (found["provider"]["status"], found["provider"]["seen"]) == ("SKIP", "not looked at, since oauth failed")


@pytest.mark.parametrize(
    ("seen", "name", "told"),
    [
        ({"job": "queued", "workers": {**QUEUES, "short": ["busy", "busy"]}}, "jobs", "busy with other jobs"),
        ({"schedule": "nobody holds the lock"}, "schedule", "no scheduler was seen: nobody holds the lock"),
    ],
)
def test_what_may_be_so_for_a_good_reason_is_a_warning(seen, name, told):
    found = checks(ToldBench(sign_in=[link()], **seen), Wanted(False, 1, ["provider"]))
    assert [check for check, one in found.items() if one["status"] != "PASS"] == [name]
    assert found[name]["status"] == "WARN"
    assert told in found[name]["seen"]


@pytest.mark.parametrize(
    ("leads", "told"),
    [
        ([BACK], ""),
        (None, f"no client {OWNER}"),
        ([BACK, "https://evil.test/cb"], "send people back to https://evil.test/cb, not to"),
        ([f"{URL}/other"], f"send people back to {URL}/other, not to {BACK} alone"),
    ],
)
def test_a_managed_auth_site_has_to_know_the_tenant(leads, told):
    """The tenant may live on another bench."""
    known = [{"client": "neighbour", "redirect_uris": ["https://n.test/cb"]}]
    known += [{"client": OWNER, "redirect_uris": leads}] if leads else []
    bench = ToldBench(clients={"clients": known})
    [found] = examine(bench, [], EVERYTHING, AuthSite("auth.test", [{**TENANT, "client_id": OWNER}]))
    assert bench.asked[0][1]["oauth_site"] == "auth.test"
    [check] = found["checks"]
    assert (found["name"], check["name"], check["status"]) == ("acme", "client", "FAIL" if told else "PASS")
    assert told in check["seen"]


def test_a_site_that_can_not_be_opened_is_told_once():
    found = checks(ToldBench(error="OperationalError: (1045, 'Access denied')"))
    assert "1045" in found.pop("inside")["seen"]
    assert set(found) == {"scheduler", "schedule", "jobs", "links", "oauth", "provider"}
    assert {check["seen"] for check in found.values()} == {"not looked at, since inside failed"}
    assert set(checks(ToldBench(error="x"), Wanted(True, 1, []))) == {
        "inside",
        "scheduler",
        "schedule",
        "jobs",
        "links",
    }


def test_where_people_sign_in_with_passwords_no_provider_is_looked_for():
    assert set(checks(ToldBench(), Wanted(True, 1, []))) == {"inside", "scheduler", "schedule", "jobs", "links"}


def test_an_adopted_tenant_has_its_own_address_and_login():
    [tenant] = examine(ToldBench(url="https://erp.acme.com", sign_in=[]), [{**TENANT, "adopted": True}], EVERYTHING)
    assert [(check["name"], check["status"]) for check in tenant["checks"]] == [
        ("inside", "PASS"),
        ("scheduler", "PASS"),
        ("schedule", "PASS"),
        ("jobs", "PASS"),
    ]


def test_a_provider_of_many_tenants_is_asked_once():
    with serving(lambda request: Reply(400, "invalid client")) as web:
        bench = ToldBench(sign_in=[link(f"http://127.0.0.1:{web.port}/authorize")])
        tenants = examine(bench, [TENANT, {**TENANT, "name": "acme2"}], EVERYTHING)
    assert len(web.requests) == 1
    assert all("answers 400: 'invalid client'" in tenant["checks"][-1]["seen"] for tenant in tenants)


def test_a_provider_that_refuses_one_address_to_lead_back_to_has_not_refused_the_others():
    other = {"name": "eve", "site": "api.eve.test", "backend_url": "https://api.eve.test", "adopted": False}
    refuses = "api.eve.test"
    with serving(lambda request: Reply(400 if refuses in request.path else 302)) as web:
        page = f"http://127.0.0.1:{web.port}/authorize"
        bench = ToldBench()
        bench.call = lambda _program, _payload: {
            "sites": {
                "api.acme.test": {**bench.seen, "sign_in": [link(page)]},
                "api.eve.test": {**bench.seen, "sign_in": [link(page, redirect_uri="https://api.eve.test/x")]},
            },
            **bench.of_bench,
        }
        acme, eve = examine(bench, [TENANT, other], EVERYTHING)
    assert [tenant["checks"][-1]["status"] for tenant in (acme, eve)] == ["PASS", "FAIL"]
