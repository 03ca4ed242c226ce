# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in through a Social Login Key: the way out to the provider, and the way back."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

import frappe
from frappe.types import FrappeDict
from frappe.utils import get_url
from frappe.utils.password import get_decrypted_password


class SignupDisabledError(frappe.PermissionError):
    pass


def get_oauth_keys(provider: str) -> dict[str, Any]:
    """`PROVIDER_login` of the config goes before the database."""
    keys = frappe.conf.get(f"{provider}_login")
    if keys:
        return {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    return {
        "client_id": frappe.db.get_value("Social Login Key", provider, "client_id"),
        "client_secret": get_decrypted_password("Social Login Key", provider, "client_secret"),
    }


def get_oauth2_providers() -> dict[str, FrappeDict]:
    """base_url counts only with custom_base_url: else the links point at the tenant itself."""
    providers = {}
    for key in frappe.get_all("Social Login Key", fields=["*"]):
        base = key.base_url if key.custom_base_url else None
        providers[key.name] = FrappeDict(
            authorize_url=_absolute(base, key.authorize_url),
            access_token_url=_absolute(base, key.access_token_url),
            api_endpoint=_absolute(base, key.api_endpoint),
            redirect_url=key.redirect_url,
            auth_url_data=json.loads(key.auth_url_data or "{}"),
            user_id_property=key.user_id_property or "sub",
            sign_ups=key.sign_ups,
        )
    return providers


def _absolute(base: str | None, url: str | None) -> str | None:
    return base + url if base and url and not urlsplit(url).netloc else url


def get_redirect_uri(provider: str) -> str:
    keys = frappe.conf.get(f"{provider}_login") or {}
    return keys.get("redirect_uri") or get_url(get_oauth2_providers()[provider].redirect_url)


def get_oauth2_authorize_url(provider: str, redirect_to: str | None) -> str:
    settings = get_oauth2_providers()[provider]
    state = {"site": get_url(), "token": frappe.generate_hash(), "redirect_to": redirect_to}
    query = {
        "client_id": get_oauth_keys(provider)["client_id"],
        "redirect_uri": get_redirect_uri(provider),
        "state": base64.b64encode(json.dumps(state).encode()).decode(),
        **settings.auth_url_data,
    }
    return f"{settings.authorize_url}?{urlencode(query)}"


def login_via_oauth2(provider: str, code: str, state: str) -> None:
    """Trade the code for a token, ask who it is, log him in."""
    settings, keys = get_oauth2_providers()[provider], get_oauth_keys(provider)
    fields = {"code": code, "redirect_uri": get_redirect_uri(provider), "grant_type": "authorization_code", **keys}
    token = requests.post(settings.access_token_url, data=fields, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    login_oauth_user(requests.get(settings.api_endpoint, headers=headers, timeout=10).json(), provider, state)


def login_oauth_user(info: dict[str, Any], provider: str, state: str) -> None:
    try:
        asked = json.loads(base64.b64decode(state))
    except ValueError:
        frappe.throw("Invalid Request: state")
    if not asked.get("token"):
        frappe.throw("Invalid Request: token is missing")
    email = (info.get("email") or "").lower()
    if not frappe.db.exists("User", email):
        sign_up(email, info, provider)
    frappe.local.login_manager.login_as(email)
    frappe.db.commit()
    frappe.local.response = frappe._dict(type="redirect", location=asked.get("redirect_to") or "/app")


def sign_up(email: str, info: dict[str, Any], provider: str) -> None:
    """`sign_ups` of the key, else Website Settings, says whether a stranger becomes a user."""
    rule = get_oauth2_providers()[provider].sign_ups
    if rule == "Deny" or (not rule and frappe.get_website_settings("disable_signup")):
        raise SignupDisabledError
    user = frappe.new_doc("User", email=email, first_name=info.get("given_name") or info.get("name") or email)
    user.insert(ignore_permissions=True)
