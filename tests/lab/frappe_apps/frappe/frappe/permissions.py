# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of a user, and what they allow. Administrator may do everything."""

from __future__ import annotations

from typing import Any

import frappe


def get_roles(username: str | None = None) -> list[str]:
    user = username or frappe.session.user
    if user == "Guest":
        return ["Guest"]
    if user not in frappe.local.role_cache:
        if user == "Administrator":
            roles = frappe.db.sql("SELECT name FROM `tabRole`", pluck=True)
        else:
            roles = frappe.db.sql(
                "SELECT role FROM `tabHas Role` WHERE parent = %s AND parenttype = 'User'", (user,), pluck=True
            )
            roles += ["All", "Guest"]
            if frappe.db.get_value("User", user, "user_type") == "System User":
                roles.append("Desk User")
        frappe.local.role_cache[user] = list(dict.fromkeys(roles))
    return frappe.local.role_cache[user]


def has_permission(
    doctype: str, ptype: str = "read", doc: Any = None, user: str | None = None, throw_error: bool = False
) -> bool:
    user = user or frappe.session.user
    allowed = user == "Administrator" or _by_role(doctype, ptype, user) or _by_document(doc, ptype, user)
    if not allowed and throw_error:
        frappe.throw(
            f"User <strong>{user}</strong> does not have doctype access via role permission for document "
            f"<strong>{doctype}</strong>",
            frappe.PermissionError,
        )
    return allowed


def _by_role(doctype: str, ptype: str, user: str) -> bool:
    roles = set(get_roles(user))
    return any(
        permission.get(ptype) and permission.role in roles for permission in frappe.get_meta(doctype).permissions
    )


def _by_document(doc: Any, ptype: str, user: str) -> bool:
    """A controller may open its own documents further, as User does for the user himself."""
    own_rule = getattr(doc, "allows", None)
    return bool(own_rule and own_rule(ptype, user))
