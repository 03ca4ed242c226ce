# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of all edges as a table: what ends first stands first."""

from __future__ import annotations

from typing import Any

from .tenant_table import aligned

_HEADINGS = ("DAYS LEFT", "UNTIL", "STATE", "EDGE", "LINEAGE", "ISSUER", "NAMES")


def lines(certificates: list[dict[str, Any]]) -> list[str]:
    """The table, and below it how many there are of which kind."""
    if not certificates:
        return ["No certificates."]
    # Those that can't be read have no end, and come first.
    ordered = sorted(certificates, key=lambda one: (one.get("not_after", ""), one["edge"], one["lineage"]))
    ours = sum(one["ours"] for one in certificates)
    due = sum(one["ours"] and one.get("due", False) for one in certificates)
    count = f"{len(certificates)} certificate{'' if len(certificates) == 1 else 's'}: {ours} ours, {due} of them due."
    return [*aligned([_HEADINGS, *map(_row, ordered)]), "", count]


def _row(one: dict[str, Any]) -> list[str]:
    if "problem" in one:
        return ["?", "-", "unreadable", one["edge"], one["lineage"], "-", one["problem"]]
    state = ("ours" if one["ours"] else "foreign") + (", due" if one["due"] else "")
    days, until = str(one["days_left"]), one["not_after"][:10]
    return [days, until, state, one["edge"], one["lineage"], one["issuer"], " ".join(one["names"])]
