# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System Settings: where password login is really switched off."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import cint


class SystemSettings(Document):
    def validate(self) -> None:
        self.validate_session_expiry()
        self.validate_user_pass_login()

    def validate_session_expiry(self) -> None:
        if self.session_expiry:
            parts = self.session_expiry.split(":")
            if len(parts) != 2 or not (cint(parts[0]) or cint(parts[1])):
                frappe.throw("Session Expiry must be in format hh:mm")

    def validate_user_pass_login(self) -> None:
        """Nobody may lock himself out: another way to log in must be open first."""
        if not cint(self.disable_user_pass_login):
            return
        social = frappe.db.exists("Social Login Key", {"enable_social_login": 1})
        ldap = frappe.db.get_single_value("LDAP Settings", "enabled")
        if not (social or ldap or cint(self.login_with_email_link)):
            frappe.throw(
                "Please enable atleast one Social Login Key or LDAP or Login With Email Link before disabling "
                "username/password based login."
            )

    def on_update(self) -> None:
        for field in self.meta.fields:
            if self.has_value_changed(field.fieldname):
                frappe.db.set_default(field.fieldname, self.get(field.fieldname))
        if self.language:
            frappe.db.set_default("lang", self.language)
