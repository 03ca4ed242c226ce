# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants, or what is told of them, as a table, a line each, for the person at the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: The columns: their headings, and the fields of the registry's rows.
COLUMNS = {
    "NAME": "name",
    "STATE": "state",
    "PLAN": "plan",
    "BENCH": "bench",
    "FRONTEND": "frontend_url",
    "CERTIFICATE": "certificate",
    "ADMINISTRATOR": "admin_email",
    "SINCE (UTC)": "changed_at",
}


def lines(tenants: Iterable[dict[str, Any]]) -> list[str]:
    """The table with its headings, and below it how many there are in each state."""
    tenants = list(tenants)
    if not tenants:
        return ["No tenants."]
    rows = [list(COLUMNS), *([_cell(tenant, field) for field in COLUMNS.values()] for tenant in tenants)]
    return [*aligned(rows), "", _count(tenants)]


def lines_of(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> list[str]:
    """A table of anything.

    :param columns: the headings, and the field of each row that stands below; a field that is not there is empty.
    """
    if not rows:
        return ["None."]
    cells = [["" if row.get(field) is None else str(row[field]) for field in columns.values()] for row in rows]
    return aligned([list(columns), *cells])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(tenant: dict[str, Any], field: str) -> str:
    text = str(tenant[field] or "-")
    return text[:16].replace("T", " ") if field == "changed_at" else text


def _count(tenants: list[dict[str, Any]]) -> str:
    states = Counter(tenant["state"] for tenant in tenants)
    parts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{len(tenants)} tenant{'' if len(tenants) == 1 else 's'}: {parts}."
