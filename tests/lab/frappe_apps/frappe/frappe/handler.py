# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling a whitelisted function by name: /api/method/NAME and `cmd=NAME`."""

from __future__ import annotations

import os
from typing import Any

from werkzeug.wrappers import Response

import frappe
from frappe import is_whitelisted, ping
from frappe.core.doctype.file.file import find_file_by_url
from frappe.utils import cint


def handle() -> Response | None:
    """`login` has already happened when we come here."""
    cmd = frappe.form_dict.cmd
    result = execute_cmd(cmd) if cmd != "login" else None
    if isinstance(result, Response):
        return result
    if result is not None:
        frappe.response["message"] = result
    return None


def execute_cmd(cmd: str) -> Any:
    method = resolve(cmd)
    is_whitelisted(method)
    if frappe.local.request.method not in frappe.allowed_http_methods[method]:
        frappe.throw("Not permitted", frappe.PermissionError)
    return frappe.call(method, **frappe.form_dict)


def resolve(cmd: str) -> Any:
    """A dotted path, or the name of one of the functions below."""
    try:
        return frappe.get_attr(cmd) if "." in cmd else SHORT_NAMES[cmd]
    except Exception as error:
        frappe.throw(f"Failed to get method for command {cmd} with {error}")


@frappe.whitelist(allow_guest=True)
def logout() -> None:
    frappe.local.login_manager.logout()


@frappe.whitelist(allow_guest=True)
def download_file(file_url: str) -> None:
    """A public file is open to Guest; a wrong address is refused like a private file: 403."""
    file = find_file_by_url(file_url)
    if not file:
        raise frappe.PermissionError
    frappe.local.response.update(filename=os.path.basename(file_url), filecontent=file.get_content(), type="download")


@frappe.whitelist(allow_guest=True)
def upload_file() -> Any:
    """Take one uploaded file and make a File of it."""
    if frappe.session.user == "Guest" and not cint(frappe.get_system_settings("allow_guests_to_upload_files")):
        raise frappe.PermissionError
    upload = frappe.request.files["file"]
    document = frappe.get_doc(
        {
            "doctype": "File",
            "file_name": upload.filename,
            "is_private": cint(frappe.form_dict.is_private),
            "content": upload.stream.read(),
        }
    )
    return document.insert(ignore_permissions=True)


SHORT_NAMES = {
    "ping": ping,
    "logout": logout,
    "download_file": download_file,
    "upload_file": upload_file,
}
