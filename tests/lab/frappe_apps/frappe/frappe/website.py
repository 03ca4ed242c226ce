# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few pages that exist: /login, /update-password, and public files where no nginx stands in front."""

from __future__ import annotations

import mimetypes
import os
from html import escape

from werkzeug.exceptions import NotFound
from werkzeug.utils import redirect, safe_join
from werkzeug.wrappers import Response

import frappe
from frappe.utils import cint
from frappe.utils.oauth import get_oauth2_authorize_url
from frappe.utils.password import get_decrypted_password
from frappe.utils.response import page


def render(path: str) -> Response:
    if path.startswith("/files/"):
        return public_file(path)
    need_assets()
    if path in ("/", "/login", "/index"):
        return login_page()
    if path == "/update-password":
        return page("Reset Password", "<form id='reset-password'></form>")
    if path.startswith("/app"):
        return redirect("/login?redirect-to=" + path) if frappe.session.user == "Guest" else page("Desk")
    return page("Not Found", "<p>The page you are looking for is missing.</p>", 404)


def need_assets() -> None:
    """Pages need what `bench build` made; the API does not."""
    path = os.path.join(frappe.local.sites_path, "assets", "assets.json")
    if not os.path.exists(path):
        raise FileNotFoundError(f"[Errno 2] No such file or directory: '{path}'")


def public_file(path: str) -> Response:
    file = safe_join(frappe.get_site_path("public"), path.lstrip("/"))
    if not file or not os.path.isfile(file):
        raise NotFound
    with open(file, "rb") as handle:
        return Response(handle.read(), mimetype=mimetypes.guess_type(path)[0] or "application/octet-stream")


def login_page() -> Response:
    """The password form is there unless it is switched off; each usable provider has its link."""
    parts = []
    if not cint(frappe.get_system_settings("disable_user_pass_login")):
        parts.append(
            '<form class="form-login"><input id="login_email"><input id="login_password" type="password"></form>'
        )
    if cint(frappe.get_system_settings("login_with_email_link")):
        parts.append('<a class="btn-login-with-email-link" href="#login-with-email-link">Login with Email Link</a>')
    for key in frappe.get_all("Social Login Key", {"enable_social_login": 1}, ["name", "provider_name", "base_url"]):
        if key.base_url and get_decrypted_password(
            "Social Login Key", key.name, "client_secret", raise_exception=False
        ):
            url = escape(get_oauth2_authorize_url(key.name, frappe.form_dict.get("redirect-to")))
            parts.append(f'<a class="btn-{escape(key.name)}" href="{url}">Login with {escape(key.provider_name)}</a>')
    if not cint(frappe.get_website_settings("disable_signup")):
        parts.append('<a href="#signup">Sign up</a>')
    return page("Login", "".join(parts))
