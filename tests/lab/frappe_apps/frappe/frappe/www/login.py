# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Login by e-mail link: a door that is open on every fresh site."""

from __future__ import annotations

import frappe
from frappe.core.doctype.user.user import send_reset_mail
from frappe.rate_limiter import rate_limit
from frappe.utils import cint, get_url
from frappe.utils.response import respond_as_page


@frappe.whitelist(allow_guest=True)
@rate_limit("rate_limit_email_link_login", 5)
def send_login_link(email: str) -> None:
    if not cint(frappe.get_system_settings("login_with_email_link")):
        return
    minutes = cint(frappe.get_system_settings("login_with_email_link_expiry")) or 10
    _generate_temporary_login_link(email, minutes)
    send_reset_mail(email)


def _generate_temporary_login_link(email: str, expiry: int) -> str:
    if not frappe.db.exists("User", email):
        frappe.throw(f"User with email address {email} does not exist", frappe.DoesNotExistError)
    key = frappe.generate_hash()
    frappe.cache.set_value(f"one_time_login_key:{key}", email, expires_in_sec=expiry * 60)
    return get_url(f"/api/method/frappe.www.login.login_via_key?key={key}")


@frappe.whitelist(allow_guest=True, methods=["GET"])
@rate_limit("rate_limit_email_link_login", 5)
def login_via_key(key: str) -> None:
    """The switch is not asked again here: a link that was sent before it was turned off still works."""
    email = frappe.cache.get_value(f"one_time_login_key:{key}")
    if not email:
        respond_as_page("Not Permitted", "The link you trying to login is invalid or expired.", 403)
        return
    frappe.cache.delete_value(f"one_time_login_key:{key}")
    frappe.local.login_manager.login_as(email)
    system = frappe.db.get_value("User", email, "user_type") == "System User"
    frappe.local.response = frappe._dict(type="redirect", location="/app" if system else "/")
