# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WSGI application: `gunicorn frappe.app:application`, run in sites/."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Request, Response

import frappe
from frappe import api, handler
from frappe.auth import LoginManager, validate_auth
from frappe.rate_limiter import SiteLimit
from frappe.utils import cint, get_site_name
from frappe.utils.response import build_response, error_response, page, private_file
from frappe.website import render

SITES_PATH = os.environ.get("SITES_PATH", ".")
UNSAFE = ("POST", "PUT", "DELETE", "PATCH")


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    request = Request(environ)
    try:
        return answer(request)(environ, start_response)
    finally:
        frappe.destroy()


def answer(request: Request) -> Response:
    response: Response | HTTPException
    try:
        init_request(request)
        validate_auth()
        response = dispatch(request)
        finish_transaction(request)
    except HTTPException as error:
        # Raised by Frappe before it knows the site, or by a page: werkzeug's own answer.
        response = error.get_response(request.environ)
    except Exception as error:
        response = error_answer(request, error)
        if getattr(frappe.local, "db", None):
            frappe.db.rollback()
    if getattr(frappe.local, "login_manager", None):
        frappe.local.login_manager.write_cookies(response)
    if getattr(frappe.local, "site_limit", None):
        frappe.local.site_limit.add()
    return response


def init_request(request: Request) -> None:
    """Choose the site: the header goes before Host, whoever sent it."""
    frappe.local.request = request
    site = request.headers.get("X-Frappe-Site-Name") or get_site_name(request.host)
    frappe.init(site=site, sites_path=SITES_PATH, force=True)
    if not frappe.local.conf.db_name:
        raise NotFound
    frappe.connect(set_admin_as_user=False)
    read_only_or_stopped()
    request.max_content_length = cint(frappe.conf.max_file_size) or 25 * 1024 * 1024
    frappe.local.form_dict = read_form(request)
    frappe.local.request_ip = (
        (request.headers.get("X-Forwarded-For") or request.remote_addr or "").split(",")[0].strip()
    )
    frappe.local.site_limit = SiteLimit()
    if request.method != "OPTIONS":
        frappe.local.login_manager = LoginManager()
    frappe.local.site_limit.check()


def read_only_or_stopped() -> None:
    """Maintenance mode: nothing at all, or reading only."""
    if not frappe.conf.maintenance_mode:
        return
    if not frappe.conf.allow_reads_during_maintenance:
        raise frappe.SessionStopped("Session Stopped")
    frappe.flags.read_only = True
    frappe.db.begin(read_only=True)


def read_form(request: Request) -> frappe._dict:
    body = request.get_data(as_text=True)
    if body and request.is_json:
        values = json.loads(body)
        values = values if isinstance(values, dict) else {"data": values}
    else:
        values = {**request.args.to_dict(), **request.form.to_dict()}
    return frappe._dict(values)


def dispatch(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response()
    if frappe.form_dict.cmd:
        return handler.handle() or build_response()
    if request.path.startswith("/api/"):
        return api.handle(request)
    if request.path.startswith("/private/files/"):
        return private_file(request.path)
    if request.method in ("GET", "HEAD", "POST"):
        return render(request.path)
    raise NotFound


def finish_transaction(request: Request) -> None:
    if request.method in UNSAFE or frappe.flags.commit:
        frappe.db.commit()
    else:
        frappe.db.rollback()


def error_answer(request: Request, error: Exception) -> Response:
    status = getattr(error, "http_status_code", 500)
    accept = request.headers.get("Accept") or ""
    if "application/json" in accept or (request.path.startswith("/api/") and not accept.startswith("text")):
        response = error_response(status)
    else:
        titles = {401: "Session Expired", 403: "Not Permitted", 404: "Not Found", 503: "Updating"}
        response = page(titles.get(status, "Server Error"), status=status)
    if isinstance(error, frappe.AuthenticationError) and getattr(frappe.local, "login_manager", None):
        frappe.local.login_manager.clear_cookies()
    return response
