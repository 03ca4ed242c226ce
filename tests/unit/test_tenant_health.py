# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each thing that can be wrong with a tenant is told by its own check; against a server that answers as nginx and Frappe do."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from web_servers import Authority, Reply, free_port, serving

from ansible_collections.frappeops.tenants.plugins.module_utils import tenant_health
from ansible_collections.frappeops.tenants.plugins.module_utils.health_check import FAIL, PASS, SKIP, WARN, Check, worst
from ansible_collections.frappeops.tenants.plugins.module_utils.http_probe import Client, View
from ansible_collections.frappeops.tenants.plugins.module_utils.tenant_health import CHECKS, Subject
from ansible_collections.frappeops.tenants.plugins.plugin_utils import health_report

FRONTEND, BACKEND, SITE = "acme.test", "api.acme.test", "api.acme.test"
PROVIDER = "https://auth.test"
AS_IT_SHOULD_BE = {
    "proof_path": "/files/proof.txt",
    "proof_content": "5f2c",
    "provider_url": PROVIDER,
    "warn_days": 5,
}
PONG = Reply(200, '{"message":"pong"}')
REFUSED = Reply(403, '{"message": "Not permitted"}')
PASSWORD_OFF = Reply(401, '{"message": "Login with username and password is not allowed."}')
PASSWORD_ON = Reply(401, '{"message": "Invalid login credentials"}')
SIGN_UP_OFF = Reply(417, '{"_server_messages": "Sign Up is disabled"}')


def answers(request):
    """A tenant as it should be."""
    path = request.path.partition("?")[0]
    if request.headers["host"].startswith(FRONTEND):
        signs_in = path == "/auth/login"
        return Reply(302, "", {"Location": f"{PROVIDER}/login"}) if signs_in else Reply(200, "<h1>acme</h1>")
    if path == "/api/method/upload_file":
        return REFUSED
    if request.method == "POST" or "cmd=" in request.path or "login" in path:
        told = request.body.decode(errors="replace") + request.path
        if "reset_password" in told:
            return Reply(429, "{}")
        return SIGN_UP_OFF if "sign_up" in told else Reply(200, "{}") if "send_login_link" in told else PASSWORD_OFF
    if path == "/api/method/ping":
        return PONG
    if path == "/api/method/download_file" or path == "/files/proof.txt":
        return Reply(200, "5f2c")
    if path == "/socket.io/":
        return Reply(200, '0{"sid":"x","upgrades":["websocket"]}')
    return Reply(404, "not found")


class Led(Client):
    """Finds the test's servers, and takes that for what the names resolve to."""

    is_led = False


def leads_to(location):
    """Plain HTTP that leads there; C({host}) and C({port}) are those where the tenant is."""
    return lambda host, port: Reply(301, headers={"location": location.format(host=host, port=port)})


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def look(authority):
    """Looks at a tenant that answers so; returns the checks by name."""

    def examine(answer=answers, names=(FRONTEND, BACKEND), redirect=None, left_out=(), frontend=None, **changes):
        def plain(request):
            host = request.headers["host"].partition(":")[0]
            return (redirect or leads_to("https://{host}:{port}/"))(host, web.port)

        with serving(answer, authority.context(*names)) as web, serving(plain) as http:
            subject = Subject(
                "acme",
                SITE,
                frontend or f"https://{FRONTEND}:{web.port}",
                f"https://{BACKEND}:{web.port}",
                http_port=http.port,
                **{**AS_IT_SHOULD_BE, **changes},
            )
            client = Led(View(address="127.0.0.1", ca_file=str(authority.file), timeout=5))
            return {check.name: check for check in tenant_health.examine(client, subject, list(left_out))}

    return examine


def instead(path, reply):
    """A tenant whose answer to one path is another."""
    return lambda request: reply if request.path.startswith(path) else answers(request)


def test_a_tenant_as_it_should_be(look):
    checks = look()
    assert list(checks) == list(CHECKS)
    assert {check.status for check in checks.values()} == {PASS}, checks


@pytest.mark.parametrize(
    ("name", "status", "path", "reply", "seen"),
    [
        ("right_site", FAIL, "/api/method/download_file", Reply(200, "another"), "another content"),
        ("files", FAIL, "/files/proof.txt", Reply(403, "denied"), "403 'denied'"),
        ("uploads", FAIL, "/api/method/upload_file", Reply(413, "too large"), "413"),
        ("uploads", FAIL, "/api/method/upload_file", Reply(403, "<h1>403 Forbidden</h1><hr>nginx"), "403 Forbidden"),
        ("secret_paths", FAIL, f"/{SITE}/site_config.json", Reply(200, '{"db_password": "x"}'), "gives away"),
        ("socket", WARN, "/socket.io/", Reply(502, "Bad Gateway"), "502 'Bad Gateway'"),
        ("socket", WARN, "/socket.io/", Reply(200, "0{not json"), "200"),
        ("sign_in", FAIL, "/auth/login", Reply(404, "nothing here"), "it gave 404 'nothing here'"),
        ("sign_in", FAIL, "/auth/login", Reply(302, "", {"Location": "/login"}), "sign-in leads to https://acme.test"),
        ("sign_in", FAIL, "/auth/login", Reply(302, "", {"Location": "https://auth.test.evil.test/"}), "evil.test/"),
        ("sign_in", FAIL, "/auth/login", Reply(302, "", {"Location": "http://[x"}), "can't be judged: ValueError"),
        ("doors", FAIL, "/api/method/login", Reply(401, '{"message": "Invalid login credentials"}'), "login doors"),
    ],
)
def test_one_thing_that_is_wrong_is_told_by_its_check_alone(look, name, status, path, reply, seen):
    checks = look(instead(path, reply))
    assert checks[name].status == status
    assert seen in checks[name].seen
    assert checks[name].remedy
    assert {other.status for other in checks.values() if other.name != name} == {PASS}


def test_a_plan_that_takes_less_than_is_tried_is_no_fault(look):
    """Frappe itself, behind nginx, says so in werkzeug's words."""
    too_large = "<h1>Request Entity Too Large</h1><p>The data value transmitted exceeds the capacity limit.</p>"
    uploads = look(instead("/api/method/upload_file", Reply(413, too_large)))["uploads"]
    assert (uploads.status, uploads.seen) == (PASS, "2 MB reach Frappe, whose limit is lower for this site")


def test_an_adopted_tenant_is_not_asked_for_what_was_never_made_for_it(look):
    open_door = instead("/api/method/login", Reply(401, '{"message": "Invalid login credentials"}'))
    checks = look(open_door, adopted=True)
    assert set(CHECKS) - set(checks) == {"sign_in", "right_site", "files", "doors"}
    assert {check.status for check in checks.values()} == {PASS}


def test_a_frontend_that_is_away(look):
    checks = look(lambda request: Reply(502, "") if request.headers["host"].startswith(FRONTEND) else answers(request))
    assert checks["frontend"].status == FAIL
    assert checks["frontend"].remedy == "Is the frontend service running?"


#: What means nothing where the backend does not answer.
BEHIND_THE_BACKEND = ["right_site", "files", "uploads", "secret_paths", "doors", "socket"]


def test_a_site_that_is_not_there_is_told_with_all_that_is_to_be_seen_without_it(look):
    checks = look(instead("/api/method/ping", Reply(404, "<p>api.acme.test does not exist</p>")))
    assert list(checks) == list(CHECKS)
    assert "the bench has no site api.acme.test" in checks["backend"].seen
    assert [name for name, check in checks.items() if check.status == SKIP] == BEHIND_THE_BACKEND
    assert checks["doors"].seen == "not looked at, since backend failed"
    assert {checks[name].status for name in ("dns", "certificate", "frontend", "sign_in", "redirect")} == {PASS}


def test_a_certificate_for_other_names_hides_nothing_of_the_frontend(look):
    checks = look(names=(FRONTEND,))
    assert "the certificate is for acme.test, not for api.acme.test" in checks["certificate"].seen
    assert (checks["backend"].status, checks["frontend"].status, checks["sign_in"].status) == (FAIL, PASS, PASS)


def test_a_tenant_whose_frontend_alone_is_served_over_http_has_no_certificate_there(look, authority):
    with serving(answers) as plain:
        checks = look(frontend=f"http://{FRONTEND}:{plain.port}")
    assert checks["certificate"].status == WARN
    assert f"http://{FRONTEND}" in checks["certificate"].seen
    assert checks["frontend"].status == PASS


def test_packets_may_follow_that_of_the_new_session(look):
    packets = Reply(200, '0{"sid":"x"}\x1e40')
    assert look(instead("/socket.io/", packets))["socket"].status == PASS


def test_a_suspended_tenant_is_one_of_which_nginx_says_so(look):
    checks = look(lambda request: Reply(402, "This site is suspended."), suspended=True)
    assert {check.status for check in checks.values()} == {PASS, SKIP}
    assert checks["backend"].seen == checks["frontend"].seen == "suspended: 402 'This site is suspended.'"
    assert checks["doors"].seen == "not looked at, since the tenant is suspended"
    assert look(suspended=True)["backend"].status == FAIL


def test_what_is_not_known_of_a_tenant_is_not_judged(look):
    checks = look(proof_path="", proof_content="", provider_url="")
    assert (checks["right_site"].status, checks["files"].status, checks["sign_in"].status) == (WARN, SKIP, SKIP)


def test_what_is_worth_keeping_of_a_tenant_that_is_well(look):
    kept = {name: value for check in look().values() for name, value in check.evidence.items()}
    assert (kept["status"], kept["address"], kept["frontend"], kept["proven"]) == (200, "127.0.0.1", 200, True)
    assert kept["doors"]["login"]["state"] == "closed"


def test_a_certificate_that_ends_soon_is_a_warning(look):
    assert look(warn_days=30)["certificate"].status == WARN


@pytest.mark.parametrize(
    ("redirect", "seen"),
    [
        (lambda host, port: Reply(200, "hello"), "200 'hello'"),
        (leads_to("https://{host}.evil.test:{port}/"), "to https://acme.test.evil.test"),
        (leads_to("https://{host}/"), "to https://acme.test/"),
        (leads_to("/login"), "to http://acme.test"),
        (leads_to("mailto:{host}"), "to mailto:acme.test"),
    ],
)
def test_plain_http_that_does_not_lead_to_the_tenant_is_told(look, redirect, seen):
    checks = look(redirect=redirect)
    assert checks["redirect"].status == FAIL
    assert seen in checks["redirect"].seen


def test_addresses_of_others_are_a_failure(look):
    dns = look(addresses=("192.0.2.1",))["dns"]
    assert (dns.status, dns.seen) == (FAIL, "the names lead to 127.0.0.1")
    assert look(addresses=("127.0.0.1",))["dns"].status == PASS


def test_checks_can_be_left_out_and_passwords_can_be_wanted(look):
    checks = look(instead("/api/method/login", PASSWORD_ON), left_out=["socket"], password_login=True)
    assert "socket" not in checks
    assert checks["doors"].status == PASS
    assert "that for passwords is open" in checks["doors"].seen
    assert look(password_login=True)["doors"].status == FAIL


def test_a_server_that_is_away_and_names_that_are_not_asked():
    port = free_port()
    subject = Subject("acme", SITE, f"https://{FRONTEND}:{port}", f"https://{BACKEND}:{port}")
    checks = tenant_health.examine(Client(View(address="127.0.0.1", timeout=5)), subject, [])
    told = {check.name: check.status for check in checks}
    assert told.pop("dns") == SKIP
    assert {name for name, status in told.items() if status == FAIL} == {
        "certificate",
        "backend",
        "frontend",
        "redirect",
    }
    assert set(told.values()) == {FAIL, SKIP}
    assert "refused the connection" in checks[1].seen


class TestReport:
    TENANTS = [
        {
            "name": "acme",
            "status": FAIL,
            "checks": [
                Check("dns", PASS, "127.0.0.1", "resolves").as_dict(),
                Check("backend", FAIL, "502", "pong", "Is gunicorn running?").as_dict(),
                Check("doors", SKIP, "not looked at, since backend failed", "closed").as_dict(),
            ],
        }
    ]

    def test_people_read_what_was_seen_what_was_wanted_and_what_to_do(self):
        text = [line for line, _colour in health_report.lines(self.TENANTS)]
        assert text == [
            "acme: FAIL",
            "  PASS  dns            127.0.0.1",
            "  FAIL  backend        502",
            "        wanted         pong",
            "        do             Is gunicorn running?",
            "  SKIP  doors          not looked at, since backend failed",
            "",
            "1 tenant: 1 FAIL",
        ]

    def test_pipelines_read_junit(self):
        root = ElementTree.fromstring(health_report.junit(self.TENANTS))
        [suite] = root.findall("testsuite")
        assert (suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) == (
            "acme",
            "3",
            "1",
            "1",
        )
        assert [case.get("name") for case in suite.findall("testcase[failure]")] == ["backend"]
        [skipped] = suite.findall("testcase[skipped]")
        assert skipped.find("skipped").get("message") == "not looked at, since backend failed"

    @given(st.text())
    def test_whatever_a_server_says_is_xml(self, said):
        check = Check("backend", FAIL, said, said, said).as_dict()
        ElementTree.fromstring(health_report.junit([{"name": "acme", "status": FAIL, "checks": [check]}]))

    def test_the_worst_counts(self):
        assert worst([]) == PASS
        assert worst([PASS, FAIL, WARN]) == FAIL
        assert worst([PASS, WARN]) == WARN
        assert worst([SKIP]) == worst([PASS, SKIP]) == PASS
