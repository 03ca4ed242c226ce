# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the app frappe puts into a fresh site: countries, languages, roles, Administrator and Guest."""

from __future__ import annotations

import getpass

from babel import Locale

import frappe
from frappe.utils import now
from frappe.utils.password import update_password

ROLES = {
    "Administrator": 1,
    "System Manager": 1,
    "All": 0,
    "Guest": 0,
    "Desk User": 1,
    "Website Manager": 1,
    "Blogger": 1,
    "Dashboard Manager": 1,
    "Inbox User": 1,
    "Knowledge Base Contributor": 0,
    "Knowledge Base Editor": 0,
    "Newsletter Manager": 1,
    "Prepared Report User": 1,
    "Report Manager": 1,
    "Script Manager": 1,
    "Translator": 1,
    "Workspace Manager": 1,
}
NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
USERS = (("Administrator", "admin@example.com", "is_admin"), ("Guest", "guest@example.com", "is_guest"))


def after_install() -> None:
    insert_rows("User Type", [{"name": name, "is_standard": 1} for name in ("System User", "Website User")])
    insert_rows("Role", [{"name": name, "role_name": name, "desk_access": desk} for name, desk in ROLES.items()])
    add_geography()
    for name, email, kind in USERS:
        user = {"doctype": "User", "first_name": name, "email": email, "enabled": 1, kind: 1, "roles": [{"role": name}]}
        frappe.get_doc(user).insert(ignore_if_duplicate=True)
    frappe.get_doc("User", "Administrator").add_roles(*ROLES)
    insert_rows("File", [{"name": "Home", "file_name": "Home", "is_folder": 1, "is_home_folder": 1}])
    update_password("Administrator", admin_password())
    frappe.db.set_default("desktop:home_page", "setup-wizard")
    frappe.db.commit()


def add_geography() -> None:
    english = Locale("en")
    countries = {code: name for code, name in english.territories.items() if len(code) == 2 and code not in NO_COUNTRY}
    insert_rows("Country", [{"name": n, "country_name": n, "code": code.lower()} for code, n in countries.items()])
    languages = {code: name for code, name in english.languages.items() if len(code) == 2} | {"en-US": "English (US)"}
    insert_rows("Language", [{"name": c, "language_code": c, "language_name": n} for c, n in languages.items()])
    currencies = [code for code in english.currencies if len(code) == 3]
    insert_rows("Currency", [{"name": code, "currency_name": code} for code in currencies])


def insert_rows(doctype: str, rows: list[dict]) -> None:
    """Many plain records at once, without the checks of a document."""
    stamp = {"creation": now(), "modified": now(), "owner": "Administrator", "modified_by": "Administrator"}
    names = [*rows[0], *stamp]
    columns = ", ".join(f"`{name}`" for name in names)
    marks = ", ".join(["%s"] * len(names))
    values = [[*row.values(), *stamp.values()] for row in rows]
    frappe.db.sql_many(f"INSERT IGNORE INTO `tab{doctype}` ({columns}) VALUES ({marks})", values)


def admin_password() -> str:
    """From the config or the option; else asked for twice, from standard input where there is no terminal."""
    given = frappe.conf.admin_password
    while not given:
        given = getpass.getpass("Set Administrator password: ")
        if given != getpass.getpass("Re-enter Administrator password: "):
            print("\nPasswords do not match")
            given = None
    return given
