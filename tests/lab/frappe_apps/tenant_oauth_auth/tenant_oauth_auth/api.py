# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the frontend asks before it shows a way to log in."""

from __future__ import annotations

from typing import Any

import frappe

KEYS = ("disable_user_pass_login", "disable_standard_login", "disable_signup", "oauth_provider_url")


@frappe.whitelist(allow_guest=True)
def login_settings() -> dict[str, Any]:
    """The four keys of site_config.json; a missing one is None."""
    return {key: frappe.conf.get(key) for key in KEYS}
