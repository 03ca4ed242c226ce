# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every door through which somebody could enter a Frappe site without the OAuth provider, tried from outside.

Where people sign in by password instead, that door must be open and the others closed.

The answers are measured on Frappe 15.92:
  password login on      401, message C(Invalid login credentials)
  password login off     401, C(Login with username and password is not allowed.)
  no login on this path  200, C({}) or the answer of the path's own method, session of Guest
  e-mail link on         404, C(User with email address ... does not exist); after 5 tries an hour 429
  e-mail link off        200, C({})
  password reset on      404, C(not found), for a user who is not there; after 3 tries an hour 429
  password reset off     429 always (System Settings: password_reset_limit below 0)
  sign-up on             417, InvalidEmailAddressError, for an address that is none
  sign-up off            417, C(Sign Up is disabled)
A link for a new password opens a session, whether password login is on or off: it is a door of its own.
What is not known to be closed is not closed.

Frappe counts tries by the address that asks. Asked directly it believes any address that it is told, so each look
there comes from one that never asked before: what is refused to it as one time too many is closed.

Nobody's account is touched: the user is a random one that can't exist, and the sign-up's address is not one,
so that an open sign-up makes no user either.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

from .errors import TenantError
from .http_probe import Answer, Client, Url
from .ping import meaning

CLOSED, OPEN, UNPROVEN, LIMITED = "closed", "open", "unproven", "limited"

_PASSWORD_OFF = "Login with username and password is not allowed"
_SIGN_UP_OFF = "Sign Up is disabled"
_NO_SUCH_USER = "User with email address"
_NO_ONE_TO_RESET = "not found"

_SEND_LINK = "frappe.www.login.send_login_link"
_SIGN_UP = "frappe.core.doctype.user.user.sign_up"
_RESET = "frappe.core.doctype.user.user.reset_password"


@dataclass(frozen=True)
class Verdict:
    """What an answer says of a door.

    :param state: closed, open, unproven, or limited (Frappe counts tries on this door and answers no more of them).
    :param reason: in words.
    :param by_frappe: the site's own settings refuse, not something before it.
    """

    state: str
    reason: str
    by_frappe: bool = False


_LIMITED = Verdict(LIMITED, "Frappe answers no such request, or no more for this hour", by_frappe=True)

Judge = Callable[[Answer], Verdict]


@dataclass(frozen=True)
class Door:
    """One way to try to enter.

    :param path: where the request goes.
    :param fields: what it carries; its keys depend on the kind of door.
    :param carrier: how: form, query or json.
    :param spare_for: another door into the same function; this one is left out when Frappe itself refused there.
    """

    name: str
    path: str
    fields: dict[str, str]
    judge: Judge
    carrier: str = "form"
    method: str = "POST"
    spare_for: str = ""


def try_doors(
    client: Client, base_url: str, site: str = "", accept_limited: bool = False, password_login: bool = False
) -> dict[str, Any]:
    """Try every door.

    :param site: sent as X-Frappe-Site-Name, to ask gunicorn directly; empty through nginx.
    :param accept_limited: take a door that Frappe answers no more for this hour as closed.
    :param password_login: people sign in by password here, so one of those doors must be open, and the others are not tried.
    :returns: C(doors), by name: state, status and what was seen.
    :raises TenantError: names the doors that are not closed; C(doors) holds all. Or people can't sign in by password.
    """
    base = base_url.rstrip("/")
    Url.parse(base)
    headers = _direct(site) if site else {}
    user, password = f"nobody-{secrets.token_hex(8)}@example.invalid", secrets.token_urlsafe(18)
    seen: dict[str, dict[str, Any]] = {}
    refused_by_frappe = set()
    wanted_open = {}
    if password_login:
        wanted_open["login"] = _open_door(client, base, headers, _password_doors(user, password)[0])
    for door in _doors_without_password(user) if password_login else all_doors(user, password):
        if door.spare_for in refused_by_frappe:
            continue
        answer = _knock(client, base, headers, door)
        verdict = door.judge(answer)
        if verdict.by_frappe:
            refused_by_frappe.add(door.name)
        # Nobody asked from this address before, so this can't be one time too many.
        state = CLOSED if verdict.state == LIMITED and site else verdict.state
        seen[door.name] = {"state": state, "status": answer.status, "seen": verdict.reason}
    closed = {CLOSED, LIMITED} if accept_limited else {CLOSED}
    not_closed = {name: door for name, door in seen.items() if door["state"] not in closed}
    if not_closed:
        raise _refusal(base, seen, not_closed)
    return {"url": base, "doors": {**wanted_open, **seen}}


def all_doors(user: str, password: str) -> list[Door]:
    """The doors, tried with I(user), who must not exist."""
    return [*_password_doors(user, password), *_doors_without_password(user)]


def _password_doors(user: str, password: str) -> list[Door]:
    login = {"usr": user, "pwd": password}
    by_command = {"cmd": "login", **login}
    reset = {"user": user}
    return [
        Door("login", "/api/method/login", login, judge_login),
        Door("login_by_get", "/api/method/login", login, judge_login, "query", "GET"),
        # With the command too, since a path that is no login of its own still obeys it.
        Door("login_v1", "/api/v1/method/login", by_command, judge_login),
        Door("login_v2", "/api/v2/method/login", by_command, judge_login),
        Door("command_in_body", "/", by_command, judge_login),
        Door("command_in_query", "/", by_command, judge_login, "query"),
        Door("ping_command_in_body", "/api/method/ping", by_command, judge_login),
        Door("ping_command_in_query", "/api/method/ping", by_command, judge_login, "query"),
        Door("ping_command_by_get", "/api/method/ping", by_command, judge_login, "query", "GET"),
        Door("ping_command_in_json", "/api/method/ping", by_command, judge_login, "json"),
        Door("frappe_ping_command_in_body", "/api/method/frappe.ping", by_command, judge_login),
        Door("frappe_ping_command_in_query", "/api/method/frappe.ping", by_command, judge_login, "query"),
        Door("password_reset_command", "/api/method/ping", {"cmd": _RESET, **reset}, judge_reset),
        Door("password_reset", f"/api/method/{_RESET}", reset, judge_reset, spare_for="password_reset_command"),
    ]


def _doors_without_password(user: str) -> list[Door]:
    link = {"email": user}
    # Not an address, so nobody is signed up if the door is open.
    sign_up = {"email": user.replace("@", " at "), "full_name": "Nobody", "redirect_to": "/"}
    return [
        # Frappe counts both ways together and allows five tries an hour, so the second is only tried
        # when something before Frappe answered the first.
        Door("email_link_command", "/api/method/ping", {"cmd": _SEND_LINK, **link}, judge_email_link),
        Door("email_link", f"/api/method/{_SEND_LINK}", link, judge_email_link, spare_for="email_link_command"),
        Door("sign_up", f"/api/method/{_SIGN_UP}", sign_up, judge_sign_up),
        Door("sign_up_command", "/api/method/ping", {"cmd": _SIGN_UP, **sign_up}, judge_sign_up),
    ]


def judge_login(answer: Answer) -> Verdict:
    """Is password login refused?"""
    if answer.status == 401:
        if _PASSWORD_OFF in _server_text(answer):
            return Verdict(CLOSED, "Frappe: password login is off", by_frappe=True)
        return Verdict(OPEN, f"Frappe checks passwords: {_shown(answer)}")
    if _is_ignored(answer):
        return Verdict(CLOSED, "not taken as a login")
    return _judge_wall(answer)


def judge_email_link(answer: Answer) -> Verdict:
    """Is login by a link in an e-mail refused?"""
    if answer.status == 200 and _json(answer) == {}:
        return Verdict(CLOSED, "Frappe: login by e-mail link is off", by_frappe=True)
    if answer.status == 404 and _NO_SUCH_USER in _server_text(answer):
        return Verdict(OPEN, "Frappe sends login links by e-mail")
    if answer.status == 429:
        return _LIMITED
    if _is_ignored(answer):
        return Verdict(CLOSED, "not taken as a command")
    return _judge_wall(answer)


def judge_reset(answer: Answer) -> Verdict:
    """Is a link for a new password refused?"""
    if answer.status == 429:
        return _LIMITED
    if answer.status == 404 and _json(answer) == {"message": _NO_ONE_TO_RESET}:
        return Verdict(OPEN, "Frappe sends links for a new password, which open a session")
    if _is_ignored(answer):
        return Verdict(CLOSED, "not taken as a command")
    return _judge_wall(answer)


def judge_sign_up(answer: Answer) -> Verdict:
    """Is signing up refused?"""
    if answer.status == 417 and _SIGN_UP_OFF in _server_text(answer):
        return Verdict(CLOSED, "Frappe: sign-up is off", by_frappe=True)
    if answer.status == 417 and "InvalidEmailAddressError" in answer.text:
        return Verdict(OPEN, "Frappe takes sign-ups")
    if _is_ignored(answer):
        return Verdict(CLOSED, "not taken as a command")
    return _judge_wall(answer)


def _judge_wall(answer: Answer) -> Verdict:
    """Answers that are the same for every door: those of something that stands before Frappe."""
    if _is_session(answer):
        return Verdict(OPEN, "a session was opened")
    if answer.status in (403, 405) and "cf-mitigated" not in answer.headers:
        return Verdict(CLOSED, f"refused: {_shown(answer)}")
    if answer.status == 404 and "does not exist" not in answer.text:
        return Verdict(CLOSED, "nothing is there")
    if answer.status in (301, 302, 303) and _leads_away(answer):
        return Verdict(CLOSED, f"sent away to {answer.headers['location']}")
    return Verdict(UNPROVEN, f"neither a refusal nor a login: {_shown(answer)}")


def _direct(site: str) -> dict[str, str]:
    """What nginx would tell gunicorn: the site, and from where the request comes; an address nobody has (RFC 3849)."""
    return {
        "X-Frappe-Site-Name": site,
        "X-Forwarded-For": "2001:db8:" + ":".join(secrets.token_hex(2) for _part in range(6)),
    }


def _knock(client: Client, base: str, more: dict[str, str], door: Door) -> Answer:
    # JSON and English, so that the words are those that we know.
    headers = {"Accept": "application/json", "Accept-Language": "en", **more}
    url, body = base + door.path, None
    if door.carrier == "query":
        url += f"?{urlencode(door.fields)}"
    elif door.carrier == "json":
        headers["Content-Type"] = "application/json"
        body = json.dumps(door.fields).encode()
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(door.fields).encode()
    answer = client.request(url, door.method, headers, body)
    if answer.status in (502, 503, 504) or (
        answer.status == 404 and "text/html" in _type(answer) and _is_no_site(answer)
    ):
        # No door is closed for good by a site that is not there.
        raise meaning(answer)
    return answer


def _open_door(client: Client, base: str, headers: dict[str, str], door: Door) -> dict[str, Any]:
    """What was seen at a door that must be open."""
    answer = _knock(client, base, headers, door)
    verdict = door.judge(answer)
    if verdict.state != OPEN:
        raise TenantError(
            f"{Url.parse(base).host_header}: people can't sign in by password: {answer.status}, {verdict.reason}.",
            "Does nginx refuse it, or the site? Provision the tenant again with tenant_login set to password.",
            error="login_closed",
        )
    return {"state": verdict.state, "status": answer.status, "seen": verdict.reason}


def _refusal(base: str, seen: dict[str, Any], not_closed: dict[str, Any]) -> TenantError:
    alike: dict[str, list[str]] = {}
    for name, door in not_closed.items():
        alike.setdefault(f"{door['status']}, {door['seen']}", []).append(name)
    shown = "; ".join(f"{', '.join(names)} ({answer})" for answer, names in alike.items())
    remedies = {
        OPEN: "Switch password login, password reset, e-mail link login and sign-up off in the site's own settings: "
        "a rule in nginx alone is no lock.",
        LIMITED: "Look again in an hour.",
        UNPROVEN: "Look at what answers there.",
    }
    states = {door["state"] for door in not_closed.values()}
    return TenantError(
        f"{Url.parse(base).host_header}: {len(not_closed)} of {len(seen)} login doors are not closed: {shown}.",
        " ".join(remedy for state, remedy in remedies.items() if state in states),
        error="doors_open",
        doors=seen,
        not_closed=sorted(not_closed),
    )


def _is_ignored(answer: Answer) -> bool:
    """Whether the path's own method answered, as to any guest: a login with a wrong password never ends so."""
    return answer.status == 200 and not _is_session(answer) and _json(answer) in ({}, {"message": "pong"})


def _is_session(answer: Answer) -> bool:
    return answer.cookies.get("sid", "") not in ("", "Guest")


def _is_no_site(answer: Answer) -> bool:
    return "does not exist" in answer.text


def _leads_away(answer: Answer) -> bool:
    location = urljoin(answer.url, answer.headers.get("location", ""))
    return Url.parse(location).host != Url.parse(answer.url).host


def _type(answer: Answer) -> str:
    return answer.headers.get("content-type", "")


def _json(answer: Answer) -> Any:
    """The body, None if it is not JSON."""
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _server_text(answer: Answer) -> str:
    """The words that Frappe shows to its user. A traceback with the same words in a line of code is no answer."""
    content = _json(answer)
    if not isinstance(content, dict):
        return ""
    return " ".join(str(content.get(key, "")) for key in ("_server_messages", "exception", "message", "errors"))


def _shown(answer: Answer) -> str:
    content = _json(answer)
    if isinstance(content, dict) and isinstance(content.get("message"), str):
        return repr(content["message"][:100])
    return repr(answer.excerpt(100))
