# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The provisionings that are neither complete nor gone, found in four queries however many there are."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from . import leases, schema
from .journal import DONE, LEFT, UNFINISHED
from .library import sa

#: What the registry must know of a tenant, so that its making can go on without the command that began it.
ORDER = ("identity", "plan", "admin_email", "admin_first_name")


def find(connection: sa.Connection, names: list[str] | None = None) -> list[dict[str, Any]]:
    """The unfinished provisionings, sorted by tenant.

    :returns: C(tenant), C(provisioning), C(state) (running, kept or undoing), C(since), C(error), C(step) (the first that is
        not complete), C(left) (what could not be undone and why), C(record) (the tenant's row, None when the name was
        not claimed yet), C(missing) (what the registry does not know of the order), C(holder) (the run that is at work,
        None when nobody is).
    """
    table = schema.provisionings
    query = sa.select(table).where(table.c.state.in_(UNFINISHED))
    if names is not None:
        query = query.where(table.c.tenant.in_(names))
    found = schema.plain_rows(connection.execute(query))
    records = _records(connection)
    steps = _steps(connection)
    live = leases.find_live(connection)
    return sorted(
        (_told(row, records.get(row["id"]), steps[row["id"]], live.get(row["tenant"])) for row in found),
        key=lambda row: row["tenant"],
    )


def _told(
    provisioning: dict[str, Any], record: dict[str, Any] | None, steps: list[dict[str, Any]], lease: sa.Row | None
) -> dict[str, Any]:
    return {
        "tenant": provisioning["tenant"],
        "provisioning": provisioning["id"],
        "state": provisioning["state"],
        "since": provisioning["started_at"],
        "error": provisioning["error"],
        "step": next((step["step"] for step in steps if step["state"] != DONE), None),
        "left": [{"step": step["step"], "error": step["error"]} for step in steps if step["state"] == LEFT],
        "record": record,
        "missing": [field for field in ORDER if record is None or not record[field]],
        "holder": None if lease is None else leases.told(lease),
    }


def _records(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    """The rows of tenants by the provisioning that made them, of those that are unfinished."""
    table, provisionings = schema.tenants, schema.provisionings
    query = (
        sa.select(table)
        .join(provisionings, provisionings.c.id == table.c.owner)
        .where(provisionings.c.state.in_(UNFINISHED))
    )
    return {row["owner"]: row for row in schema.plain_rows(connection.execute(query))}


def _steps(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    table, provisionings = schema.steps, schema.provisionings
    query = sa.select(table).join(provisionings).where(provisionings.c.state.in_(UNFINISHED)).order_by(table.c.id)
    steps = defaultdict(list)
    for row in schema.plain_rows(connection.execute(query)):
        steps[row["provisioning"]].append(row)
    return steps
