# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth Client: a client that may log in through this site. Id and secret are made when it is inserted."""

from __future__ import annotations

import frappe
from frappe.model.document import Document


class OAuthClient(Document):
    def validate(self) -> None:
        self.client_id = self.name
        self.client_secret = self.client_secret or frappe.generate_hash(length=10)
