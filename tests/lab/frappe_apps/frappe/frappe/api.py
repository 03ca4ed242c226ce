# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST interface: /api/method/..., /api/resource/..., the same below /api/v1, and /api/v2."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule, Submount
from werkzeug.wrappers import Request, Response

import frappe
from frappe import handler
from frappe.utils.response import build_response


def handle(request: Request) -> Response:
    try:
        endpoint, arguments = ROUTES.bind_to_environ(request.environ).match()
    except NotFound as error:
        raise frappe.DoesNotExistError from error
    data = endpoint(**arguments)
    if isinstance(data, Response):
        return data
    if data is not None:
        frappe.response["data"] = data
    return build_response()


# --- version 1 ---------------------------------------------------------------------------------------------------------


def call_v1(method: str) -> Any:
    """What follows a second slash is for the method itself, as in .../oauth2_logins.custom/PROVIDER."""
    frappe.form_dict.cmd = method.split("/")[0]
    return handler.handle()


def list_documents(doctype: str) -> list:
    form = frappe.form_dict
    fields = json.loads(form.fields) if isinstance(form.fields, str) else form.fields
    filters = json.loads(form.filters) if isinstance(form.filters, str) else form.filters
    count = form.limit_page_length or form.limit or 20
    return frappe.get_list(
        doctype, filters, fields, order_by=form.order_by, limit=count, limit_start=form.limit_start or form.start or 0
    )


def form_data() -> dict:
    data = frappe.form_dict.get("data")
    return frappe.parse_json(data) if data else frappe.form_dict


def create_document(doctype: str) -> Any:
    values = dict(form_data())
    values.pop("doctype", None)
    return frappe.new_doc(doctype, **values).insert()


def read_document(doctype: str, name: str) -> Any:
    document = frappe.get_doc(doctype, name)
    document.check_permission("read")
    return document


def update_document(doctype: str, name: str) -> Any:
    document = frappe.get_doc(doctype, name)
    document.update({key: value for key, value in form_data().items() if key != "flags"})
    return document.save()


def delete_document(doctype: str, name: str) -> str:
    frappe.delete_doc(doctype, name, ignore_missing=False)
    frappe.response.http_status_code = 202
    return "ok"


def resource_rules(prefix: str) -> list[Rule]:
    return [
        Rule(f"/{prefix}/<doctype>", methods=["GET"], endpoint=list_documents),
        Rule(f"/{prefix}/<doctype>", methods=["POST"], endpoint=create_document),
        Rule(f"/{prefix}/<doctype>/<path:name>/", methods=["GET"], endpoint=read_document),
        Rule(f"/{prefix}/<doctype>/<path:name>/", methods=["PUT", "PATCH"], endpoint=update_document),
        Rule(f"/{prefix}/<doctype>/<path:name>/", methods=["DELETE"], endpoint=delete_document),
    ]


# --- version 2 ---------------------------------------------------------------------------------------------------------


def call_v2(method: str) -> Any:
    resolved = frappe.get_attr(method)
    frappe.is_whitelisted(resolved)
    return frappe.call(resolved, **frappe.form_dict)


def nothing() -> None:
    """/api/v2/method/login does not log in by itself: only `cmd=login` would."""


V1 = [Rule("/method/<path:method>", endpoint=call_v1), *resource_rules("resource")]
V2 = [
    Rule("/method/login", endpoint=nothing),
    Rule("/method/logout", endpoint=handler.logout),
    Rule("/method/ping", endpoint=frappe.ping),
    Rule("/method/upload_file", endpoint=handler.upload_file),
    Rule("/method/<method>", endpoint=call_v2),
    *resource_rules("document"),
]


def copied(rules: list[Rule]) -> list[Rule]:
    return [rule.empty() for rule in rules]


ROUTES = Map(
    [Submount("/api", copied(V1)), Submount("/api/v1", copied(V1)), Submount("/api/v2", copied(V2))],
    strict_slashes=False,
    merge_slashes=False,
)
