# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""At most one run works on a tenant name at a time.

The lease of a run that can be seen from here holds while the run lives, and is taken over at once when it is dead. Any
other holds until it expires, or until the operator names the run and says that it is dead. So a run renews its leases:
with every journal write, and by its heartbeat (heartbeat.py) while it waits for a host.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import clock, heartbeat, schema
from .library import sa
from .runs import Run, may_be_at_work

#: Seconds from one sign of life to the end of the lease: some beats of the heartbeat may fail.
LEASE_SECONDS = 120

#: The same where there is no heartbeat: a bench command may take site_timeout, half an hour, and wait as long for the one
#: that a killed run left at work. A shorter lease would let a second run work against a slow one.
SILENT_SECONDS = 3600

#: Seconds between two looks at a lease that is waited for, and between two lines that say so.
LOOK_SECONDS = 1.0
TELL_SECONDS = 30.0

Outcome = TypeVar("Outcome")


class Held(TenantError):
    """Another run works on the tenant."""


def when_free(work: Callable[[], Outcome], seconds: float, tell: Callable[[str], None]) -> Outcome:
    """Do I(work), which takes a lease; while another run has it, try again for at most I(seconds).

    :param tell: gets a line for the person at the terminal, now and then.
    :raises Held: the other run has it still.
    """
    end, told = time.monotonic() + seconds, float("-inf")
    while True:
        try:
            return work()
        except Held as held:
            now = time.monotonic()
            if now >= end:
                raise
            if now >= told + TELL_SECONDS:
                tell(f"{held.msg} Waiting for it, at most {end - now:.0f} s more.")
                told = now
            time.sleep(min(LOOK_SECONDS, end - now))


def find(connection: sa.Connection, tenant: str) -> sa.Row | None:
    """The lease on I(tenant), of whomever."""
    table = schema.leases
    return connection.execute(sa.select(table).where(table.c.tenant == tenant)).one_or_none()


def find_live(connection: sa.Connection) -> dict[str, sa.Row]:
    """The leases of runs that may be alive, by tenant."""
    now = clock.shared(connection)
    leases = connection.execute(sa.select(schema.leases))
    return {lease.tenant: lease for lease in leases if may_be_at_work(lease.run, lease.expires_at, now)}


def at_work(connection: sa.Connection) -> frozenset[str]:
    """The tenants on which a run works that is not known to be over."""
    return frozenset(find_live(connection))


def take(connection: sa.Connection, run: Run, tenant: str, instead_of: str = "") -> None:
    """Take or renew the lease on I(tenant) for I(run).

    :param instead_of: the name of a run that somebody knows to be dead; its lease is taken over.
    :raises TenantError: another run works on it; the message says who and since when.
    """
    table = schema.leases
    holder = find(connection, tenant)
    now = clock.shared(connection)
    if (
        holder is not None
        and holder.run not in (run.name, instead_of)
        and may_be_at_work(holder.run, holder.expires_at, now)
    ):
        raise _held(tenant, holder)
    is_beating = heartbeat.is_beating(run, connection.engine.url)
    values = {
        "run": run.name,
        "controller": run.controller,
        "pid": run.pid,
        "pid_started": run.pid_started,
        "taken_at": holder.taken_at if holder is not None and holder.run == run.name else now,
        "expires_at": clock.later(now, LEASE_SECONDS if is_beating else SILENT_SECONDS),
    }
    if holder is not None:
        connection.execute(table.update().where(table.c.tenant == tenant).values(values))
        return
    # Where another run did the same at this moment, the database refuses, and the whole work is done again.
    connection.execute(table.insert().values(tenant=tenant, **values))


def is_held_by(connection: sa.Connection, run: Run, tenant: str) -> bool:
    """Whether I(run) holds the lease on I(tenant)."""
    holder = find(connection, tenant)
    return holder is not None and holder.run == run.name


def require(connection: sa.Connection, run: Run, tenant: str) -> None:
    """Refuse to go on without the lease, and renew it.

    :raises TenantError: the lease was never taken, or another run took it over.
    """
    if not is_held_by(connection, run, tenant):
        raise TenantError(
            f"This run does not hold the lease on {tenant}.",
            "Another run may have taken over; see its outcome before you start again.",
        )
    take(connection, run, tenant)


def renew_all(connection: sa.Connection, run: Run) -> None:
    """Give a sign of life for all that I(run) works on."""
    expires_at = clock.later(clock.shared(connection), LEASE_SECONDS)
    table = schema.leases
    connection.execute(table.update().where(table.c.run == run.name).values(expires_at=expires_at))


def give_back(connection: sa.Connection, run: Run, tenant: str) -> None:
    """End the lease, if it is ours."""
    table = schema.leases
    connection.execute(table.delete().where(table.c.tenant == tenant, table.c.run == run.name))


def told(holder: sa.Row) -> dict[str, Any]:
    """Who holds the lease, since when."""
    return {"controller": holder.controller, "pid": holder.pid, "since": holder.taken_at, "run": holder.run}


def _held(tenant: str, holder: sa.Row) -> Held:
    return Held(
        f"{tenant} is being worked on by process {holder.pid} on {holder.controller} since {holder.taken_at}.",
        "Run again when it has ended, or let this run wait for it: -e tenant_wait=600 (seconds). "
        f"If you know that it is dead: -e tenant_take_over={holder.run}.",
        holder=told(holder),
    )
