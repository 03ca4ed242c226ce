# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which records a list asks for: filters, order, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lab.servers.cloudflare.errors import bad_request
from lab.servers.cloudflare.records import Record

_TEXT = ("name", "content", "comment")
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda value, wanted: value == wanted,
    "contains": lambda value, wanted: wanted in value,
    "startswith": lambda value, wanted: value.startswith(wanted),
    "endswith": lambda value, wanted: value.endswith(wanted),
}
_ORDERS = ("type", "name", "content", "ttl", "proxied")
MOST_PER_PAGE = 5_000_000


def select(found: Iterable[Record], query: dict[str, str]) -> list[Record]:
    """The records that the filters let through, in the order asked for."""
    tests = _tests(query)
    combine = any if query.get("match") == "any" and tests else all
    chosen = [record for record in found if combine(test(record) for test in tests)]
    order = query.get("order", "name")
    if order not in _ORDERS:
        raise bad_request(9103, f"Can't order by {order}: only by {', '.join(_ORDERS)}.")
    # By name within equal values, so that pages never overlap.
    chosen.sort(key=lambda record: (str(record[order]), record["name"], record["id"]))
    return chosen[::-1] if query.get("direction") == "desc" else chosen


def page(found: list[Record], query: dict[str, str]) -> tuple[list[Record], dict[str, int]]:
    """One page, and what the answer says about all of them."""
    number, size = _whole(query, "page", 1), min(_whole(query, "per_page", 100), MOST_PER_PAGE)
    chosen = found[(number - 1) * size : number * size]
    return chosen, {
        "page": number,
        "per_page": size,
        "count": len(chosen),
        "total_count": len(found),
        "total_pages": -(-len(found) // size),
    }


def _tests(query: dict[str, str]) -> list[Callable[[Record], bool]]:
    tests: list[Callable[[Record], bool]] = []
    if "type" in query:
        tests.append(_equal("type", query["type"].upper()))
    if "proxied" in query:
        tests.append(_equal("proxied", query["proxied"] == "true"))
    if "search" in query:
        tests.append(_anywhere(query["search"].lower()))
    for key, wanted in query.items():
        field, _dot, how = key.partition(".")
        if field in _TEXT and (how or "exact") in _COMPARE:
            tests.append(_text(field, _COMPARE[how or "exact"], wanted.lower()))
    return tests


def _equal(field: str, wanted: Any) -> Callable[[Record], bool]:
    return lambda record: record[field] == wanted


def _anywhere(wanted: str) -> Callable[[Record], bool]:
    return lambda record: any(wanted in str(record[field] or "").lower() for field in _TEXT)


def _text(field: str, compare: Callable[[str, str], bool], wanted: str) -> Callable[[Record], bool]:
    return lambda record: compare(str(record[field] or "").lower(), wanted)


def _whole(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise bad_request(9103, f"{name} must be a whole number from 1 on.")
    return int(text)
