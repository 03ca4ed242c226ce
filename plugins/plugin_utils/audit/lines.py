# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit's findings for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .findings import KINDS, Finding

_COLUMNS = ("", "WHAT", "NAME", "WHERE", "TENANT")


def lines(findings: Iterable[Finding], tenants: int) -> list[str]:
    """A table with the detail and the remedy below each finding, and the counts at its end.

    :param tenants: how many tenants were audited.
    """
    findings = list(findings)
    rows = [_COLUMNS, *((found.kind, found.what, found.name, found.where, found.tenant) for found in findings)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    margin = " " * (widths[0] + 2)
    told = [table[0]] if findings else []
    for line, found in zip(table[1:], findings, strict=True):
        told += [line, *(f"{margin}{text}" for text in (found.detail, f"-> {found.remedy}") if text)]
    return [*told, *([""] if told else []), count(findings, tenants)]


def count(findings: list[Finding], tenants: int) -> str:
    """How many findings there are of each kind, in one line."""
    of_all = f"{tenants} tenant{'' if tenants == 1 else 's'}"
    if not findings:
        return f"{of_all}: all parts are there, and nothing lies around."
    counts = Counter(found.kind for found in findings)
    return f"{of_all}: {', '.join(f'{counts[kind]} {kind}' for kind in KINDS if counts[kind])}."
