# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A document: checked by its doctype and its controller, stored in `tab<DocType>` or, for singles, in tabSingles."""

from __future__ import annotations

import json
from typing import Any

import pymysql

import frappe
from frappe.database.schema import column_type
from frappe.model.meta import Meta
from frappe.types import FrappeDict
from frappe.utils import cint, now
from frappe.utils.html_utils import sanitize_html
from frappe.utils.password import (
    delete_all_passwords_for,
    get_decrypted_password,
    remove_encrypted_password,
    set_encrypted_password,
)

STANDARD = ("name", "creation", "modified", "modified_by", "owner", "docstatus", "idx")
CHILD = ("parent", "parentfield", "parenttype")


def get_doc(*args: Any, **kwargs: Any) -> Document:
    """get_doc("User", "a@b.c"), get_doc("System Settings"), get_doc({"doctype": ...}), get_doc(doctype=..., ...)."""
    if args and isinstance(args[0], Document):
        return args[0]
    values = dict(args[0]) if args and isinstance(args[0], dict) else None
    if values is None and not args:
        values = kwargs
    if values is not None:
        document = controller(values["doctype"])(values["doctype"])
        document.update(values)
        document.set_new()
        return document
    doctype, name = args[0], args[1] if len(args) > 1 else args[0]
    if isinstance(name, dict):
        name = frappe.db.get_value(doctype, name, "name")
    document = controller(doctype)(doctype)
    document.load(name)
    return document


def new_doc(doctype: str, **values: Any) -> Document:
    document = controller(doctype)(doctype)
    document.update(document.defaults())
    document.update(values)
    document.set_new()
    return document


def controller(doctype: str) -> type[Document]:
    path = frappe.get_meta(doctype).controller
    return frappe.get_attr(path) if path else Document


class Document:
    """Fields are attributes. A controller overrides the hooks: autoname, validate, after_insert, on_update, on_trash."""

    def __init__(self, doctype: str) -> None:
        self.__dict__.update(doctype=doctype, name=None, flags=FrappeDict(), _new=False, _before=FrappeDict())

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        if key in STANDARD or key in CHILD or self.meta.has_field(key):
            return [] if key in (field.fieldname for field in self.meta.get_table_fields()) else None
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {key!r}")

    @property
    def meta(self) -> Meta:
        return frappe.get_meta(self.__dict__["doctype"])

    # --- values --------------------------------------------------------------------------------------------------------

    def get(self, key: str, default: Any = None) -> Any:
        value = self.__dict__.get(key)
        if value is None and key in (field.fieldname for field in self.meta.get_table_fields()):
            return self.__dict__.setdefault(key, [])
        return default if value is None else value

    def set(self, key: str, value: Any) -> None:
        field = self.meta.get_field(key)
        if field and field.fieldtype == "Table":
            self.__dict__[key] = []
            self.extend(key, value or [])
        else:
            self.__dict__[key] = value

    def update(self, values: dict[str, Any]) -> Document:
        for key, value in dict(values).items():
            self.set(key, value)
        return self

    def append(self, key: str, value: dict[str, Any] | Document | None = None) -> Document:
        table = self.get(key)
        child = value if isinstance(value, Document) else new_doc(self.meta.get_field(key).options, **(value or {}))
        child.parentfield, child.parenttype, child.parent, child.idx = key, self.doctype, self.name, len(table) + 1
        table.append(child)
        self.__dict__[key] = table
        return child

    def extend(self, key: str, values: list) -> None:
        for value in values:
            self.append(key, value)

    def as_dict(self, *_args: Any, **_kwargs: Any) -> FrappeDict:
        values = FrappeDict({key: getattr(self, key) for key in STANDARD})
        if self.meta.istable:
            values.update({key: getattr(self, key) for key in CHILD})
        values["doctype"] = self.doctype
        for field in self.meta.fields:
            value = self.get(field.fieldname)
            values[field.fieldname] = [row.as_dict() for row in value] if field.fieldtype == "Table" else value
        return values

    def defaults(self) -> dict[str, Any]:
        meta = self.meta
        return {field.fieldname: meta.cast(field.fieldname, field.default) for field in meta.fields if field.default}

    def get_password(self, fieldname: str = "password", raise_exception: bool = True) -> str | None:
        given = self.get(fieldname)
        if given and set(given) != {"*"}:
            return given
        return get_decrypted_password(self.doctype, self.name, fieldname, raise_exception)

    def is_new(self) -> bool:
        return self._new

    def set_new(self) -> None:
        self.__dict__["_new"] = True

    def has_value_changed(self, fieldname: str) -> bool:
        return self._new or (self.get(fieldname) or None) != (self._before.get(fieldname) or None)

    # --- reading -------------------------------------------------------------------------------------------------------

    def load(self, name: str | None) -> None:
        if self.meta.issingle:
            values = frappe.db.get_singles_dict(self.doctype)
            values = {key: self.meta.cast(key, value) for key, value in values.items()} if values else self.defaults()
            values["name"] = self.doctype
        else:
            rows = frappe.db.sql(f"SELECT * FROM `tab{self.doctype}` WHERE name = %s", (name,), as_dict=True)
            if not rows:
                frappe.throw(f"{self.doctype} {name} not found", frappe.DoesNotExistError)
            values = rows[0]
        self.__dict__.update(values)
        for field in self.meta.get_table_fields():
            self.__dict__[field.fieldname] = self._children(field)
        self.__dict__["_before"] = FrappeDict(values)

    def _children(self, field: FrappeDict) -> list[Document]:
        children = []
        for row in frappe.db.sql(
            f"SELECT * FROM `tab{field.options}` WHERE parent = %s AND parenttype = %s AND parentfield = %s ORDER BY idx",
            (self.name, self.doctype, field.fieldname),
            as_dict=True,
        ):
            child = controller(field.options)(field.options)
            child.__dict__.update(row)
            children.append(child)
        return children

    def reload(self) -> Document:
        self.load(self.name)
        return self

    # --- permission ----------------------------------------------------------------------------------------------------

    def has_permission(self, ptype: str = "read", user: str | None = None) -> bool:
        return frappe.has_permission(self.doctype, ptype, doc=self, user=user)

    def check_permission(self, ptype: str = "read") -> None:
        if not self.flags.ignore_permissions and not self.has_permission(ptype):
            frappe.throw(f"No permission for {self.doctype} {self.name or ''}".strip(), frappe.PermissionError)

    # --- writing -------------------------------------------------------------------------------------------------------

    def insert(
        self,
        ignore_permissions: bool | None = None,
        ignore_links: bool | None = None,
        ignore_if_duplicate: bool = False,
        ignore_mandatory: bool | None = None,
        **_more: Any,
    ) -> Document:
        self._set_flags(ignore_permissions, ignore_links, ignore_mandatory)
        for key, value in self.defaults().items():
            if key not in self.__dict__ or self.__dict__[key] is None:
                self.__dict__[key] = value
        self.check_permission("create")
        self.set_new()
        self.run_method("before_insert")
        self._set_name()
        self._check()
        user, stamp = frappe.session.user, now()
        self.__dict__.update(creation=stamp, modified=stamp, owner=user, modified_by=user, docstatus=0)
        try:
            self._write_row()
        except pymysql.err.IntegrityError as error:
            if ignore_if_duplicate:
                return self
            self._explain_duplicate(error)
        self._write_children()
        self.run_method("after_insert")
        self.run_method("on_update")
        self._written()
        return self

    def save(self, ignore_permissions: bool | None = None, **_more: Any) -> Document:
        if self._new and not self.meta.issingle:
            return self.insert(ignore_permissions=ignore_permissions)
        self._set_flags(ignore_permissions, None, None)
        self.check_permission("write")
        self._check()
        self.__dict__.update(modified=now(), modified_by=frappe.session.user)
        if self.meta.issingle:
            self._write_single()
        else:
            self._write_row()
        self._write_children()
        self.run_method("on_update")
        self._written()
        return self

    def delete(self, ignore_permissions: bool = False, **_more: Any) -> None:
        self._set_flags(ignore_permissions, None, None)
        self.check_permission("delete")
        self.run_method("on_trash")
        self._check_no_link()
        for field in self.meta.get_table_fields():
            frappe.db.delete(field.options, {"parent": self.name, "parenttype": self.doctype})
        frappe.db.delete(self.doctype, {"name": self.name})
        delete_all_passwords_for(self.doctype, self.name)

    def db_set(self, fieldname: Any, value: Any = None, **_more: Any) -> None:
        values = fieldname if isinstance(fieldname, dict) else {fieldname: value}
        self.__dict__.update(values)
        frappe.db.set_value(self.doctype, self.name, values)

    def run_method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        method = getattr(type(self), name, None)
        return method(self, *args, **kwargs) if method else None

    # --- inside --------------------------------------------------------------------------------------------------------

    def _set_flags(self, permissions: bool | None, links: bool | None, mandatory: bool | None) -> None:
        for flag, value in (
            ("ignore_permissions", permissions),
            ("ignore_links", links),
            ("ignore_mandatory", mandatory),
        ):
            if value is not None:
                self.flags[flag] = value

    def _set_name(self) -> None:
        """The controller's autoname, the doctype's rule, a given name, or a random one."""
        if self.flags.name_set:
            return
        rule = self.meta.autoname or ""
        self.run_method("autoname")
        if not self.name and rule.startswith("field:"):
            self.name = self.get(rule.removeprefix("field:"))
            if not self.name:
                frappe.throw(f"{self.meta.get_label(rule.removeprefix('field:'))} is required")
        self.name = self.name or frappe.generate_hash(length=10)

    def _check(self) -> None:
        self.run_method("validate")
        self._sanitize()
        self._check_selects()
        if not self.flags.ignore_links:
            self._check_links()
        if not self.flags.ignore_mandatory:
            self._check_mandatory()
        self._check_lengths()
        for field in self.meta.get_table_fields():
            for child in self.get(field.fieldname):
                child.flags.update(self.flags)
                child._check()

    def _sanitize(self) -> None:
        for field in self.meta.fields:
            value = self.get(field.fieldname)
            if field.fieldtype != "Code" and isinstance(value, str) and {"<", ">"} & set(value):
                self.__dict__[field.fieldname] = sanitize_html(value)

    def _check_mandatory(self) -> None:
        missing = [f for f in self.meta.fields if f.reqd and self.get(f.fieldname) in (None, "", [])]
        if missing:
            for field in missing:
                frappe.msgprint(f"Error: Value missing for {self.doctype}: {field.label}")
            names = ", ".join(field.fieldname for field in missing)
            raise frappe.MandatoryError(f"[{self.doctype}, {self.name}]: {names}")

    def _check_links(self) -> None:
        for field in self.meta.of_type("Link"):
            value = self.get(field.fieldname)
            if value and not frappe.db.exists(field.options, value):
                frappe.throw(f"Could not find {field.label}: {value}", frappe.LinkValidationError)

    def _check_no_link(self) -> None:
        """A document stays as long as another one leads to it."""
        links = "SELECT f.parent, f.fieldname, d.istable FROM tabDocField f JOIN tabDocType d ON d.name = f.parent"
        wanted = "f.fieldtype = 'Link' AND f.options = %s AND d.issingle = 0"
        for doctype, fieldname, is_table in frappe.db.sql(f"{links} WHERE {wanted}", (self.doctype,)):
            own = "AND NOT (parent = %(name)s AND parenttype = %(doctype)s)" if is_table else ""
            found = frappe.db.sql(
                f"SELECT {'parenttype, parent' if is_table else '%(linking)s, name'} FROM `tab{doctype}` "
                f"WHERE `{fieldname}` = %(name)s {own} LIMIT 1",
                {"name": self.name, "doctype": self.doctype, "linking": doctype},
            )
            if found:
                linking = " ".join(found[0])
                frappe.throw(
                    f"Cannot delete or cancel because {self.doctype} {self.name} is linked with {linking}",
                    frappe.LinkExistsError,
                )

    def _check_selects(self) -> None:
        for field in self.meta.of_type("Select"):
            value, options = self.get(field.fieldname), (field.options or "").split("\n")
            if value not in (None, "") and field.options and str(value) not in options:
                allowed = '", "'.join(option for option in options if option)
                frappe.throw(f'{field.label} cannot be "{value}". It should be one of "{allowed}"')

    def _check_lengths(self) -> None:
        for field in self.meta.fields:
            value = self.get(field.fieldname)
            if column_type(field.fieldtype).startswith("varchar") and isinstance(value, str) and len(value) > 140:
                frappe.throw(
                    f"{self.doctype} {self.name}: '<strong>{field.label}</strong>' ({value}) will get truncated, "
                    "as max characters allowed is 140",
                    frappe.CharacterLengthExceededError,
                    title="Value too big",
                )

    def _stored(self, field: FrappeDict) -> Any:
        value = self.get(field.fieldname)
        if field.fieldtype in ("Check", "Int"):
            return cint(value)
        if field.fieldtype == "Password":
            return self._store_password(field.fieldname, value)
        if isinstance(value, dict | list):
            return json.dumps(value)
        return None if value == "" and (field.unique or field.fieldtype in ("Date", "Datetime")) else value

    def _store_password(self, fieldname: str, value: str | None) -> str | None:
        """The secret goes to __Auth; the row keeps stars of the same length."""
        if fieldname in (self.flags.ignore_save_passwords or []):
            return None
        if not value:
            remove_encrypted_password(self.doctype, self.name, fieldname)
            return None
        if set(value) != {"*"}:
            set_encrypted_password(self.doctype, self.name, value, fieldname)
        return "*" * len(value)

    def _row(self) -> dict[str, Any]:
        row = {key: self.__dict__.get(key) for key in STANDARD} | {
            "docstatus": 0,
            "idx": cint(self.__dict__.get("idx")),
        }
        if self.meta.istable:
            row |= {key: self.__dict__.get(key) for key in CHILD}
        for field in self.meta.fields:
            if field.fieldtype != "Table":
                row[field.fieldname] = self._stored(field)
                if field.fieldtype == "Password":
                    self.__dict__[field.fieldname] = row[field.fieldname]
        return row

    def _write_row(self) -> None:
        row = self._row()
        if self._new:
            names = ", ".join(f"`{key}`" for key in row)
            marks = ", ".join(["%s"] * len(row))
            frappe.db.sql(f"INSERT INTO `tab{self.doctype}` ({names}) VALUES ({marks})", list(row.values()))
            return
        assignments = ", ".join(f"`{key}` = %s" for key in row)
        frappe.db.sql(f"UPDATE `tab{self.doctype}` SET {assignments} WHERE name = %s", [*row.values(), self.name])

    def _write_single(self) -> None:
        row = {key: value for key, value in self._row().items() if key not in ("docstatus", "idx", "name")}
        frappe.db.sql("DELETE FROM `tabSingles` WHERE doctype = %s", (self.doctype,))
        frappe.db.sql_many(
            "INSERT INTO `tabSingles` (doctype, field, value) VALUES (%s, %s, %s)",
            [(self.doctype, key, value) for key, value in row.items() if value is not None],
        )

    def _write_children(self) -> None:
        for field in self.meta.get_table_fields():
            frappe.db.delete(
                field.options, {"parent": self.name, "parenttype": self.doctype, "parentfield": field.fieldname}
            )
            for idx, child in enumerate(self.get(field.fieldname), start=1):
                child.__dict__.update(
                    name=child.name or frappe.generate_hash(length=10),
                    creation=child.creation or now(),
                    modified=now(),
                    owner=child.owner or frappe.session.user,
                    modified_by=frappe.session.user,
                    parent=self.name,
                    parenttype=self.doctype,
                    parentfield=field.fieldname,
                    idx=idx,
                )
                child.set_new()
                child._write_row()
                child.__dict__["_new"] = False

    def _written(self) -> None:
        self.__dict__["_new"] = False
        self.__dict__["_before"] = FrappeDict({f.fieldname: self.__dict__.get(f.fieldname) for f in self.meta.fields})

    def _explain_duplicate(self, error: pymysql.err.IntegrityError) -> None:
        if "PRIMARY" in str(error):
            frappe.msgprint(f"{self.doctype} {self.name} already exists")
            raise frappe.DuplicateEntryError(self.doctype, self.name, error) from error
        raise frappe.UniqueValidationError(self.doctype, self.name, error) from error
