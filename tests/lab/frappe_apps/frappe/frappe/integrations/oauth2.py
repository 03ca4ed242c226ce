# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other end: a site through which people sign in to others, each of which is an OAuth Client here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import frappe
from frappe.model.document import Document

LIFETIME = 3600


class Refused(Exception):
    """As RFC 6749 names it, and in words."""


@frappe.whitelist(allow_guest=True)
def authorize(**_asked: Any) -> None:
    """To the login page and back, then on to the client; only those that may skip the question are known here."""
    asked = frappe.form_dict
    if frappe.session.user == "Guest":
        frappe.local.response.update(
            type="redirect", location="/login?" + urlencode({"redirect-to": frappe.request.url})
        )
        return
    try:
        client = _client(asked.client_id)
        _check(client, asked)
    except Refused as refusal:
        _refuse(refusal)
        return
    values = {"client": client.name, "user": frappe.session.user, "scopes": asked.scope, "validity": "Valid"}
    code = frappe.generate_hash(length=30)
    grant = frappe.new_doc("OAuth Authorization Code", authorization_code=code, **values)
    grant.redirect_uri_bound_to_authorization_code = asked.redirect_uri
    grant.insert(ignore_permissions=True)
    frappe.db.commit()
    answer = urlencode({"code": code, "state": asked.state})
    frappe.local.response.update(type="redirect", location=f"{asked.redirect_uri}?{answer}")


@frappe.whitelist(allow_guest=True)
def get_token(**_asked: Any) -> None:
    asked = frappe.form_dict
    try:
        client = _client(asked.client_id)
        code = frappe.db.get_value("OAuth Authorization Code", {"authorization_code": asked.code, "validity": "Valid"})
        if client.client_secret != asked.client_secret or not code:
            raise Refused("invalid_grant", "The code or the secret is wrong.")
    except Refused as refusal:
        _refuse(refusal)
        return
    grant = frappe.get_doc("OAuth Authorization Code", code)
    grant.db_set("validity", "Invalid")
    values = {
        "client": client.name,
        "user": grant.user,
        "scopes": grant.scopes,
        "expires_in": LIFETIME,
        "status": "Active",
    }
    token = frappe.new_doc("OAuth Bearer Token", access_token=frappe.generate_hash(length=30), **values)
    token.insert(ignore_permissions=True)
    frappe.db.commit()
    frappe.local.response.clear()
    frappe.local.response.update(access_token=token.access_token, token_type="Bearer", expires_in=LIFETIME)


@frappe.whitelist()
def openid_profile() -> None:
    user = frappe.get_doc("User", frappe.session.user)
    frappe.local.response.clear()
    frappe.local.response.update(name=user.full_name, email=user.email, roles=frappe.get_roles(user.name))


def _client(client_id: str | None) -> Document:
    if not client_id or not frappe.db.exists("OAuth Client", client_id):
        raise Refused("invalid_request", "Invalid client_id parameter value.")
    return frappe.get_doc("OAuth Client", client_id)


def _check(client: Document, asked: dict[str, Any]) -> None:
    if asked["redirect_uri"] not in (client.redirect_uris or "").split():
        raise Refused("invalid_request", "Mismatching redirect URI.")
    if not set(asked["scope"].split()) <= set(client.scopes.split()):
        raise Refused("invalid_scope", "A scope is not the client's.")
    if not {row.role for row in client.allowed_roles} & set(frappe.get_roles()):
        raise Refused("unauthorized_client", "The user has none of the allowed roles.")


def _refuse(refusal: Refused) -> None:
    error, description = refusal.args
    frappe.local.response.clear()
    frappe.local.response.update(error=error, description=description, http_status_code=400)
