# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole registry at one look, for what concerns the fleet and not one tenant."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ..audit.sides import Registry
from . import leases, schema, tenants
from .journal import UNDONE
from .library import sa


def read(connection: sa.Connection, since: str) -> Registry:
    """All tenants, whose mark is whose, and where runs are at work.

    :param since: when the look at the world began. What changed later is another in the registry than in what was seen.
    """
    table = schema.provisionings
    provisionings = connection.execute(sa.select(table.c.id, table.c.tenant, table.c.state, table.c.started_at))
    standby = schema.plain_rows(connection.execute(sa.select(schema.standby_sites)))
    rows = tenants.find_all(connection)
    return Registry(
        tenants=rows,
        provisionings={
            row.id: {"tenant": row.tenant, "state": row.state, "since": row.started_at} for row in provisionings
        },
        standby={row["id"]: row for row in standby},
        oauth_clients=_oauth_clients(connection),
        at_work=leases.at_work(connection) | _changed(rows, "name", since),
        changed_standby=_changed(standby, "id", since),
    )


def _changed(rows: list[dict[str, Any]], key: str, since: str) -> frozenset[str]:
    return frozenset(row[key] for row in rows if row["changed_at"] >= since)


def _oauth_clients(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    table = schema.resources
    query = sa.select(table.c.provisioning, table.c.data).where(table.c.kind == "oauth_client", table.c.state != UNDONE)
    found = defaultdict(list)
    for provisioning, data in connection.execute(query):
        found[provisioning].append(data)
    return dict(found)
