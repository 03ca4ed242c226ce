# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit trail: who did what to which tenant, when, in which run. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import clock, schema
from .library import sa
from .runs import Run

#: What is kept of the tenant with an event that webhooks are told of: when they are, its name may be another customer's.
RECORD = ("plan", "bench", "site", "frontend_url", "backend_url", "admin_email")


def append(
    connection: sa.Connection,
    run: Run,
    tenant: str,
    event: str,
    record: Mapping[str, Any] | None = None,
    /,
    **data: Any,
) -> None:
    """Note that I(event) happened to I(tenant) in I(run). Data must hold no secret.

    :param record: the tenant's row as it is then, for an event that webhooks are told of.
    """
    kept = None if record is None else {field: record[field] for field in RECORD}
    connection.execute(
        schema.events.insert().values(
            at=clock.now(), tenant=tenant, actor=run.actor, run=run.name, event=event, data=data, record=kept
        )
    )


def last_at(connection: sa.Connection, tenant: str) -> str:
    """When the last event of I(tenant) happened; this moment when there is none."""
    table = schema.events
    return (
        connection.execute(sa.select(sa.func.max(table.c.at)).where(table.c.tenant == tenant)).scalar() or clock.now()
    )


def find(
    connection: sa.Connection, tenant: str = "", since: str = "", run: str = "", last: int = 0
) -> list[dict[str, Any]]:
    """The events, oldest first.

    :param since: only those at or after this moment, a text as L(clock.now) writes it, or the beginning of one.
    :param last: only so many, the latest; 0 for all.
    """
    table = schema.events
    columns = [column for column in table.c if column.name != "record"]
    query = sa.select(*columns).order_by(table.c.id.desc())
    for column, value in ((table.c.tenant, tenant), (table.c.run, run)):
        if value:
            query = query.where(column == value)
    if since:
        query = query.where(table.c.at >= since)
    if last:
        query = query.limit(last)
    return schema.plain_rows(connection.execute(query))[::-1]


def told(data: dict[str, Any]) -> str:
    """What happened, in one line. What a tool printed takes many and is left out."""
    parts = [
        f"{value} s"
        if field == "seconds"
        else str(value)
        if field in ("step", "error", "reason")
        else f"{field} {value}"
        for field, value in data.items()
        if value not in (None, "", [], {}) and field != "output_tail"
    ]
    return " ".join(", ".join(parts).split())
