# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work inside one site: its documents, ensured in one process and one transaction.

Runs inside the bench's Python with sites/ as working directory. Everything in a site is a document
(settings, login keys, users, files), so one operation does all the work.
"""

from __future__ import annotations

from contextlib import contextmanager

# This file is imported as a part of the collection, and run as a script beside inside.py.
try:
    from .inside import Refused, serve
except ImportError:
    from inside import Refused, serve  # type: ignore[no-redef]

#: What Frappe fields of these types hold is never shown.
_SECRET_TYPES = {"Password"}
_HIDDEN = "********"


def installed_apps(site):
    """The apps that are installed in the site."""
    with _session(site) as frappe:
        return {"apps": frappe.get_installed_apps()}


def ensure_documents(site, documents, check):
    """Bring every document to its wanted state, in the given order, all or none.

    Each document has C(doctype); C(name) or C(filters) to find it (neither for a single doctype); C(state),
    present or absent; C(values), fields that must hold; C(rows), rows that its tables must have among others;
    C(initial), fields that are only set when it is made.

    :param check: True computes the same answer and saves nothing.
    :returns: C(documents), one per given document with doctype, name, change (created, updated, removed or
        none) and the fields before and after.
    """
    with _session(site) as frappe:
        answers = [_ensure(frappe, document, check) for document in documents]
        if check:
            frappe.db.rollback()
        else:
            frappe.db.commit()
    return {"documents": answers}


@contextmanager
def _session(site):
    """Frappe connected to the site as Administrator."""
    import frappe

    frappe.init(site=site, sites_path=".")
    try:
        frappe.connect()
        frappe.set_user("Administrator")
        yield frappe
    finally:
        frappe.destroy()


def _ensure(frappe, wanted, check):
    doctype = wanted["doctype"]
    try:
        found = _find(frappe, wanted)
        if wanted["state"] == "absent":
            return _remove(frappe, doctype, found, check)
        if found is None:
            return _create(frappe, wanted, check)
        return _update(frappe, found, wanted, check)
    except frappe.exceptions.DoesNotExistError as error:
        raise _refusal(frappe, doctype, wanted, error) from error
    except frappe.exceptions.ValidationError as error:
        raise _refusal(frappe, doctype, wanted, error) from error


def _find(frappe, wanted):
    doctype, name, filters = wanted["doctype"], wanted["name"], wanted["filters"]
    if frappe.get_meta(doctype).issingle:
        return frappe.get_doc(doctype)
    name = frappe.db.exists(doctype, name or filters)
    return frappe.get_doc(doctype, name) if name else None


def _create(frappe, wanted, check):
    document = frappe.new_doc(wanted["doctype"])
    if wanted["name"]:
        # A doctype with a naming rule makes its own name; it is the same when the rule follows the values.
        document.name = wanted["name"]
        document.flags.name_set = True
    for field in wanted["values"]:
        _definition(frappe, document, field)
    values = {**(wanted["filters"] or {}), **wanted["initial"], **wanted["values"]}
    document.update(values)
    for field, rows in wanted["rows"].items():
        for row in rows:
            document.append(field, row)
    if not check:
        document.insert()
    after = {**_shown(frappe, document, values), **wanted["rows"]}
    return _answer(document, "created", {}, after)


def _update(frappe, document, wanted, check):
    changes = {field: value for field, value in wanted["values"].items() if not _equal(frappe, document, field, value)}
    rows = {field: _missing_rows(document, field, rows) for field, rows in wanted["rows"].items()}
    rows = {field: missing for field, missing in rows.items() if missing}
    if not changes and not rows:
        return _answer(document, "none", {}, {})
    before = _shown(frappe, document, {field: document.get(field) for field in changes})
    document.update(changes)
    for field, missing in rows.items():
        for row in missing:
            document.append(field, row)
    if not check:
        document.save()
    return _answer(document, "updated", before, {**_shown(frappe, document, changes), **rows})


def _remove(frappe, doctype, document, check):
    if document is None:
        return {"doctype": doctype, "name": None, "change": "none", "before": {}, "after": {}}
    if not check:
        frappe.delete_doc(doctype, document.name)
    return _answer(document, "removed", {"name": document.name}, {})


def _equal(frappe, document, field, wanted):
    """Whether the field holds the wanted value, as Frappe would store it."""
    if _definition(frappe, document, field).fieldtype in _SECRET_TYPES:
        return document.get_password(field, raise_exception=False) == wanted
    return _text(document.get(field)) == _text(wanted)


def _definition(frappe, document, field):
    """Frappe ignores fields that it does not know: a misspelt one would never be noticed."""
    definition = frappe.get_meta(document.doctype).get_field(field)
    if definition is None:
        raise Refused(f"{document.doctype} has no field {field!r}.", error="unknown_field", field=field)
    return definition


def _missing_rows(document, field, wanted):
    present = document.get(field) or []
    return [
        row
        for row in wanted
        if not any(all(_text(other.get(key)) == _text(value) for key, value in row.items()) for other in present)
    ]


def _text(value):
    """Frappe keeps switches as 0 and 1, an unset field as None or an empty text, numbers as numbers."""
    if value is None or value is False:
        return "0" if value is False else ""
    return "1" if value is True else str(value)


def _shown(frappe, document, values):
    meta = frappe.get_meta(document.doctype)
    return {field: _HIDDEN if _is_secret(meta, field) else value for field, value in values.items()}


def _is_secret(meta, field):
    definition = meta.get_field(field)
    return definition is not None and definition.fieldtype in _SECRET_TYPES


def _answer(document, change, before, after):
    return {"doctype": document.doctype, "name": document.name, "change": change, "before": before, "after": after}


def _refusal(frappe, doctype, wanted, error):
    """Frappe's own words; a validation often says more in its message log than in the exception."""
    name = wanted["name"] or wanted["filters"] or ""
    said = " ".join(str(error).split()) or "; ".join(_messages(frappe)) or type(error).__name__
    return Refused(
        f"Frappe refuses {doctype} {name}".rstrip() + f": {said}",
        error=type(error).__name__,
        doctype=doctype,
    )


def _messages(frappe):
    return [str(entry.get("message") if isinstance(entry, dict) else entry) for entry in frappe.local.message_log]


if __name__ == "__main__":
    serve({"installed_apps": installed_apps, "ensure_documents": ensure_documents})
