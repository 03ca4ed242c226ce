# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a benchmark as a table."""

from __future__ import annotations

from collections.abc import Iterable

from .values import Value

HEADINGS = ("", "WHAT", "MEASURED", "WANTED", "")


def lines(topic: str, values: Iterable[Value]) -> list[str]:
    """The table of one benchmark, and its notes below it."""
    values = list(values)
    rows = [HEADINGS, *((topic, value.what, value.measured, value.wanted, value.verdict) for value in values)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = dict.fromkeys(value.note for value in values if value.note)
    return [*table, *(f"  {note}" for note in notes)]
