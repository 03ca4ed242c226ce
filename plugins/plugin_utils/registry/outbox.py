# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mails that go out once, whatever happens to the run that sends them.

A mail that is wanted waits. It is written, and then claimed, sent and settled. A run that died after the claim may have
sent it or not: nobody can know, so the mail becomes unsure and waits for a person. The body is not kept: it may hold a
link that logs in, and is written anew for each attempt.
"""

from __future__ import annotations

from typing import Any

from . import clock, events, runs, schema
from .library import sa
from .runs import Run

#: To be sent (again); being sent; sent; perhaps sent; not wanted.
WAITING, SENDING, SENT, UNSURE, UNKNOWN = "waiting", "sending", "sent", "unsure", "unknown"

#: Seconds after which a mail is not being sent any more, also by a run on another controller.
SENDING_SECONDS = 900


def want(
    connection: sa.Connection, run: Run, mail: str, tenant: str, recipient: str, new: bool = True, again: bool = False
) -> str:
    """Let the mail wait to be sent. Only after C(waiting) may it be claimed.

    :param new: whether a mail that was never heard of is to be sent.
    :param again: whether a mail is to be sent that was, or may have been, sent before.
    :returns: the state that it has now, or C(unknown) for one that is not wanted.
    """
    table = schema.outbox
    found = _find(connection, mail)
    if found is None:
        if not (new or again):
            return UNKNOWN
        values = {"state": WAITING, "attempts": 0, "run": run.name, "changed_at": clock.now()}
        connection.execute(table.insert().values(id=mail, tenant=tenant, recipient=recipient, **values))
        return WAITING
    state = _state(found)
    if again and state in (SENT, UNSURE):
        state = WAITING
    if (state, recipient) != (found.state, found.recipient) and state != SENDING:
        _set(connection, run, mail, state=state, recipient=recipient)
    return state


def claim(connection: sa.Connection, run: Run, mail: str) -> str:
    """Take a mail that waits to send it: of any number of runs one finds it C(waiting)."""
    found = _find(connection, mail)
    if found is None:
        return UNKNOWN
    if found.state == WAITING:
        _set(connection, run, mail, state=SENDING, attempts=found.attempts + 1)
    return _state(found)


def settle(connection: sa.Connection, run: Run, mail: str, state: str, error: str | None = None) -> None:
    """Note what came of it: C(sent), C(waiting) for another attempt, or C(unsure). What another run took stays as it is."""
    found = _find(connection, mail)
    if found is None or (found.state != WAITING and found.run != run.name):
        return
    _set(connection, run, mail, state=state, error=error)
    events.append(connection, run, found.tenant, f"mail {state}", mail=mail, error=error)


def open_mails(connection: sa.Connection) -> list[dict[str, Any]]:
    """All mails that are not surely sent: id, tenant, recipient, state, attempts, error and changed_at."""
    table = schema.outbox
    found = connection.execute(sa.select(table).where(table.c.state != SENT).order_by(table.c.changed_at)).all()
    mails = [{str(key): value for key, value in row._mapping.items()} | {"state": _state(row)} for row in found]
    return [mail for mail in mails if mail["state"] != SENDING]


def _find(connection: sa.Connection, mail: str) -> sa.Row | None:
    return connection.execute(sa.select(schema.outbox).where(schema.outbox.c.id == mail)).one_or_none()


def _state(row: sa.Row) -> str:
    """A mail whose run ended while it sent it may have been sent."""
    is_given_up = runs.is_over(row.run) or clock.seconds_since(row.changed_at) > SENDING_SECONDS
    return UNSURE if row.state == SENDING and is_given_up else row.state


def _set(connection: sa.Connection, run: Run, mail: str, **values: Any) -> None:
    table = schema.outbox
    values = {"run": run.name, "changed_at": clock.now(), **values}
    connection.execute(table.update().where(table.c.id == mail).values(values))
