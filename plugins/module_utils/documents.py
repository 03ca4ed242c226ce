# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of a site as a module takes them, and what came of them as a module tells it."""

from __future__ import annotations

import json
from typing import Any

from .errors import TenantError

#: The argument specification of one document, shared by all modules that take documents.
DOCUMENT_ARGUMENTS: dict[str, Any] = {
    "doctype": {"type": "str", "required": True},
    "name": {"type": "str"},
    "filters": {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "values": {"type": "dict", "default": {}},
    "rows": {"type": "dict", "default": {}},
    "rows_from": {"type": "dict", "default": {}},
    "initial": {"type": "dict", "default": {}},
    "fields": {"type": "list", "elements": "str", "default": []},
    "secret_values": {"type": "dict", "default": {}, "no_log": True},
}


def wanted(arguments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents as inside_site expects them.

    :raises TenantError: rows_from does not say where rows come from.
    """
    return [_with_secrets(**argument) for argument in arguments]


def _with_secrets(
    secret_values: dict[str, Any], values: dict[str, Any], rows_from: dict[str, Any], **parts: Any
) -> dict[str, Any]:
    """Secret values are only set apart to keep them out of logs and diffs."""
    if parts["state"] == "absent" and not (parts["name"] or parts["filters"]):
        raise TenantError(
            f"{parts['doctype']}: state absent needs a name or filters.", "Without them it would mean all."
        )
    together = {**values, **secret_values}
    return {
        **parts,
        "values": {field: _stored(value) for field, value in together.items()},
        "secrets": list(secret_values),
        "rows_from": {field: _source(field, source) for field, source in rows_from.items()},
    }


def _source(field: str, source: Any) -> dict[str, Any]:
    if not isinstance(source, dict) or not {"doctype", "field"} <= set(source) <= {"doctype", "field", "filters"}:
        raise TenantError(
            f"rows_from: {field} does not say where its rows come from.",
            "Give doctype and field, and perhaps filters. Example: {doctype: Role, field: role, filters: {disabled: 0}}.",
        )
    return {"filters": {}, **source}


def _stored(value: Any) -> Any:
    """A field holds structured values as JSON text. Before ansible-core 2.19 a template turns such a text into the value."""
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def changes(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those answers that changed something."""
    return [answer for answer in answers if answer["change"] != "none"]


def diff(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Before and after of each changed document; password fields were hidden inside the bench."""
    return [
        {
            "before_header": f"{answer['doctype']} {answer['name']}",
            "after_header": f"{answer['doctype']} {answer['name']}",
            "before": answer["before"],
            "after": answer["after"],
        }
        for answer in changes(answers)
    ]
