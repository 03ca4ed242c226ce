# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an app's doctypes/*.json to tables and to rows of tabDocType, tabDocField and tabDocPerm.

A file holds one doctype:

    {"name": "Note", "module": "Desk", "autoname": "hash", "controller": "app.module.Class",
     "fields": ["title:Data*", "public:Check=0", "kind:Select=A [A|B]", "user:Link [User]"],
     "permissions": {"System Manager": "rwcd", "Desk User": "r"}}

A field reads `name:Type`, `*` for mandatory, `!` for unique, `=default`, and `[options]` (`|` for a new line).
"""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import frappe
from frappe.utils import now

FIELD = re.compile(
    r"^(?P<fieldname>\w+):(?P<fieldtype>[A-Za-z ]+?)(?P<reqd>\*?)(?P<unique>!?)(?:=(?P<default>.*?))?(?: \[(?P<options>.*)\])?$"
)
COLUMN_TYPES = {
    "Check": "int(1) NOT NULL DEFAULT 0",
    "Int": "int(11) NOT NULL DEFAULT 0",
    "Duration": "decimal(21,9) NULL",
    "Date": "date NULL",
    "Datetime": "datetime(6) NULL",
    "Small Text": "text NULL",
    "Text": "text NULL",
    "Code": "longtext NULL",
    "Text Editor": "longtext NULL",
    "Password": "text NULL",
}
NO_COLUMN = {"Table"}
STANDARD = """`name` varchar(140) NOT NULL PRIMARY KEY,
`creation` datetime(6) NULL, `modified` datetime(6) NULL, `modified_by` varchar(140) NULL, `owner` varchar(140) NULL,
`docstatus` int(1) NOT NULL DEFAULT 0, `idx` int(8) NOT NULL DEFAULT 0"""
CHILD = "`parent` varchar(140) NULL, `parentfield` varchar(140) NULL, `parenttype` varchar(140) NULL, KEY (`parent`)"


def parse_field(text: str) -> dict[str, Any]:
    found = FIELD.match(text)
    if not found:
        raise ValueError(f"doctype field {text!r} is not `name:Type[*][!][=default] [options]`")
    field = found.groupdict()
    field["reqd"], field["unique"] = int(bool(field["reqd"])), int(bool(field["unique"]))
    field["options"] = field["options"].replace("|", "\n") if field["options"] is not None else None
    field["label"] = field["fieldname"].replace("_", " ").title()
    return field


def doctypes_of(app: str) -> list[dict[str, Any]]:
    """The app's doctypes in the order of their file names, which is the order in which they are made."""
    folder = resources.files(app) / "doctypes"
    if not folder.is_dir():
        return []
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".json")), key=lambda item: item.name)
    return [json.loads(item.read_text(encoding="utf-8")) for item in files]


def sync_app(app: str) -> None:
    """Make the app's doctypes. Running it twice changes nothing; a killed run leaves the first part of them."""
    for doctype in doctypes_of(app):
        sync_doctype(app, doctype)
        frappe.db.commit()


def sync_doctype(app: str, doctype: dict[str, Any]) -> None:
    name, db = doctype["name"], frappe.db
    fields = [parse_field(text) for text in doctype["fields"]]
    if not doctype.get("issingle"):
        db.sql_ddl(create_table(doctype, fields))
    for table in ("DocField", "DocPerm"):
        db.sql(f"DELETE FROM `tab{table}` WHERE parent = %s", (name,))
    db.sql(
        "REPLACE INTO `tabDocType` (name, creation, modified, owner, module, app, issingle, istable, autoname, controller)"
        " VALUES (%s, %s, %s, 'Administrator', %s, %s, %s, %s, %s, %s)",
        (
            *(name, now(), now(), doctype["module"], app),
            *(
                doctype.get("issingle", 0),
                doctype.get("istable", 0),
                doctype.get("autoname"),
                doctype.get("controller"),
            ),
        ),
    )
    insert_fields(name, fields)
    insert_permissions(name, doctype.get("permissions", {}))
    if doctype.get("issingle") and not db.get_singles_dict(name):
        defaults = [(name, field["fieldname"], field["default"]) for field in fields if field["default"] is not None]
        db.sql_many("INSERT INTO `tabSingles` (doctype, field, value) VALUES (%s, %s, %s)", defaults)


def column_type(fieldtype: str) -> str:
    return COLUMN_TYPES.get(fieldtype, "varchar(140) NULL")


def create_table(doctype: dict[str, Any], fields: list[dict[str, Any]]) -> str:
    columns = [STANDARD]
    for field in fields:
        if field["fieldtype"] not in NO_COLUMN:
            unique = " UNIQUE" if field["unique"] else ""
            columns.append(f"`{field['fieldname']}` {column_type(field['fieldtype'])}{unique}")
    if doctype.get("istable"):
        columns.append(CHILD)
    return (
        f"CREATE TABLE IF NOT EXISTS `tab{doctype['name']}` (\n" + ",\n".join(columns) + "\n) ENGINE=InnoDB "
        "ROW_FORMAT=DYNAMIC CHARACTER SET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
    )


def insert_fields(doctype: str, fields: list[dict[str, Any]]) -> None:
    keys = ("fieldname", "label", "fieldtype", "options", "reqd", "unique", "default")
    rows = [
        (frappe.generate_hash(length=10), doctype, idx, *(field[key] for key in keys))
        for idx, field in enumerate(fields, start=1)
    ]
    names = ", ".join(f"`{key}`" for key in keys)
    frappe.db.sql_many(
        f"INSERT INTO `tabDocField` (name, parent, idx, {names}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", rows
    )


def insert_permissions(doctype: str, permissions: dict[str, str]) -> None:
    rows = [
        (frappe.generate_hash(length=10), doctype, idx, role, *(int(letter in rights) for letter in "rwcd"))
        for idx, (role, rights) in enumerate(permissions.items(), start=1)
    ]
    if rows:
        frappe.db.sql_many(
            "INSERT INTO `tabDocPerm` (name, parent, idx, role, `read`, `write`, `create`, `delete`)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
