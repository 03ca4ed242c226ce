# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far each webhook has been told of the registry's events.

The events are the queue: they are only ever added, one after the other, and a webhook is told of them in their order.
So each is told at least once, by whichever run comes next, and none is forgotten.
"""

from __future__ import annotations

from typing import Any

from . import clock, runs, schema, states
from .library import sa
from .runs import Run

#: Events that webhooks are told of: the changes of state, and changes of what they are told of a tenant.
TOLD = frozenset({*states.TRANSITIONS, "adopted", "plan changed", "urls changed"})

#: Seconds for which one run tells a webhook and no other does; renewed with each event that it took.
TURN_SECONDS = 120


def take_turn(connection: sa.Connection, run: Run, name: str) -> int | None:
    """Be the only one to tell the webhook.

    A webhook that is new hears of what this run has done and of what follows, not of the past.

    :returns: the last event that it took; None if another run is telling it.
    """
    table = schema.webhooks
    found = connection.execute(sa.select(table).where(table.c.name == name)).one_or_none()
    mine = {"run": run.name, "busy_until": clock.after(TURN_SECONDS), "changed_at": clock.now()}
    if found is None:
        last = _before(connection, run)
        connection.execute(table.insert().values(name=name, event=last, **mine))
        return last
    if found.run and found.run != run.name and found.busy_until > clock.now() and not runs.is_over(found.run):
        return None
    connection.execute(table.update().where(table.c.name == name).values(mine))
    return found.event


def took(connection: sa.Connection, name: str, event: int) -> None:
    """Note that the webhook took all events up to I(event), and go on."""
    _set(connection, name, event=event, error=None, busy_until=clock.after(TURN_SECONDS))


def end_turn(connection: sa.Connection, name: str, error: str | None = None) -> None:
    """Let others tell the webhook. With I(error), the reason why it did not take the next event."""
    _set(connection, name, run=None, busy_until=None, error=error)


def pending(connection: sa.Connection, after: int, limit: int) -> list[dict[str, Any]]:
    """The next events after I(after) that webhooks are told of, oldest first.

    :returns: C(id), C(at), C(event), C(tenant), C(data) of the event, and C(record), what the tenant was then.
    """
    table = schema.events
    query = (
        sa.select(table.c.id, table.c.at, table.c.event, table.c.tenant, table.c.data, table.c.record)
        .where(table.c.id > after, table.c.event.in_(sorted(TOLD)))
        .order_by(table.c.id)
        .limit(limit)
    )
    # Of an event that an older version noted, nobody knows it any more.
    return [{**row, "record": row["record"] or {}} for row in schema.plain_rows(connection.execute(query))]


def _before(connection: sa.Connection, run: Run) -> int:
    """The last event before those of this run."""
    table = schema.events
    first = connection.execute(sa.select(sa.func.min(table.c.id)).where(table.c.run == run.name)).scalar()
    last = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
    return last if first is None else first - 1


def _set(connection: sa.Connection, name: str, **values: Any) -> None:
    table = schema.webhooks
    connection.execute(table.update().where(table.c.name == name).values(changed_at=clock.now(), **values))
