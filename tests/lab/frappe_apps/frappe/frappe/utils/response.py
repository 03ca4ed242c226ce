# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers: JSON, a download, a redirect, a plain page, and errors in the form of each API version."""

from __future__ import annotations

import json
import mimetypes
import os
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import quote

from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

import frappe
from frappe.core.doctype.file.file import find_file_by_url
from frappe.utils import cint

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


def json_default(value: Any) -> Any:
    if isinstance(value, datetime | date | timedelta):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, set):
        return sorted(value)
    if hasattr(value, "as_dict"):
        return value.as_dict()
    raise TypeError(f"{type(value).__name__} is not JSON")


def build_response() -> Response:
    kind = frappe.local.response.get("type")
    if kind == "download":
        return as_download()
    if kind == "redirect":
        return redirect(frappe.local.response.location)
    if kind == "page":
        return page(
            frappe.local.response.title, frappe.local.response.body, cint(frappe.local.response.http_status_code)
        )
    return as_json()


def as_json() -> Response:
    data = {key: value for key, value in frappe.local.response.items() if key != "docs" or value}
    status = data.pop("http_status_code", None)
    if frappe.local.message_log and "errors" not in data:
        data["_server_messages"] = json.dumps([json.dumps(message) for message in frappe.local.message_log])
    response = Response(json.dumps(data, default=json_default, separators=(",", ":")), mimetype="application/json")
    if status:
        response.status_code = int(status)
    return response


def as_download() -> Response:
    name = frappe.local.response.filename
    kind = mimetypes.guess_type(name)[0] or "application/unknown"
    response = Response(frappe.local.response.filecontent, mimetype=kind)
    response.headers.add("Content-Disposition", "attachment", filename=name)
    return response


def page(title: str, body: str = "", status: int = 200) -> Response:
    return Response(PAGE.format(title=escape(title), body=body), status=status or 200, mimetype="text/html")


def respond_as_page(title: str, body: str, status: int) -> None:
    """What a whitelisted method leaves behind when it answers with a page."""
    frappe.local.response = frappe._dict(
        type="page", title=title, body=f"<p>{escape(body)}</p>", http_status_code=status
    )


def error_response(status: int) -> Response:
    """JSON of an error; the traceback goes along where System Settings allow it, which is the default."""
    kind, error, _tb = sys.exc_info()
    traceback = _traceback() if _may_show_traceback(status) else None
    if frappe.local.request.path.startswith("/api/v2"):
        entry = {"type": kind.__name__}
        if traceback:
            entry["exception"] = traceback
        if frappe.local.message_log:
            entry |= frappe.local.message_log[-1]
        frappe.local.response["errors"] = [entry]
    else:
        if traceback:
            frappe.local.response["exception"] = traceback.strip().splitlines()[-1]
            frappe.local.response["exc"] = json.dumps([traceback])
        frappe.local.response["exc_type"] = kind.__name__
    frappe.local.response.pop("type", None)
    response = as_json()
    response.status_code = status
    return response


def _traceback() -> str:
    return frappe.get_traceback()


def _may_show_traceback(status: int) -> bool:
    if status == 404 or getattr(frappe.local, "db", None) is None:
        return False
    try:
        return bool(cint(frappe.get_system_settings("allow_error_traceback")))
    except Exception:
        return False


def private_file(path: str) -> Response:
    """Either the file itself, or, behind nginx, the word where nginx finds it."""
    if frappe.session.user == "Guest" or not find_file_by_url(path):
        raise Forbidden("You don't have permission to access this file")
    inside = os.path.join("private", path.split("/private/", 1)[1])
    if frappe.get_request_header("X-Use-X-Accel-Redirect"):
        response = Response(mimetype=mimetypes.guess_type(path)[0] or "application/octet-stream")
        response.headers["X-Accel-Redirect"] = quote(f"/protected/{inside}")
        response.headers["Cache-Control"] = "private,max-age=3600,stale-while-revalidate=86400"
        return response
    if not os.path.exists(frappe.get_site_path(inside)):
        raise NotFound
    with open(frappe.get_site_path(inside), "rb") as handle:
        return Response(handle.read(), mimetype=mimetypes.guess_type(path)[0] or "application/octet-stream")
