# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work inside one site: its documents, ensured in one process and one transaction.

Runs inside the bench's Python with sites/ as working directory. Everything in a site is a document
(settings, login keys, users, files), so one operation does all the work.
"""

from __future__ import annotations

import datetime
import re
from urllib.parse import urlsplit, urlunsplit

# This file is imported as a part of the collection, and run as a script beside inside.py.
try:
    from .inside import Refused, in_site, serve
except ImportError:
    from inside import Refused, in_site, serve  # type: ignore[no-redef]

#: What Frappe fields of these types hold is never shown.
_SECRET_TYPES = {"Password"}
_NUMBER_TYPES = {"Check", "Int", "Long Int", "Float", "Currency", "Percent", "Duration", "Rating"}
_TABLE_TYPES = {"Table", "Table MultiSelect"}
_HIDDEN = "********"


def installed_apps(site):
    """The apps that are installed in the site."""
    with in_site(site) as frappe:
        return {"apps": frappe.get_installed_apps()}


def oauth_clients(site):
    """The clients that may let people sign in through the site."""
    with in_site(site) as frappe:
        fields = ["name", "app_name", "redirect_uris", "default_redirect_uri"]
        found = frappe.get_all("OAuth Client", fields=fields, order_by="name")
    return {
        "clients": [
            {
                "client": client["name"],
                "app_name": client["app_name"],
                "redirect_uris": sorted({*(client["redirect_uris"] or "").split(), client["default_redirect_uri"]}),
            }
            for client in found
        ]
    }


def ensure_documents(site, documents, check):
    """Bring every document to its wanted state, in the given order, all or none.

    Each document has C(doctype); C(name) or C(filters) to find it (neither for a single doctype); C(state),
    present or absent; C(values), fields that must hold; C(secrets), which of them are never shown; C(rows), rows that
    its tables must have among others; C(rows_from), the same with one row for each document of another doctype;
    C(initial), fields that are only set when it is made; C(fields), fields to be told.

    :param check: True computes the same answer and saves nothing.
    :returns: C(documents), one per given document with doctype, name, change (created, updated, removed or
        none), the changed fields before and after, and the fields that were asked for.
    """
    with in_site(site) as frappe:
        answers = ensure_all(frappe, documents, check)
        end(frappe, check)
    return {"documents": answers}


def ensure_api_key(site, user, renew, check):
    """Give the user an API key, unless he has one.

    :param renew: True replaces the one he has, which is then worthless.
    :returns: C(changed), C(api_key), and C(api_secret) only when it was made now: Frappe keeps it encrypted.
    """
    with in_site(site) as frappe:
        found = _user(frappe, user).api_key
        if found and not renew:
            return {"changed": False, "api_key": found, "api_secret": None}
        if check:
            return {"changed": True, "api_key": found, "api_secret": None}
        from frappe.core.doctype.user.user import generate_keys

        secret = generate_keys(user)["api_secret"]
        end(frappe, check)
        return {"changed": True, "api_key": frappe.db.get_value("User", user, "api_key"), "api_secret": secret}


def login_link(site, user, kind, minutes, check):
    """Mint a link that lets the user in once.

    :param kind: login opens a session, also where every other door is locked; password lets him set a password.
    :param minutes: how long a login link lives. A password link lives as long as System Settings say.
    :returns: C(link), and C(minutes), how long it works.
    """
    with in_site(site) as frappe:
        document = _user(frappe, user)
        if not document.enabled:
            raise Refused(f"The user {user} of {site} is disabled.", error="disabled")
        if kind == "password" and frappe.get_doc("System Settings").disable_user_pass_login:
            raise Refused(
                f"Nobody signs in to {site} by password: a link for a new one would be dead.",
                remedy="Mint a link that opens a session, of the kind login.",
                error="no_passwords",
            )
        if check:
            return {"link": "", "minutes": minutes}
        if kind == "password":
            link = document.reset_password(send_email=False)
            minutes = int(frappe.get_doc("System Settings").reset_password_link_expiry_duration or 0) // 60
        else:
            from frappe.www.login import _generate_temporary_login_link

            link = _generate_temporary_login_link(document.name, minutes)
        end(frappe, check)
        return {"link": _at_host(frappe, link), "minutes": minutes}


def _user(frappe, user):
    if not frappe.db.exists("User", user):
        raise Refused(f"The site {frappe.local.site} has no user {user}.", error="no_such_user")
    return frappe.get_doc("User", user)


def _at_host(frappe, link):
    """The link at the site's public address: where no supervisor is told of, Frappe appends the port of gunicorn."""
    public = urlsplit(frappe.conf.host_name or "")
    return urlunsplit(urlsplit(link)._replace(scheme=public.scheme, netloc=public.netloc)) if public.netloc else link


def end(frappe, check):
    """Keep what was done, or in check mode nothing."""
    if check:
        frappe.db.rollback()
    else:
        frappe.db.commit()


def ensure_all(frappe, documents, check):
    """As ensure_documents, in a session that is open; the caller ends it."""
    return [_ensure(frappe, document, check) for document in documents]


def _ensure(frappe, wanted, check):
    doctype = wanted["doctype"]
    try:
        if wanted["state"] == "absent":
            return _remove(frappe, wanted, check)
        found = _find(frappe, wanted)
        _require_fields(frappe, wanted)
        wanted = {**wanted, "rows": _all_rows(frappe, wanted)}
        answer = _create(frappe, wanted, check) if found is None else _update(frappe, found, wanted, check)
        return {**answer, "fields": _told(frappe, wanted, answer["name"])}
    except _frappe_errors(frappe) as error:
        raise refusal(frappe, doctype, wanted["name"] or wanted["filters"], error) from error


def _frappe_errors(frappe):
    """What Frappe says no with. A duplicate is no ValidationError there."""
    known = frappe.exceptions
    return (known.ValidationError, known.DoesNotExistError, known.DuplicateEntryError, known.PermissionError)


def _find(frappe, wanted):
    doctype, name, filters = wanted["doctype"], wanted["name"], wanted["filters"]
    if frappe.get_meta(doctype).issingle:
        return frappe.get_doc(doctype)
    if not (name or filters):
        # Frappe would find none without filters, and any with empty ones.
        raise Refused(
            f"{doctype} needs a name or filters: it is no single, and nothing says which document is meant.",
            error="no_name",
            doctype=doctype,
        )
    name = frappe.db.exists(doctype, name or filters)
    return frappe.get_doc(doctype, name) if name else None


def _require_fields(frappe, wanted):
    """Frappe ignores fields that it does not know: a misspelt one would never be noticed."""
    doctype = wanted["doctype"]
    for field in (*wanted["values"], *wanted["fields"]):
        if _definition(frappe, doctype, field).fieldtype in _TABLE_TYPES:
            raise Refused(
                f"The field {field!r} of {doctype} is a table.",
                remedy="Give rows that it must have in rows.",
                error="table",
                doctype=doctype,
                fields=[field],
            )
    for field, rows in wanted["rows"].items():
        for row in rows:
            for key in row:
                _definition(frappe, _table(frappe, doctype, field), key)
    for field, source in wanted["rows_from"].items():
        _definition(frappe, _table(frappe, doctype, field), source["field"])


def _definition(frappe, doctype, field):
    definition = frappe.get_meta(doctype).get_field(field)
    if definition is None:
        raise Refused(f"{doctype} has no field {field!r}.", error="unknown_field", doctype=doctype, fields=[field])
    return definition


def _table(frappe, doctype, field):
    """The doctype of the rows of a table."""
    definition = _definition(frappe, doctype, field)
    if definition.fieldtype not in _TABLE_TYPES:
        raise Refused(
            f"The field {field!r} of {doctype} is no table.", error="no_table", doctype=doctype, fields=[field]
        )
    return definition.options


def _all_rows(frappe, wanted):
    """The rows that were given, and one for each document that rows_from finds."""
    rows = {field: list(given) for field, given in wanted["rows"].items()}
    for field, source in wanted["rows_from"].items():
        names = sorted(frappe.get_all(source["doctype"], filters=source["filters"], pluck="name"))
        rows.setdefault(field, []).extend({source["field"]: name} for name in names)
    return rows


def _create(frappe, wanted, check):
    document = frappe.new_doc(wanted["doctype"])
    if wanted["name"]:
        # Frappe keeps it, whatever naming rule the doctype has.
        document.name = wanted["name"]
        document.flags.name_set = True
    values = {**(wanted["filters"] or {}), **wanted["initial"], **wanted["values"]}
    document.update(values)
    for field, rows in wanted["rows"].items():
        for row in rows:
            document.append(field, row)
    if not check:
        document.insert()
    after = {**_shown(frappe, document, values, wanted), **_shown_rows(frappe, document, wanted["rows"])}
    return _answer(document, "created", {}, after)


def _update(frappe, document, wanted, check):
    changes = {field: value for field, value in wanted["values"].items() if not _equal(frappe, document, field, value)}
    rows = {field: _missing_rows(frappe, document, field, rows) for field, rows in wanted["rows"].items()}
    rows = {field: missing for field, missing in rows.items() if missing}
    if not changes and not rows:
        return _answer(document, "none", {}, {})
    before = _shown(frappe, document, {field: document.get(field) for field in changes}, wanted)
    document.update(changes)
    for field, missing in rows.items():
        for row in missing:
            document.append(field, row)
    if not check:
        document.save()
    after = {**_shown(frappe, document, changes, wanted), **_shown_rows(frappe, document, rows)}
    return _answer(document, "updated", before, after)


def _remove(frappe, wanted, check):
    """Delete the document of this name, or all that the filters match."""
    doctype = wanted["doctype"]
    found = frappe.get_all(doctype, filters=wanted["filters"] or {"name": wanted["name"]}, pluck="name")
    if not check:
        for name in found:
            frappe.delete_doc(doctype, name)
    answer = {"doctype": doctype, "name": found[0] if found else None, "after": {}, "fields": {}}
    return {**answer, "change": "removed" if found else "none", "before": {"names": found} if found else {}}


def _told(frappe, wanted, name):
    """The fields that were asked for, as they are stored now; secrets too. Empty when there is no such document yet."""
    if not wanted["fields"]:
        return {}
    document = _find(frappe, {**wanted, "name": name})
    return {field: _plain(frappe, document, field) for field in wanted["fields"]} if document else {}


def _plain(frappe, document, field):
    if _definition(frappe, document.doctype, field).fieldtype in _SECRET_TYPES:
        return document.get_password(field, raise_exception=False)
    return document.get(field)


def _equal(frappe, document, field, wanted):
    """Whether the field holds the wanted value, as Frappe would store it."""
    found, fieldtype = _plain(frappe, document, field), _definition(frappe, document.doctype, field).fieldtype
    if fieldtype in _NUMBER_TYPES and _number(wanted) is not None:
        return (_number(found) or 0) == _number(wanted)
    if fieldtype in _MOMENTS and found and wanted:
        return _moment(fieldtype, found) == _moment(fieldtype, wanted)
    return _text(found) in (_text(wanted), *_sanitized(wanted))


def _number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _moment(fieldtype, value):
    """A moment in the form that all its spellings share; what is none stays the text that it is, for Frappe to judge."""
    try:
        return _MOMENTS[fieldtype](str(value))
    except ValueError:
        return str(value)


def _time(text):
    """A time of the day, which MariaDB's driver tells as a duration: 9:00:00 is 09:00."""
    hours, _colon, rest = text.partition(":")
    return datetime.time.fromisoformat(f"{hours:0>2}:{rest}")


#: How a text is read as a moment, by the type of the field.
_MOMENTS = {"Date": datetime.date.fromisoformat, "Datetime": datetime.datetime.fromisoformat, "Time": _time}


def _sanitized(wanted):
    """What Frappe may store instead of a text with HTML, in an editor's field and in others."""
    if not isinstance(wanted, str) or not {"<", ">"} & set(wanted):
        return []
    from frappe.utils.html_utils import sanitize_html

    return [sanitize_html(wanted, linkify=linkify) for linkify in (True, False)]


def _missing_rows(frappe, document, field, wanted):
    present = document.get(field) or []
    return [
        row
        for row in wanted
        if not any(all(_equal(frappe, other, key, value) for key, value in row.items()) for other in present)
    ]


def _text(value):
    """Frappe keeps switches as 0 and 1, an unset field as None or an empty text, numbers as numbers."""
    if value is None or value is False:
        return "0" if value is False else ""
    return "1" if value is True else str(value)


def _shown(frappe, document, values, wanted):
    meta = frappe.get_meta(document.doctype)
    return {
        field: _HIDDEN if field in wanted["secrets"] or _is_secret(meta, field) else value
        for field, value in values.items()
    }


def _shown_rows(frappe, document, rows):
    """New rows of the document's tables as they may be seen."""
    metas = {field: frappe.get_meta(_table(frappe, document.doctype, field)) for field in rows}
    return {
        field: [{key: _HIDDEN if _is_secret(metas[field], key) else value for key, value in row.items()} for row in new]
        for field, new in rows.items()
    }


def _is_secret(meta, field):
    definition = meta.get_field(field)
    return definition is not None and definition.fieldtype in _SECRET_TYPES


def _answer(document, change, before, after):
    return {"doctype": document.doctype, "name": document.name, "change": change, "before": before, "after": after}


def refusal(frappe, doctype, which, error):
    """Frappe's own words; a validation often says more in its message log than in the exception."""
    said = plain_words(str(error)) or "; ".join(_messages(frappe)) or type(error).__name__
    return Refused(
        f"Frappe refuses {doctype} {which or ''}".rstrip() + f": {said}",
        error=type(error).__name__,
        doctype=doctype,
        fields=_fields_meant(frappe, doctype, said),
    )


def plain_words(text):
    """A message of Frappe without its markup, on one line."""
    return " ".join(re.sub(r"<[^<>]*>", "", text).split())


def _fields_meant(frappe, doctype, said):
    """The fields that Frappe's words name, by field name or by label."""
    try:
        fields = [field for field in frappe.get_meta(doctype).fields if field.fieldname]
    except Exception:  # the doctype itself may be what is wrong
        return []
    return [
        field.fieldname
        for field in fields
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in (field.fieldname, field.label) if name)
    ]


def _messages(frappe):
    return [
        plain_words(str(entry.get("message") if isinstance(entry, dict) else entry))
        for entry in frappe.local.message_log
    ]


if __name__ == "__main__":
    serve(
        {
            "installed_apps": installed_apps,
            "oauth_clients": oauth_clients,
            "ensure_documents": ensure_documents,
            "ensure_api_key": ensure_api_key,
            "login_link": login_link,
        }
    )
