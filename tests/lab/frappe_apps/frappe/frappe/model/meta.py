# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the database says about a doctype: its fields and who may do what."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.types import FrappeDict
from frappe.utils import cint


class Meta:
    def __init__(self, row: FrappeDict, fields: list[FrappeDict], permissions: list[FrappeDict]) -> None:
        self.name: str = row.name
        self.module: str = row.module
        self.app: str = row.app
        self.issingle: int = row.issingle
        self.istable: int = row.istable
        self.autoname: str | None = row.autoname
        self.controller: str | None = row.controller
        self.fields = fields
        self.permissions = permissions

    def get(self, key: str, default: Any = None) -> Any:
        return getattr(self, key, default)

    def get_field(self, fieldname: str) -> FrappeDict | None:
        return next((field for field in self.fields if field.fieldname == fieldname), None)

    def has_field(self, fieldname: str) -> bool:
        return self.get_field(fieldname) is not None

    def get_label(self, fieldname: str) -> str:
        field = self.get_field(fieldname)
        return field.label if field else fieldname

    def get_valid_columns(self) -> list[str]:
        return [field.fieldname for field in self.fields if field.fieldtype != "Table"]

    def of_type(self, fieldtype: str) -> list[FrappeDict]:
        return [field for field in self.fields if field.fieldtype == fieldtype]

    def get_table_fields(self) -> list[FrappeDict]:
        return self.of_type("Table")

    def cast(self, fieldname: str, value: Any) -> Any:
        """Values of single doctypes are stored as text; numbers come back as numbers."""
        field = self.get_field(fieldname)
        if field and field.fieldtype in ("Check", "Int"):
            return cint(value)
        return value


def load(doctype: str) -> Meta:
    if doctype not in frappe.local.meta_cache:
        row = frappe.db.sql("SELECT * FROM `tabDocType` WHERE name = %s", (doctype,), as_dict=True)
        if not row:
            frappe.throw(f"DocType {doctype} not found", frappe.DoesNotExistError)
        fields = frappe.db.sql("SELECT * FROM `tabDocField` WHERE parent = %s ORDER BY idx", (doctype,), as_dict=True)
        permissions = frappe.db.sql("SELECT * FROM `tabDocPerm` WHERE parent = %s", (doctype,), as_dict=True)
        frappe.local.meta_cache[doctype] = Meta(row[0], fields, permissions)
    return frappe.local.meta_cache[doctype]
