# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants as a table, a line each, for the person at the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

#: The columns: their headings, and the fields of the registry's rows.
COLUMNS = {
    "NAME": "name",
    "STATE": "state",
    "PLAN": "plan",
    "BENCH": "bench",
    "FRONTEND": "frontend_url",
    "ADMINISTRATOR": "admin_email",
    "SINCE (UTC)": "changed_at",
}


def lines(tenants: Iterable[dict[str, Any]]) -> list[str]:
    """The table with its headings, and below it how many there are in each state."""
    tenants = list(tenants)
    if not tenants:
        return ["No tenants."]
    rows = [list(COLUMNS), *([_cell(tenant, field) for field in COLUMNS.values()] for tenant in tenants)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*table, "", _count(tenants)]


def _cell(tenant: dict[str, Any], field: str) -> str:
    text = str(tenant[field])
    return text[:16].replace("T", " ") if field == "changed_at" else text


def _count(tenants: list[dict[str, Any]]) -> str:
    states = Counter(tenant["state"] for tenant in tenants)
    parts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{len(tenants)} tenant{'' if len(tenants) == 1 else 's'}: {parts}."
