# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the registry says of a tenant, read with SQL and not with our own code."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def registered(registry_url: str, tenant: str) -> dict[str, Any]:
    """The row of I(tenant)."""
    connection = sqlite3.connect(registry_url.removeprefix("sqlite:///"))
    connection.row_factory = sqlite3.Row
    row = dict(connection.execute("SELECT * FROM tenants WHERE name = ?", [tenant]).fetchone())
    connection.close()
    return {**row, "evidence": json.loads(row["evidence"] or "null")}


def events_of(registry_url: str, tenant: str, event: str) -> list[dict[str, Any]]:
    """The data of all events of this kind that happened to I(tenant)."""
    connection = sqlite3.connect(registry_url.removeprefix("sqlite:///"))
    rows = connection.execute("SELECT data FROM events WHERE tenant = ? AND event = ? ORDER BY id", [tenant, event])
    found = [json.loads(data) for (data,) in rows]
    connection.close()
    return found
