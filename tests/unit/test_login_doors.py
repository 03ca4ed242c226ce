# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which answers prove that a login door is closed; against a server that answers as Frappe 15.92 does."""

from __future__ import annotations

import ipaddress
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from web_servers import Reply, Request, serving

from ansible_collections.frappeops.tenants.plugins.module_utils import login_doors
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.http_probe import Answer, Client, View

CLIENT = Client(View(address="127.0.0.1", timeout=5))
GUEST = {"Set-Cookie": "sid=Guest; Path=/; HttpOnly; SameSite=Lax"}
SEND_LINK = "frappe.www.login.send_login_link"
SIGN_UP = "frappe.core.doctype.user.user.sign_up"
RESET = "frappe.core.doctype.user.user.reset_password"
PASSWORD_DOORS = {
    "login",
    "login_by_get",
    "login_v1",
    "login_v2",
    "command_in_body",
    "command_in_query",
    "ping_command_in_body",
    "ping_command_in_query",
    "ping_command_by_get",
    "ping_command_in_json",
    "frappe_ping_command_in_body",
    "frappe_ping_command_in_query",
}


OTHER_DOORS = {"password_reset_command", "email_link_command", "sign_up", "sign_up_command"}


def thrown(status, exc_type, words):
    """What Frappe answers to an exception with words for the user."""
    message = json.dumps({"message": words, "title": "Message", "indicator": "red"})
    traceback = 'frappe.throw(_("Login with username and password is not allowed.")); "Sign Up is disabled"'
    content = {
        "exception": f"frappe.exceptions.{exc_type}: {words}",
        "exc_type": exc_type,
        "exc": json.dumps([traceback]),
        "_server_messages": json.dumps([message]),
    }
    return Reply(status, json.dumps(content), GUEST)


@dataclass
class Frappe:
    """A site with its settings, as measured on 15.92."""

    password: bool = False
    email_link: bool = False
    sign_up: bool = False
    links_left: int = 5
    #: As System Settings have it: below 0 nobody gets a link.
    resets_left: int = -1

    def __call__(self, request: Request) -> Reply:
        url = urlsplit(request.path)
        fields = {name: values[0] for name, values in parse_qs(url.query).items()}
        if request.headers.get("content-type") == "application/json":
            fields |= json.loads(request.body)
        else:
            fields |= {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        command = fields.get("cmd") or url.path.rpartition("/")[2]
        if fields.get("cmd") == "login" or url.path == "/api/method/login":
            return self._login(fields)
        if command == SEND_LINK:
            return self._send_link(fields)
        if command == SIGN_UP:
            return self._sign_up(fields)
        if command == RESET:
            return self._reset()
        return Reply(200, "{}" if command == "login" else '{"message":"pong"}', GUEST)

    def _login(self, fields: dict[str, str]) -> Reply:
        assert fields["usr"].endswith("@example.invalid")
        if not self.password:
            return thrown(401, "AuthenticationError", "Login with username and password is not allowed.")
        traceback = 'if off: frappe.throw(_("Login with username and password is not allowed."))'
        content = {"message": "Invalid login credentials", "exc_type": "AuthenticationError", "exc": traceback}
        return Reply(401, json.dumps(content))

    def _send_link(self, fields: dict[str, str]) -> Reply:
        self.links_left -= 1
        if self.links_left < 0:
            return thrown(429, "RateLimitExceededError", "You hit the rate limit because of too many requests.")
        if not self.email_link:
            return Reply(200, "{}", GUEST)
        words = f"User with email address {fields['email']} does not exist"
        return thrown(404, "DoesNotExistError", words)

    def _reset(self) -> Reply:
        self.resets_left -= 1
        if self.resets_left < 0:
            return thrown(429, "RateLimitExceededError", "You hit the rate limit because of too many requests.")
        return Reply(404, '{"message":"not found"}', GUEST)

    def _sign_up(self, fields: dict[str, str]) -> Reply:
        if not self.sign_up:
            return thrown(417, "ValidationError", "Sign Up is disabled")
        # An address that is one would make a user.
        assert "@" not in fields["email"]
        return thrown(417, "InvalidEmailAddressError", f"{fields['email']} is not a valid Email Address")


SITE = "api.acme.test"


def try_doors(answer, site=SITE, **options):
    """Directly, as gunicorn is asked; with an empty site as through nginx."""
    with serving(answer) as web:
        return login_doors.try_doors(CLIENT, f"http://{SITE}:{web.port}", site=site, **options), web


def refusal(answer, **options):
    with pytest.raises(TenantError) as raised:
        try_doors(answer, **options)
    assert "\n" not in raised.value.msg
    return raised.value


def test_a_locked_site_is_closed_on_every_door():
    seen, web = try_doors(Frappe())
    assert {door["state"] for door in seen["doors"].values()} == {"closed"}
    assert set(seen["doors"]) == PASSWORD_DOORS | OTHER_DOORS
    assert len(web.requests) == len(seen["doors"])


def test_a_locked_site_is_asked_for_one_login_link_only():
    site = Frappe()
    try_doors(site)
    assert site.links_left == 4


def test_every_password_door_of_an_unlocked_site_is_named():
    found = refusal(Frappe(password=True))
    assert set(found.details["not_closed"]) == PASSWORD_DOORS
    assert all(name in found.msg for name in PASSWORD_DOORS)
    assert "password login" in found.remedy


def test_login_by_email_link_is_found():
    assert refusal(Frappe(email_link=True)).details["not_closed"] == ["email_link", "email_link_command"]


def test_sign_up_is_found():
    assert refusal(Frappe(sign_up=True)).details["not_closed"] == ["sign_up", "sign_up_command"]


def test_a_password_reset_that_opens_a_session_is_found():
    found = refusal(Frappe(resets_left=3))
    assert found.details["not_closed"] == ["password_reset", "password_reset_command"]
    assert "password reset" in found.remedy


def test_counted_tries_prove_nothing_through_nginx_unless_that_is_accepted():
    found = refusal(Frappe(links_left=0), site="")
    assert found.details["not_closed"] == ["email_link_command", "password_reset_command"]
    assert "hour" in found.remedy
    seen, _web = try_doors(Frappe(links_left=0), site="", accept_limited=True)
    assert seen["doors"]["email_link_command"]["state"] == "limited"


def test_directly_each_look_comes_from_a_new_address():
    """So counted tries of earlier looks can't hide an open door, and a refusal is one."""
    addresses = set()
    for _run in range(2):
        seen, web = try_doors(Frappe(links_left=0))
        assert seen["doors"]["password_reset_command"]["state"] == "closed"
        addresses |= {request.headers["x-forwarded-for"] for request in web.requests}
    assert len(addresses) == 2
    assert all(ipaddress.ip_address(address) in ipaddress.ip_network("2001:db8::/32") for address in addresses)


def test_where_people_sign_in_by_password_that_door_is_open_and_the_others_closed():
    seen, _web = try_doors(Frappe(password=True, resets_left=3), password_login=True)
    assert set(seen["doors"]) == {"login", "email_link_command", "sign_up", "sign_up_command"}
    assert seen["doors"]["login"]["state"] == "open"
    open_too = refusal(Frappe(password=True, sign_up=True), password_login=True)
    assert set(open_too.details["not_closed"]) == {"sign_up", "sign_up_command"}
    assert "2 of 3 login doors are not closed" in open_too.msg


@pytest.mark.parametrize("answer", [Frappe(), Reply(403, "Password login disabled.")])
def test_where_people_sign_in_by_password_they_must_be_able_to(answer):
    shut = refusal(answer if callable(answer) else lambda request: answer, password_login=True)
    assert shut.details["error"] == "login_closed"
    assert "people can't sign in by password" in shut.msg


def test_a_wall_before_the_login_paths_does_not_hide_the_command():
    site = Frappe(password=True)

    def walled(request):
        if request.path.endswith("/login"):
            return Reply(403, "Password login disabled. Use OAuth tokens.")
        return site(request)

    not_closed = refusal(walled).details["not_closed"]
    assert set(not_closed) == PASSWORD_DOORS - {"login", "login_v1", "login_v2"}


def test_a_wall_before_ping_does_not_hide_the_login_link():
    site = Frappe(email_link=True)

    def walled(request):
        return Reply(403) if request.path.startswith("/api/method/ping") else site(request)

    assert refusal(walled).details["not_closed"] == ["email_link"]


def test_gunicorn_is_asked_for_the_site_by_header():
    _seen, web = try_doors(Frappe())
    assert {request.headers["x-frappe-site-name"] for request in web.requests} == {SITE}


def test_no_two_runs_use_the_same_user():
    users = set()
    for _run in range(2):
        _seen, web = try_doors(Frappe())
        users.add(parse_qs(web.requests[0].body.decode())["usr"][0])
    assert len(users) == 2


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(502), "backend_down"),
        (Reply(503, "SessionStopped"), "maintenance"),
        (Reply(404, "<p>api.acme.test does not exist</p>", {"Content-Type": "text/html"}), "unknown_site"),
    ],
)
def test_a_site_that_is_not_there_has_no_closed_doors(reply, code):
    assert refusal(lambda request: reply).details["error"] == code


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, "Password login disabled."),
        Reply(405),
        Reply(404, "<h1>404 Not Found</h1>"),
        Reply(302, "", {"Location": "https://auth.test/"}),
    ],
)
def test_refusals_of_a_wall_close_every_door(reply):
    seen, _web = try_doors(lambda request: reply)
    assert {door["state"] for door in seen["doors"].values()} == {"closed"}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, '{"message":"Logged In"}', {"Set-Cookie": "sid=0f3a; Path=/"}),
        Reply(200, "{}", {"Set-Cookie": "sid=0f3a; Path=/"}),
        Reply(302, "", {"Location": "https://auth.test/", "Set-Cookie": "sid=0f3a"}),
        Reply(403, "", {"Set-Cookie": "sid=0f3a"}),
        Reply(200, "<h1>Sign in</h1>"),
        Reply(302, "", {"Location": "/login"}),
        Reply(307, "", {"Location": "https://other.test/"}),
        Reply(403, "Just a moment...", {"cf-mitigated": "challenge"}),
        Reply(417, '{"exception":"User Guest is disabled"}'),
        Reply(500, "<h1>Internal Server Error</h1>"),
        Reply(401, "Login with username and password is not allowed"),
    ],
)
def test_whatever_else_is_answered_proves_nothing(reply):
    found = refusal(lambda request: reply)
    assert set(found.details["not_closed"]) >= PASSWORD_DOORS


@given(
    status=st.integers(200, 599).filter(lambda status: status not in (403, 404, 405)),
    body=st.binary(max_size=200),
    sid=st.sampled_from(["", "Guest", "0f3a"]),
)
def test_only_known_refusals_are_closed(status, body, sid):
    """No answer of a sort that was never measured counts as a refusal."""
    answer = Answer("http://api.acme.test/", status, {}, {"sid": sid}, body, "127.0.0.1")
    for judge in (
        login_doors.judge_login,
        login_doors.judge_reset,
        login_doors.judge_email_link,
        login_doors.judge_sign_up,
    ):
        verdict = judge(answer)
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        if content not in ({}, {"message": "pong"}) or status != 200:
            assert verdict.state != "closed"
        if sid == "0f3a":
            assert verdict.state != "closed"
