# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of one site, made anew: its source was another site's.

Runs inside the bench's Python with sites/ as working directory. What a site keeps in Password fields stands in the table
__Auth, encrypted with the key of its site_config.json; a template's dump leaves that table empty. The rest is here.
"""

from __future__ import annotations

# This file is imported as a part of the collection, and run as a script beside inside.py.
try:
    from .inside import in_site, serve
except ImportError:
    from inside import in_site, serve  # type: ignore[no-redef]

#: Rows that let somebody in: sessions, tokens, links. Frappe's sessions are no doctype.
_TO_DELETE = (
    "Sessions",
    "OAuth Bearer Token",
    "OAuth Authorization Code",
    "Token Cache",
    "Document Share Key",
    "User Invitation",
)

#: Fields that hold a secret when they are set, and are emptied: who needs one asks for it anew.
_TO_EMPTY = {
    "User": ("api_key", "reset_password_key", "last_reset_password_key_generated_on", "last_password_reset_date")
}

#: Fields that hold a secret always.
_TO_RENEW = {"OAuth Client": "client_secret"}

#: How the name of a column, or of a single doctype's field, ends when it holds a secret.
_SECRET_NAMES = "(^|_)(secret|token|password|(api|private|access|secret|password)_key|sid|otp|uuid|site_id)$"

#: A Password field is empty or shows stars; its value is in __Auth.
_NO_VALUE = "^[*]*$"

#: So named, but set by people or switches, or the same in every site.
_HARMLESS_TYPES = ("Check", "Int", "Select", "Link", "Small Text", "Date", "Datetime", "Duration", "Section Break")


def rekey(site, admin_password):
    """Replace or delete every secret of the site, and forget what Redis keeps of it."""
    from frappe.utils.password import update_password

    with in_site(site) as frappe:
        tables = set(frappe.db.get_tables(cached=False))
        for doctype in _TO_DELETE:
            if f"tab{doctype}" in tables:
                frappe.db.sql(f"DELETE FROM `tab{doctype}`")
        for doctype, fields in _TO_EMPTY.items():
            for field in _present(frappe, doctype, fields):
                frappe.db.sql(f"UPDATE `tab{doctype}` SET `{field}` = NULL WHERE `{field}` IS NOT NULL")
        for doctype, field in _TO_RENEW.items():
            for name in frappe.get_all(doctype, pluck="name") if f"tab{doctype}" in tables else ():
                frappe.db.set_value(doctype, name, field, frappe.generate_hash(length=32), update_modified=False)
        frappe.db.sql("DELETE FROM `__Auth` WHERE doctype = 'User'")
        update_password("Administrator", admin_password)
        frappe.db.commit()
        frappe.clear_cache()
    return {}


def secrets_left(site):
    """Where the site holds what is named like a secret and what L(rekey) does not renew.

    :returns: C(columns), such as tabX.api_token.
    """
    with in_site(site) as frappe:
        return {"columns": _filled_columns(frappe) + _filled_settings(frappe)}


def _filled_columns(frappe):
    query = """SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = DATABASE() AND column_name REGEXP %s"""
    return [
        f"{table}.{column}"
        for table, column in frappe.db.sql(query, (_SECRET_NAMES,))
        if not _is_renewed(table.removeprefix("tab"), column)
        and _may_be_secret(frappe, table, column)
        and frappe.db.sql(f"SELECT 1 FROM `{table}` WHERE `{column}` NOT REGEXP %s LIMIT 1", (_NO_VALUE,))
    ]


def _is_renewed(doctype, field):
    return doctype in _TO_DELETE or field in _TO_EMPTY.get(doctype, ()) or field == _TO_RENEW.get(doctype)


def _filled_settings(frappe):
    query = "SELECT doctype, field FROM tabSingles WHERE field REGEXP %s AND value NOT REGEXP %s"
    return [
        f"{doctype}.{field}"
        for doctype, field in frappe.db.sql(query, (_SECRET_NAMES, _NO_VALUE))
        if _may_be_secret(frappe, f"tab{doctype}", field)
    ]


def _present(frappe, doctype, fields):
    columns = {row[0] for row in frappe.db.sql(f"SHOW COLUMNS FROM `tab{doctype}`")}
    return [field for field in fields if field in columns]


def _may_be_secret(frappe, table, column):
    if not table.startswith("tab") or not frappe.db.exists("DocType", table[3:]):
        return table != "__Auth"
    field = frappe.get_meta(table[3:]).get_field(column)
    return field is None or field.fieldtype not in _HARMLESS_TYPES


if __name__ == "__main__":
    serve({"rekey": rekey, "secrets_left": secrets_left})
