# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a provider sends the user back to: /api/method/frappe.integrations.oauth2_logins.custom/PROVIDER."""

from __future__ import annotations

import frappe
from frappe.utils.oauth import login_via_oauth2


@frappe.whitelist(allow_guest=True)
def custom(code: str, state: str) -> None:
    """Nothing happens for a provider that the site does not know."""
    parts = frappe.request.path[1:].split("/")
    if len(parts) == 4 and frappe.db.exists("Social Login Key", parts[3]):
        login_via_oauth2(parts[3], code, state)


@frappe.whitelist(allow_guest=True)
def login_via_frappe(code: str, state: str) -> None:
    login_via_oauth2("frappe", code, state)
