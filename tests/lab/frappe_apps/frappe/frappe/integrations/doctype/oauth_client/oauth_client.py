# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth Client: a client that may log in through this site. Id and secret are made when it is inserted."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

GRANTS = {"Authorization Code": "Code", "Implicit": "Token"}


class OAuthClient(Document):
    def validate(self) -> None:
        self.client_id = self.name
        self.client_secret = self.client_secret or frappe.generate_hash(length=10)
        if GRANTS.get(self.grant_type, self.response_type) != self.response_type:
            frappe.throw(
                f"Combination of Grant Type (<code>{self.grant_type}</code>) and Response Type "
                f"(<code>{self.response_type}</code>) not allowed"
            )
        if not self.allowed_roles:
            self.append("allowed_roles", {"role": "Desk User"})
