# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frappe's filters as SQL: {"enabled": 1, "name": ["like", "a%"]} or [["enabled", "=", 1]], values bound."""

from __future__ import annotations

import re
from typing import Any

import frappe

FIELD = re.compile(r"^[a-z_][a-z0-9_]*$", re.IGNORECASE)
OPERATORS = {"=", "!=", ">", "<", ">=", "<=", "like", "not like", "in", "not in", "is"}


def column(name: str) -> str:
    name = name.strip("`").rsplit(".", 1)[-1].strip("`")
    if not FIELD.match(name):
        frappe.throw(f"Invalid field name: {name}")
    return f"`{name}`"


def triples(filters: Any) -> list[tuple[str, str, Any]]:
    if not filters:
        return []
    if isinstance(filters, str):
        filters = {"name": filters}
    if isinstance(filters, dict):
        items = list(filters.items())
        return [(k, v[0].lower(), v[1]) if isinstance(v, list | tuple) else (k, "=", v) for k, v in items]
    # A list may name the doctype first, as the REST interface does.
    return [(f[-3], f[-2].lower(), f[-1]) for f in ([filters] if isinstance(filters[0], str) else filters)]


def condition(filters: Any, join: str = " AND ") -> tuple[str, list]:
    parts, values = [], []
    for name, operator, value in triples(filters):
        if operator not in OPERATORS:
            frappe.throw(f"Operator must be one of {', '.join(sorted(OPERATORS))}")
        if operator == "is":
            parts.append(f"COALESCE({column(name)}, '') {'!=' if value == 'set' else '='} ''")
        elif operator in ("in", "not in"):
            chosen = list(value) or [None]
            parts.append(f"{column(name)} {operator} ({', '.join(['%s'] * len(chosen))})")
            values.extend(chosen)
        elif value is None:
            parts.append(f"{column(name)} IS {'NOT ' if operator == '!=' else ''}NULL")
        else:
            parts.append(f"{column(name)} {operator} %s")
            values.append(value)
    return join.join(parts) or "1=1", values


def order(order_by: str | None) -> str:
    words = (order_by or "modified desc").replace(",", " ").split()
    direction = "DESC" if len(words) > 1 and words[1].lower() == "desc" else "ASC"
    return f"{column(words[0])} {direction}"


def select(
    doctype: str,
    filters: Any = None,
    fields: Any = None,
    or_filters: Any = None,
    order_by: str | None = None,
    limit: int | None = None,
    limit_page_length: int | None = None,
    limit_start: int = 0,
    pluck: str | None = None,
    as_list: bool = False,
    **_more: Any,
) -> list:
    wanted = [pluck] if pluck else [fields] if isinstance(fields, str) else fields or ["name"]
    columns = ", ".join("*" if name == "*" else column(name) for name in wanted)
    where, values = condition(filters)
    if or_filters:
        either = (
            [condition(item) for item in or_filters]
            if isinstance(or_filters, list)
            else [condition(or_filters, " OR ")]
        )
        where += " AND (" + " OR ".join(sql for sql, _values in either) + ")"
        values += [value for _sql, found in either for value in found]
    if doctype != "DocType":
        frappe.get_meta(doctype)  # an unknown doctype is DoesNotExistError, not an SQL error
    query = f"SELECT {columns} FROM `tab{doctype}` WHERE {where} ORDER BY {order(order_by)}"
    count = int(limit or limit_page_length or 0)
    if count:
        query += f" LIMIT {int(limit_start or 0)}, {count}"
    rows = frappe.db.sql(query, values, as_dict=not as_list)
    return [row[pluck] for row in rows] if pluck else rows
