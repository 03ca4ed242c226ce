# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: a row in tabSessions, found again by the cookie `sid`."""

from __future__ import annotations

import frappe
from frappe.types import FrappeDict
from frappe.utils import cint, now

WEEK = 7 * 24 * 3600


def expiry_seconds() -> int:
    """`session_expiry` of System Settings, hh:mm."""
    parts = (frappe.get_system_settings("session_expiry") or "170:00").split(":")
    return cint(parts[0]) * 3600 + cint(parts[1] if len(parts) > 1 else 0) * 60 or WEEK


def check_user(user: str) -> None:
    """Guest too must be an enabled user, which is how a half-made site shows."""
    if not cint(frappe.db.get_value("User", user, "enabled")):
        frappe.throw(f"User {user} is disabled. Please contact your System Manager.")


def resume(sid: str | None) -> None:
    """Take up the session of the cookie; an unknown or expired one makes a Guest."""
    user = _user_of(sid) if sid and sid != "Guest" else None
    if sid and sid != "Guest" and not user:
        frappe.local.response.session_expired = 1
    check_user(user or "Guest")
    _set(user or "Guest", sid if user else "Guest")


def start(user: str) -> str:
    """A new session; it is committed at once, so that a GET may log in too."""
    check_user(user)
    sid = frappe.generate_hash()
    frappe.db.sql(
        "INSERT INTO `tabSessions` (user, sid, sessiondata, ipaddress, lastupdate, status)"
        " VALUES (%s, %s, '{}', %s, NOW(), 'Active')",
        (user, sid, frappe.local.request_ip),
    )
    frappe.db.set_value("User", user, {"last_login": now(), "last_ip": frappe.local.request_ip}, update_modified=False)
    frappe.db.commit()
    _set(user, sid)
    if cint(frappe.conf.deny_multiple_sessions) or cint(frappe.get_system_settings("deny_multiple_sessions")):
        frappe.db.sql("DELETE FROM `tabSessions` WHERE user = %s AND sid != %s", (user, sid))
        frappe.db.commit()
    return sid


def _set(user: str, sid: str) -> None:
    frappe.local.session = FrappeDict(user=user, sid=sid, data=FrappeDict())
    frappe.local.role_cache = {}


def _user_of(sid: str) -> str | None:
    rows = frappe.db.sql(
        "SELECT user FROM `tabSessions` WHERE sid = %s AND lastupdate > NOW() - INTERVAL %s SECOND",
        (sid, expiry_seconds()),
    )
    return rows[0][0] if rows else None


def delete_session(sid: str) -> None:
    frappe.db.sql("DELETE FROM `tabSessions` WHERE sid = %s", (sid,))


def clear_sessions(user: str) -> None:
    frappe.db.sql("DELETE FROM `tabSessions` WHERE user = %s", (user,))
