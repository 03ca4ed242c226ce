# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of a site as a module takes them, and what came of them as a module tells it."""

from __future__ import annotations

import json
from typing import Any

#: The argument specification of one document, shared by all modules that take documents.
DOCUMENT_ARGUMENTS: dict[str, Any] = {
    "doctype": {"type": "str", "required": True},
    "name": {"type": "str"},
    "filters": {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "values": {"type": "dict", "default": {}},
    "rows": {"type": "dict", "default": {}},
    "initial": {"type": "dict", "default": {}},
    "secret_values": {"type": "dict", "default": {}, "no_log": True},
}


def wanted(arguments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents as inside_site expects them. Secret values are only set apart to keep them out of logs."""
    return [_with_secrets(**argument) for argument in arguments]


def _with_secrets(secret_values: dict[str, Any], values: dict[str, Any], **parts: Any) -> dict[str, Any]:
    together = {**values, **secret_values}
    return {**parts, "values": {field: _stored(value) for field, value in together.items()}}


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
