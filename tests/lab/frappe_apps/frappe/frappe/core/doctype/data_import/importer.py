# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The importer: rows of a CSV file become documents, each committed by itself; what fails is in the log."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import frappe
from frappe.types import FrappeDict
from frappe.utils import cint

INSERT, UPDATE = "Insert New Records", "Update Existing Records"


class Importer:
    def __init__(self, doctype: str, data_import: Any) -> None:
        self.doctype, self.data_import = doctype, data_import
        self.import_file = ImportFile(doctype, data_import.import_file)

    def import_data(self) -> None:
        payloads = self.import_file.get_payloads_for_import()
        warnings = [warning for warning in self.import_file.get_warnings() if warning.get("type") != "info"]
        if warnings:
            self.data_import.db_set("template_warnings", json.dumps(warnings))
            return
        self._forget_failures(len(payloads))
        imported = [row for log in self._logs() for row in json.loads(log.row_indexes)]
        for payload in payloads:
            if not set(payload.row_indexes) & set(imported):
                self._import(payload)
        self.data_import.db_set("status", self._status(len(payloads)))

    def _forget_failures(self, payloads: int) -> None:
        """A retry after all rows were tried begins with those that failed."""
        if self.data_import.status in ("Partial Success", "Error") and len(self._logs()) >= payloads:
            frappe.db.delete("Data Import Log", {"success": 0, "data_import": self.data_import.name})

    def _import(self, payload: FrappeDict) -> None:
        log = {"row_indexes": payload.row_indexes}
        try:
            log.update(success=1, docname=self._process(payload.doc).name)
        except Exception:
            log.update(success=0, messages=frappe.local.message_log, exception=frappe.get_traceback())
            frappe.clear_messages()
            frappe.db.rollback()
        values = {key: json.dumps(value) if key in ("row_indexes", "messages") else value for key, value in log.items()}
        frappe.new_doc(
            "Data Import Log", data_import=self.data_import.name, log_index=len(self._logs()), **values
        ).insert()
        frappe.db.commit()

    def _process(self, values: dict[str, Any]) -> Any:
        if self.data_import.import_type == INSERT:
            return frappe.new_doc(self.doctype, **{**values, "name": None}).insert()
        document = frappe.get_doc(self.doctype, values.get("name"))
        if all(str(document.get(field) or "") == str(value or "") for field, value in values.items()):
            frappe.throw("No changes to update")
        return document.update(values).save()

    def _logs(self) -> list[FrappeDict]:
        return frappe.get_all(
            "Data Import Log", {"data_import": self.data_import.name}, ["row_indexes", "success"], order_by="log_index"
        )

    def _status(self, payloads: int) -> str:
        successes = sum(log.success for log in self._logs())
        failures = len(self._logs()) - successes
        if failures >= payloads and not successes:
            return "Error"
        return "Partial Success" if failures else "Success" if successes == payloads else "Pending"


class ImportFile:
    def __init__(self, doctype: str, file_url: str) -> None:
        self.meta = frappe.get_meta(doctype)
        files = frappe.get_all("File", {"file_url": file_url or ""}, pluck="name", limit=1)
        if not files:
            frappe.throw("Invalid template file for import")
        content = frappe.get_doc("File", files[0]).get_content().decode("utf-8-sig")
        rows = [row for row in enumerate(csv.reader(io.StringIO(content)), start=1) if any(row[1])]
        if len(rows) < 2:
            frappe.throw("Import template should contain a Header and atleast one row.", title="Template Error")
        self.titles = rows[0][1]
        self.rows = rows[1:]
        self.columns = [self._column(title) for title in self.titles]
        self.warnings: list[dict[str, Any]] = []

    def _column(self, title: str) -> FrappeDict | None:
        """By field name or label; ID is the name."""
        if title in ("ID", "name"):
            return FrappeDict(fieldname="name", fieldtype="Data", options=None)
        return next((field for field in self.meta.fields if title in (field.fieldname, field.label)), None)

    def get_payloads_for_import(self) -> list[FrappeDict]:
        self.warnings = [
            {"col": number, "message": f"Cannot match column <strong>{title}</strong> with any field", "type": "info"}
            for number, (title, column) in enumerate(zip(self.titles, self.columns, strict=True), start=1)
            if column is None
        ]
        return [FrappeDict(doc=self._document(number, row), row_indexes=[number]) for number, row in self.rows]

    def get_warnings(self) -> list[dict[str, Any]]:
        return self.warnings

    def _document(self, number: int, row: list[str]) -> dict[str, Any]:
        values = {}
        for column, value in zip(self.columns, row, strict=False):
            if column is not None and value != "":
                values[column.fieldname] = self._checked(number, column, value)
        return values

    def _checked(self, number: int, column: FrappeDict, value: str) -> Any:
        options = (column.options or "").split("\n")
        if column.fieldtype == "Select" and value not in options:
            allowed = ", ".join(f"<strong>{option}</strong>" for option in options if option)
            self._warn(number, f"Value must be one of {allowed}")
        if column.fieldtype == "Link" and not frappe.db.exists(column.options, value):
            self._warn(number, f"Value <strong>{value}</strong> missing for <strong>{column.options}</strong>")
        return cint(value) if column.fieldtype in ("Check", "Int") else value

    def _warn(self, number: int, message: str) -> None:
        self.warnings.append({"row": number, "message": message})
