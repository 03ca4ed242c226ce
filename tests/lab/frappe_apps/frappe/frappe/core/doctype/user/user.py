# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User: roles decide what he is; keys, reset links and sign-up are here too."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import frappe
from frappe.model.document import Document
from frappe.rate_limiter import rate_limit
from frappe.utils import cint, get_system_timezone, get_url, now_datetime, random_string
from frappe.utils import password as passwords

EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
STANDARD_USERS = frappe.STANDARD_USERS


class User(Document):
    def autoname(self) -> None:
        if self.__dict__.get("is_admin") or self.__dict__.get("is_guest"):
            self.name = self.first_name
        else:
            self.email = (self.email or "").strip().lower()
            self.name = self.email

    def validate(self) -> None:
        self.flags.ignore_save_passwords = ["new_password"]
        if self.name not in STANDARD_USERS:
            self.email = self.name
            if not EMAIL.match(self.name or ""):
                frappe.throw(f"{self.name} is not a valid Email Address", frappe.InvalidEmailAddressError)
        if not cint(self.enabled) and self.name in STANDARD_USERS:
            frappe.throw(f"User {self.name} cannot be disabled")
        self.full_name = " ".join(filter(None, [self.first_name, self.last_name]))
        self.ensure_unique_roles()
        # Whatever was asked for: without a role that opens the desk he becomes a Website User, silently.
        self.user_type = "System User" if self.has_desk_access() else "Website User"
        self.time_zone = self.time_zone or get_system_timezone()

    def ensure_unique_roles(self) -> None:
        by_role = {row.role: row for row in self.get("roles") if row.role}
        self.__dict__["roles"] = list(by_role.values())

    def has_desk_access(self) -> bool:
        if self.name == "Administrator":
            return True
        if self.name == "Guest":
            return False
        roles = [row.role for row in self.get("roles")]
        return bool(roles and frappe.get_all("Role", {"name": ["in", roles], "desk_access": 1}, limit=1))

    def on_update(self) -> None:
        new_password = self.__dict__.pop("new_password", None)
        if new_password:
            passwords.update_password(self.name, new_password)
        frappe.local.role_cache.pop(self.name, None)

    def on_trash(self) -> None:
        if self.name in STANDARD_USERS:
            frappe.throw(f"User {self.name} cannot be deleted")

    def allows(self, ptype: str, user: str) -> bool:
        return ptype in ("read", "write") and self.name == user

    def append_roles(self, *roles: str) -> None:
        held = {row.role for row in self.get("roles")}
        for role in roles:
            if role not in held:
                self.append("roles", {"role": role})

    def add_roles(self, *roles: str) -> None:
        self.append_roles(*roles)
        self.save()

    def remove_roles(self, *roles: str) -> None:
        self.__dict__["roles"] = [row for row in self.get("roles") if row.role not in roles]
        self.save()

    def reset_password(self, send_email: bool = False, password_expired: bool = False) -> str:
        """The link that sets a password: each new one ends the last. Only the hash of its key is kept."""
        key = frappe.generate_hash()
        self.db_set("reset_password_key", sha256(key))
        self.db_set("last_reset_password_key_generated_on", now_datetime())
        link = get_url(f"/update-password?key={key}", allow_header_override=False)
        if send_email:
            send_reset_mail(self.name)
        return link


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def send_reset_mail(user: str) -> None:
    """Frappe cannot send without an Email Account; the stand-in never sends at all."""
    if not frappe.get_all("Email Account", {"default_outgoing": 1, "enable_outgoing": 1}, limit=1):
        frappe.throw(
            "Please setup default outgoing Email Account from Settings > Email Account", frappe.OutgoingEmailError
        )


@frappe.whitelist()
def generate_keys(user: str) -> dict[str, str]:
    frappe.only_for("System Manager")
    document = frappe.get_doc("User", user)
    secret = frappe.generate_hash(length=15)
    document.api_key = document.api_key or frappe.generate_hash(length=15)
    document.api_secret = secret
    document.save()
    return {"api_key": document.api_key, "api_secret": secret}


@frappe.whitelist(allow_guest=True, methods=["POST"])
@rate_limit("password_reset_limit", 3)
def reset_password(user: str) -> str | None:
    if user == "Administrator":
        return "not allowed"
    if not frappe.db.exists("User", user):
        frappe.local.response.http_status_code = 404
        return "not found"
    document = frappe.get_doc("User", user)
    if not cint(document.enabled):
        return "disabled"
    document.reset_password(send_email=True)
    frappe.msgprint("Password reset instructions have been sent to your email", title="Password Email Sent")
    return None


@frappe.whitelist(allow_guest=True, methods=["POST"])
def update_password(
    new_password: str, logout_all_sessions: int = 0, key: str | None = None, old_password: str | None = None
) -> str | None:
    """Set a password with the key of a reset link (lives 20 minutes, works once) or with the old password."""
    if key:
        user = frappe.db.get_value("User", {"reset_password_key": sha256(key)}, "name")
        if not user:
            frappe.local.response.http_status_code = 410
            return "The reset password link has either been used before or is invalid"
        made = frappe.db.get_value("User", user, "last_reset_password_key_generated_on")
        lifetime = cint(frappe.get_system_settings("reset_password_link_expiry_duration"))
        if lifetime and now_datetime() > made + timedelta(seconds=lifetime):
            frappe.local.response.http_status_code = 410
            return "The reset password link has been expired"
    else:
        user = passwords.check_password(frappe.session.user, old_password or "")
    passwords.update_password(user, new_password, logout_all_sessions=bool(cint(logout_all_sessions)))
    frappe.db.set_value("User", user, {"reset_password_key": "", "last_password_reset_date": now_datetime().date()})
    frappe.local.login_manager.login_as(user)
    return "/app" if frappe.db.get_value("User", user, "user_type") == "System User" else "/"


@frappe.whitelist(allow_guest=True)
def sign_up(email: str, full_name: str, redirect_to: str) -> tuple[int, str]:
    if cint(frappe.get_website_settings("disable_signup")):
        frappe.throw("Sign Up is disabled", title="Not Allowed")
    if frappe.db.exists("User", email):
        return 0, "Already Registered"
    user = frappe.new_doc("User", email=email, first_name=full_name, enabled=1, new_password=random_string(10))
    user.insert(ignore_permissions=True)
    return 2, "Please ask your administrator to verify your sign-up"
