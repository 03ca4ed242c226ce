# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asking: password login, session cookie, API token, token of an OAuth client.

The trap that the collection must know: `cmd=login` in the body or the query logs in on ANY path.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from werkzeug.wrappers import Response

import frappe
from frappe import sessions
from frappe.utils import cint
from frappe.utils.password import check_password, get_decrypted_password

MAX_PASSWORD_SIZE = 512


@frappe.whitelist()
def get_logged_user() -> str:
    return frappe.session.user


class LoginManager:
    """Made for each request: logs in, or takes up the session of the cookie."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.cleared = False
        self.user = "Guest"
        if frappe.local.form_dict.get("cmd") == "login" or frappe.local.request.path == "/api/method/login":
            self.login()
            return
        sessions.resume(frappe.local.form_dict.get("sid") or frappe.local.request.cookies.get("sid"))
        self.user = frappe.session.user
        self.set_user_info(resume=True)

    def login(self) -> None:
        if cint(frappe.get_system_settings("disable_user_pass_login")):
            frappe.throw("Login with username and password is not allowed.", frappe.AuthenticationError)
        self.authenticate(frappe.form_dict.get("usr"), frappe.form_dict.get("pwd"))
        frappe.form_dict.pop("pwd", None)
        self.login_as(self.user)

    def authenticate(self, user: str | None, pwd: str | None) -> None:
        if not (user and pwd):
            self.fail("Incomplete login details")
        if len(pwd) > MAX_PASSWORD_SIZE:
            self.fail("Password size exceeded the maximum allowed size")
        name = self.find_user(user)
        if not name:
            self.fail("Invalid login credentials")
        try:
            self.user = check_password(name, pwd)
        except frappe.AuthenticationError:
            self.fail("Invalid login credentials")
        if self.user != "Administrator" and not cint(frappe.db.get_value("User", self.user, "enabled")):
            self.fail("User disabled or missing")

    @staticmethod
    def find_user(user: str) -> str | None:
        """By name; by user name or mobile number where System Settings allow it."""
        either = [{"name": user}]
        if cint(frappe.get_system_settings("allow_login_using_user_name")):
            either.append({"username": user})
        if cint(frappe.get_system_settings("allow_login_using_mobile_number")):
            either.append({"mobile_no": user})
        found = frappe.get_all("User", or_filters=either, pluck="name", limit=1)
        return found[0] if found else None

    @staticmethod
    def fail(message: str) -> None:
        frappe.local.response.message = message
        raise frappe.AuthenticationError

    def login_as(self, user: str) -> None:
        self.user = user
        sessions.start(user)
        self.set_user_info()

    def set_user_info(self, resume: bool = False) -> None:
        info = frappe.db.get_value("User", self.user, ["user_type", "full_name"], as_dict=True)
        system = info.user_type == "System User"
        self.cookies = {
            "sid": frappe.session.sid,
            "system_user": "yes" if system else "no",
            "full_name": info.full_name or "",
            "user_id": self.user,
            "user_image": "",
        }
        if not resume:
            frappe.local.response.update(
                message="Logged In" if system else "No App",
                home_page="/app" if system else "/me",
                full_name=info.full_name,
            )

    def logout(self) -> None:
        sessions.delete_session(frappe.session.sid)
        frappe.db.commit()
        self.clear_cookies()
        frappe.set_user("Guest")

    def clear_cookies(self) -> None:
        self.cleared = True

    def write_cookies(self, response: Response) -> None:
        secure = frappe.local.request.scheme == "https"
        for key, value in self.cookies.items():
            if self.cleared:
                response.set_cookie(key, "", expires=0)
            elif key == "sid":
                age = sessions.expiry_seconds()
                response.set_cookie(key, quote(value), max_age=age, httponly=True, secure=secure, samesite="Lax")
            else:
                response.set_cookie(key, quote(value), secure=secure, samesite="Lax")


def validate_auth() -> None:
    """`Authorization: token KEY:SECRET` or Basic with the same two. Given and wrong is an error, not a Guest."""
    header = (frappe.get_request_header("Authorization") or "").split(" ")
    if len(header) != 2:
        return
    kind, value = header[0].lower(), header[1]
    try:
        if kind == "basic":
            _by_api_key(*base64.b64decode(value).decode().split(":"))
        elif kind == "token":
            _by_api_key(*value.split(":"))
        elif kind == "bearer":
            _by_oauth_token(value)
    except binascii.Error:
        frappe.throw(
            "Failed to decode token, please provide a valid base64-encoded token.", frappe.InvalidAuthorizationToken
        )
    except (TypeError, ValueError):
        pass
    if frappe.session.user in ("", "Guest"):
        raise frappe.AuthenticationError


def _by_oauth_token(token: str) -> None:
    user = frappe.db.get_value("OAuth Bearer Token", {"access_token": token, "status": "Active"}, "user")
    if user:
        frappe.set_user(user)


def _by_api_key(api_key: str, api_secret: str) -> None:
    user = api_key and frappe.db.get_value("User", {"api_key": api_key, "enabled": 1}, "name")
    if not user:
        raise frappe.AuthenticationError
    if get_decrypted_password("User", user, "api_secret", raise_exception=False) != api_secret:
        raise frappe.AuthenticationError
    if frappe.local.login_manager.user in ("", "Guest"):
        frappe.set_user(user)
