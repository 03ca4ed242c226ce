# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS records for a person who makes them by hand: as a table for a provider's form, and as lines for a zone file."""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import RecordSet

from .tenant_table import aligned


def lines(title: str, records: list[RecordSet], ttl: int) -> list[str]:
    """All lines to print."""
    rows = [[each.rdtype, each.host, text, str(ttl)] for each in records for text in each.texts]
    zone_lines = [line for each in records for line in each.zone_lines(ttl)]
    return [
        title,
        "",
        *aligned([["TYPE", "NAME", "VALUE", "TTL"], *rows]),
        "",
        "As lines of a zone file:",
        "",
        *zone_lines,
    ]
