# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site's first data: the setup wizard, documents, and CSV files through Frappe's own importer.

Runs inside the bench's Python with sites/ as working directory, in one process. Measured on Frappe and ERPNext 15.92:
the wizard takes 8 to 13 seconds, gives no roles to users who are there already, and reads country and currency from
System Settings once a site has a user; the importer leaves out columns that it does not know and says so in a hint only.
"""

from __future__ import annotations

import datetime
import hashlib
import json

# This file is imported as a part of the collection, and run as a script beside the other two.
try:
    from .inside import Refused, in_site, serve
    from .inside_site import end, ensure_all, plain_words, refusal
except ImportError:
    from inside import Refused, in_site, serve  # type: ignore[no-redef]
    from inside_site import end, ensure_all, plain_words, refusal  # type: ignore[no-redef]

_MODES = {False: "Insert New Records", True: "Update Existing Records"}
_MAX_SHOWN = 5


def seed(site, wizard, documents, imports, check):
    """Bring the site's first data in, in this order: the wizard, documents, imports. What is in already is left alone.

    :param wizard: None, or what Frappe's setup wizard asks: country, currency, company and so on.
    :param documents: as in inside_site.
    :param imports: each with doctype, content (CSV text), and update, True to change documents that are there.
    :returns: C(wizard), whether it was completed now; C(documents); C(imports), each with doctype, rows and change.
    """
    with in_site(site) as frappe:
        completed = wizard is not None and _complete_setup(frappe, wizard, check)
        answers = ensure_all(frappe, documents, check)
        # Before the imports: Frappe commits after each row of theirs anyway.
        end(frappe, check)
        try:
            imported = [_import(frappe, given, check) for given in imports]
        except Exception:
            # Takes the file away too that Frappe keeps for an import.
            frappe.db.rollback()
            raise
    return {"wizard": completed, "documents": answers, "imports": imported}


def _complete_setup(frappe, given, check):
    """What a person does in the wizard. True when it was not done yet."""
    if frappe.is_setup_complete():
        return False
    answers = _wizard_answers(frappe, given)
    if check:
        return True
    from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

    # A site with a user counts as half set up: the wizard then takes these from System Settings, not from its answers.
    settings = frappe.get_doc("System Settings")
    settings.update({"country": answers["country"], "currency": answers["currency"]})
    settings.save()
    try:
        setup_complete(answers)
    except Exception as error:
        raise Refused(
            f"The setup wizard failed: {plain_words(str(error)) or type(error).__name__}", error="setup_wizard"
        ) from error
    return True


def _wizard_answers(frappe, given):
    """The answers to all of the wizard's questions; those that were not given are what it would propose."""
    country = given["country"]
    if not frappe.db.exists("Country", country):
        raise Refused(f"country: Frappe does not know {country!r}. Example: Germany.", error="unknown_country")
    settings = frappe.get_doc("System Settings")
    language = frappe.db.get_value("Language", settings.language, "language_name")
    start = datetime.date.fromisoformat(given["fiscal_year_start"] or f"{datetime.date.today().year}-01-01")
    return {
        "language": language,
        "lang": language,
        "country": country,
        "timezone": settings.time_zone,
        "currency": given["currency"] or _currency_of(country),
        "company_name": given["company"],
        "company_abbr": given["abbreviation"] or _abbreviation(given["company"]),
        "chart_of_accounts": _chart(frappe, country, given["chart_of_accounts"]),
        "fy_start_date": start.isoformat(),
        "fy_end_date": _year_after(start).isoformat(),
        "setup_demo": 0,
        "enable_telemetry": 0,
    }


def _currency_of(country):
    from frappe.geo.country_info import get_country_info

    return get_country_info(country).get("currency") or "USD"


def _chart(frappe, country, wanted):
    """The chart of accounts that is wanted, else the first that ERPNext has for the country."""
    if "erpnext" not in frappe.get_installed_apps():
        return None
    from erpnext.accounts.doctype.account.chart_of_accounts.chart_of_accounts import get_charts_for_country

    charts = get_charts_for_country(country, with_standard=True)
    if wanted and wanted not in charts:
        raise Refused(
            f"chart_of_accounts: ERPNext has no {wanted!r} for {country}; it has {', '.join(charts)}.",
            error="unknown_chart",
        )
    return wanted or charts[0]


def _abbreviation(company):
    """As the wizard proposes it: the first letters of the words."""
    return "".join(word[0] for word in company.split())[:5].upper()


def _year_after(start):
    """The last day of the year that begins on this day."""
    return start.replace(day=28, year=start.year + 1) + datetime.timedelta(days=start.day - 29)


def _import(frappe, given, check):
    """Import one CSV text, once: Frappe keeps the file with its Data Import, and so knows it again."""
    digest = hashlib.sha256(json.dumps([given["doctype"], given["content"], given["update"]]).encode()).hexdigest()
    name = f"seed-{digest[:20]}.csv"
    found = frappe.db.get_value("File", {"file_name": name, "attached_to_doctype": "Data Import"}, "attached_to_name")
    answer = {"doctype": given["doctype"], "rows": None, "change": "none"}
    if not given["content"].strip():
        raise Refused(f"The CSV file for {given['doctype']} is empty.", error="empty_file")
    if found and frappe.db.get_value("Data Import", found, "status") == "Success":
        return answer
    if check:
        return {**answer, "change": "imported"}
    try:
        record = frappe.get_doc("Data Import", found) if found else _record(frappe, given, name)
        importer = record.get_importer()
        rows = len(importer.import_file.get_payloads_for_import())
        _require_no_warnings(given["doctype"], importer.import_file.get_warnings())
        frappe.db.commit()
        importer.import_data()
    except frappe.exceptions.ValidationError as error:
        raise refusal(frappe, given["doctype"], "in a CSV file", error) from error
    _require_no_failures(frappe, given["doctype"], record.name)
    frappe.db.commit()
    return {**answer, "rows": rows, "change": "imported"}


def _record(frappe, given, name):
    """The Data Import and its file, as a person would make them."""
    values = {"reference_doctype": given["doctype"], "import_type": _MODES[given["update"]], "mute_emails": 1}
    record = frappe.get_doc({"doctype": "Data Import", **values}).insert()
    attached = {"attached_to_doctype": "Data Import", "attached_to_name": record.name}
    file = {"doctype": "File", "file_name": name, "is_private": 1, "content": given["content"], **attached}
    record.import_file = frappe.get_doc(file).insert().file_url
    record.save()
    return record


def _require_no_warnings(doctype, warnings):
    """Values that Frappe can't take, and columns that it would silently leave out."""
    if not warnings:
        return
    said = [
        "".join(f"{part} {warning[part]}, " for part in ("row", "col") if warning.get(part) is not None)
        + plain_words(warning["message"])
        for warning in warnings
    ]
    raise Refused(f"Frappe can't import {doctype}: {_first(said)}", error="import_refused", doctype=doctype)


def _require_no_failures(frappe, doctype, record):
    failures = frappe.get_all(
        "Data Import Log",
        filters={"data_import": record, "success": 0},
        fields=["row_indexes", "messages", "exception"],
        order_by="log_index",
    )
    if not failures:
        return
    said = [f"row {', '.join(str(row) for row in json.loads(log.row_indexes))}: {_reason(log)}" for log in failures]
    raise Refused(
        f"Frappe could not import {len(failures)} rows of {doctype}: {_first(said)}",
        remedy="The other rows are in; mend the file and run again.",
        error="import_failed",
        doctype=doctype,
    )


def _reason(log):
    """The words of the log's messages, which are JSON within JSON; else the last line of the traceback."""
    messages = json.loads(log.messages or "[]")
    words = [message.get("message", "") if isinstance(message, dict) else _inner(message) for message in messages]
    trace = (log.exception or "").strip().splitlines()
    return plain_words("; ".join(words)) or plain_words(trace[-1] if trace else "") or "no reason given"


def _inner(message):
    try:
        return json.loads(message)["message"]
    except (ValueError, TypeError, KeyError):
        return str(message)


def _first(said):
    more = len(said) - _MAX_SHOWN
    return "; ".join(said[:_MAX_SHOWN]) + (f"; and {more} more" if more > 0 else "")


if __name__ == "__main__":
    serve({"seed": seed})
