# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""At most one run works on a tenant name at a time.

A lease is kept for LEASE_SECONDS and renewed by every journal write. The lease of a run that is seen to be
dead is taken over at once, any other when it has expired.
"""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import clock, schema
from .library import sa
from .runs import Run, is_dead

#: Longer than the longest time between two journal writes: a site with many apps on a slow host.
LEASE_SECONDS = 3600


def take(connection: sa.Connection, run: Run, tenant: str) -> None:
    """Take or renew the lease on I(tenant) for I(run).

    :raises TenantError: another run works on it; the message says who and since when.
    """
    table = schema.leases
    holder = connection.execute(sa.select(table).where(table.c.tenant == tenant)).one_or_none()
    if holder is not None and holder.run != run.name and _is_alive(holder):
        raise _held(tenant, holder)
    values = {
        "run": run.name,
        "controller": run.controller,
        "pid": run.pid,
        "pid_started": run.pid_started,
        "taken_at": holder.taken_at if holder is not None and holder.run == run.name else clock.now(),
        "expires_at": clock.after(LEASE_SECONDS),
    }
    if holder is not None:
        connection.execute(table.update().where(table.c.tenant == tenant).values(values))
        return
    # Where another run did the same at this moment, the database refuses, and the whole work is done again.
    connection.execute(table.insert().values(tenant=tenant, **values))


def is_held_by(connection: sa.Connection, run: Run, tenant: str) -> bool:
    """Whether I(run) holds the lease on I(tenant)."""
    return (
        connection.execute(sa.select(schema.leases.c.run).where(schema.leases.c.tenant == tenant)).scalar() == run.name
    )


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


def give_back(connection: sa.Connection, run: Run, tenant: str) -> None:
    """End the lease, if it is ours."""
    table = schema.leases
    connection.execute(table.delete().where(table.c.tenant == tenant, table.c.run == run.name))


def _is_alive(holder: sa.Row) -> bool:
    return holder.expires_at > clock.now() and not is_dead(holder.controller, holder.pid, holder.pid_started)


def _held(tenant: str, holder: sa.Row) -> TenantError:
    return TenantError(
        f"{tenant} is being worked on by process {holder.pid} on {holder.controller} since {holder.taken_at}.",
        "Wait for that run to end, then run again.",
        holder={"controller": holder.controller, "pid": holder.pid, "since": holder.taken_at},
    )
