# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that ERPNext brings."""

from __future__ import annotations

import frappe

ROLES = (
    "Accounts Manager",
    "Accounts User",
    "Item Manager",
    "Purchase Manager",
    "Purchase User",
    "Sales Manager",
    "Sales Master Manager",
    "Sales User",
    "Stock Manager",
    "Stock User",
)


def after_install() -> None:
    for role in ROLES:
        if not frappe.db.exists("Role", role):
            frappe.new_doc("Role", role_name=role, desk_access=1).insert(ignore_permissions=True)
    administrator = frappe.get_doc("User", "Administrator")
    administrator.add_roles(*ROLES)
    frappe.db.commit()
