# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data Import: a CSV file and the doctype that its rows become."""

from __future__ import annotations

import frappe
from frappe.core.doctype.data_import.importer import Importer
from frappe.model.document import Document
from frappe.utils import now

BLOCKED_DOCTYPES = {"DocType", "Installed Application", "Installed Applications", "Module Def", "Has Role"}


class DataImport(Document):
    def autoname(self) -> None:
        self.name = f"{self.reference_doctype} Import on {now()}"

    def validate(self) -> None:
        if self.reference_doctype in BLOCKED_DOCTYPES:
            frappe.throw(f"Importing {self.reference_doctype} is not allowed.")
        if self.import_file:
            self.payload_count = len(self.get_importer().import_file.get_payloads_for_import())

    def get_importer(self) -> Importer:
        return Importer(self.reference_doctype, data_import=self)

    def on_trash(self) -> None:
        frappe.db.delete("Data Import Log", {"data_import": self.name})
