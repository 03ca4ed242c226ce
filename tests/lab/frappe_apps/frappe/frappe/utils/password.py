# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords in the table __Auth: a hash for logging in, a Fernet token for what must be readable again.

The key of the Fernet tokens is encryption_key of site_config.json. It is made at the first use, so a fresh site has none.
"""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from passlib.context import CryptContext

import frappe

passlibctx = CryptContext(schemes=["pbkdf2_sha256"])

STORE = """INSERT INTO `__Auth` (doctype, name, fieldname, password, encrypted) VALUES (%s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE password = VALUES(password), encrypted = VALUES(encrypted)"""


def update_password(
    user: str, pwd: str, doctype: str = "User", fieldname: str = "password", logout_all_sessions: bool = False
) -> None:
    frappe.db.sql(STORE, (doctype, user, fieldname, passlibctx.hash(pwd), 0))
    if logout_all_sessions:
        from frappe.sessions import clear_sessions

        clear_sessions(user)


def check_password(
    user: str, pwd: str, doctype: str = "User", fieldname: str = "password", delete_tracker_cache: bool = True
) -> str:
    rows = frappe.db.sql(
        "SELECT name, password FROM `__Auth` WHERE doctype=%s AND name=%s AND fieldname=%s AND encrypted=0",
        (doctype, user, fieldname),
    )
    if not rows or not passlibctx.verify(pwd, rows[0][1]):
        raise frappe.AuthenticationError("Incorrect User or Password")
    return rows[0][0]


def set_encrypted_password(doctype: str, name: str, pwd: str, fieldname: str = "password") -> None:
    frappe.db.sql(STORE, (doctype, name, fieldname, encrypt(pwd), 1))


def remove_encrypted_password(doctype: str, name: str, fieldname: str = "password") -> None:
    frappe.db.sql("DELETE FROM `__Auth` WHERE doctype=%s AND name=%s AND fieldname=%s", (doctype, name, fieldname))


def get_decrypted_password(
    doctype: str, name: str, fieldname: str = "password", raise_exception: bool = True
) -> str | None:
    rows = frappe.db.sql(
        "SELECT password FROM `__Auth` WHERE doctype=%s AND name=%s AND fieldname=%s AND encrypted=1",
        (doctype, name, fieldname),
    )
    if rows and rows[0][0]:
        try:
            return decrypt(rows[0][0], key=f"{doctype}.{name}.{fieldname}")
        except frappe.ValidationError:
            if raise_exception:
                raise
            return None
    if raise_exception:
        frappe.throw(f"Password not found for {doctype} {name} {fieldname}")
    return None


def delete_all_passwords_for(doctype: str, name: str) -> None:
    frappe.db.sql("DELETE FROM `__Auth` WHERE doctype=%s AND name=%s", (doctype, name))


def _cipher(encryption_key: str | None) -> Fernet:
    try:
        return Fernet((encryption_key or get_encryption_key()).encode())
    except ValueError:
        frappe.throw("Encryption key is in invalid format!")
        raise


def encrypt(txt: str, encryption_key: str | None = None) -> str:
    return _cipher(encryption_key).encrypt(txt.encode()).decode()


def decrypt(txt: str, encryption_key: str | None = None, key: str | None = None) -> Any:
    try:
        return _cipher(encryption_key).decrypt(txt.encode()).decode()
    except InvalidToken:
        frappe.throw(f"Failed to decrypt key {key}. Encryption key is invalid! Please check site_config.json")


def get_encryption_key() -> str:
    if "encryption_key" not in frappe.local.conf:
        from frappe.installer import update_site_config

        update_site_config("encryption_key", Fernet.generate_key().decode())
    return frappe.local.conf.encryption_key
