# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants in the registry: claimed once, placed on a bench, moved from state to state."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import clock, events, schema, states
from .library import sa
from .runs import Run

#: Prefix, short name, underscore and 8 random hex digits stay within 32 characters: the limit of
#: user names in MySQL, and the database's user is named like the database.
DATABASE_NAME_LENGTH = 32


@dataclass(frozen=True)
class Bench:
    """A bench that may take the tenant.

    :param name: its inventory host.
    :param edge: the inventory host of its nginx.
    :param max_tenants: how many tenants it takes; 0 for no limit.
    """

    name: str
    edge: str
    max_tenants: int = 0


@dataclass(frozen=True)
class Wish:
    """What is asked for: who, on which plan, for whom."""

    identity: dict[str, str]
    plan: str
    admin_email: str
    owner: str
    database_prefix: str
    benches: tuple[Bench, ...]
    #: Days for which the name of an archived tenant is kept from everybody but its last administrator.
    quarantine_days: int = 0


def find(connection: sa.Connection, name: str) -> dict[str, Any] | None:
    """The tenant's row, or None."""
    rows = find_all(connection, [name])
    return rows[0] if rows else None


def find_all(
    connection: sa.Connection, names: list[str] | None = None, **only: list[str] | None
) -> list[dict[str, Any]]:
    """The rows of I(names), or of all tenants, sorted by name.

    :param only: for columns, such as C(state) or C(bench), the values wanted; None or an empty list for any.
    """
    query = sa.select(schema.tenants)
    if names is not None:
        query = query.where(schema.tenants.c.name.in_(names))
    for column, values in only.items():
        if values:
            query = query.where(schema.tenants.c[column].in_(values))
    # Not by the server: each sorts hyphens in its own way.
    return sorted(schema.plain_rows(connection.execute(query)), key=lambda row: row["name"])


def reserve(connection: sa.Connection, run: Run, wish: Wish) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Claim the name and place the tenant.

    A tenant of the same provisioning keeps its place, so that a resumed run goes on; only its plan may be another now.

    :returns: the row before (None if there was none) and after.
    :raises TenantError: the name belongs to another tenant, or no bench has room.
    """
    name = wish.identity["name"]
    before = find(connection, name)
    if before is not None and before["state"] not in states.FREE:
        _refuse_other(before, wish)
        return before, _with_plan(connection, run, before, wish.plan)
    _refuse_quarantined(before, wish)
    bench = _place(connection, wish.benches)
    after = {
        "name": name,
        "state": states.RESERVED,
        "plan": wish.plan,
        "bench": bench.name,
        "edge": bench.edge,
        "site": wish.identity["site"],
        "database_name": database_name(wish.database_prefix, name),
        "frontend_url": wish.identity["frontend_url"],
        "backend_url": wish.identity["backend_url"],
        "admin_email": wish.admin_email,
        "owner": wish.owner,
        "identity": wish.identity,
        "reason": None,
        "evidence": None,
        "created_at": clock.now(),
        "changed_at": clock.now(),
    }
    table = schema.tenants
    if before is None:
        connection.execute(table.insert().values(after))
    else:
        connection.execute(table.update().where(table.c.name == name).values(after))
    events.append(connection, run, name, "reserved", bench=bench.name, plan=wish.plan, owner=wish.owner)
    return before, after


def transition(
    connection: sa.Connection,
    run: Run,
    name: str,
    state: str,
    reason: str | None = None,
    evidence: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Move the tenant to I(state).

    :returns: the row before and after; the same when it is in that state already.
    :raises TenantError: there is no such tenant, or the state machine has no such way.
    """
    before = find(connection, name)
    if before is None:
        raise TenantError(f"{name} is not in the registry.", "Provision it first.")
    if before["state"] == state:
        return before, before
    states.check(name, before["state"], state)
    changes = {"state": state, "reason": reason, "evidence": evidence, "changed_at": clock.now()}
    connection.execute(schema.tenants.update().where(schema.tenants.c.name == name).values(changes))
    events.append(connection, run, name, state, reason=reason)
    return before, {**before, **changes}


def database_name(prefix: str, tenant: str) -> str:
    """A new name for the tenant's database: prefix, shortened tenant, random part.

    The random part makes it a name that nobody else has chosen; it is recorded and never derived again.
    """
    random_part = secrets.token_hex(4)
    room = DATABASE_NAME_LENGTH - len(prefix) - len(random_part) - 1
    short = re.sub(r"[^a-z0-9]", "_", tenant)[:room].strip("_")
    return f"{prefix}{short}_{random_part}"


def _with_plan(connection: sa.Connection, run: Run, tenant: dict[str, Any], plan: str) -> dict[str, Any]:
    """The tenant's row with the wanted plan; the steps of this run bring the tenant to it."""
    if tenant["plan"] == plan:
        return tenant
    changes = {"plan": plan, "changed_at": clock.now()}
    connection.execute(schema.tenants.update().where(schema.tenants.c.name == tenant["name"]).values(changes))
    events.append(connection, run, tenant["name"], "plan changed", plan=plan, before=tenant["plan"])
    return {**tenant, **changes}


def _refuse_other(tenant: dict[str, Any], wish: Wish) -> None:
    """Only the same wish may go on with a tenant that is there: another administrator is another customer."""
    name = tenant["name"]
    for field, mine in (("admin_email", wish.admin_email), ("site", wish.identity["site"])):
        if tenant[field] != mine:
            raise TenantError(
                f"{name} already exists ({tenant['state']}, {field} {tenant[field]}, not {mine}).",
                "Choose another name, or repeat the values it was made with.",
                error="already_exists",
            )
    if tenant["owner"] != wish.owner:
        raise TenantError(
            f"{name} already exists ({tenant['state']}), made by provisioning {tenant['owner']}.",
            "Choose another name.",
            error="already_exists",
        )


def _refuse_quarantined(tenant: dict[str, Any] | None, wish: Wish) -> None:
    """Mail, bookmarks and logins of a tenant that is gone still go to its name: nobody else may have it at once.

    Its own administrator may: a tenant whose activation failed at the very end is archived too, and is tried again.
    """
    if tenant is None or tenant["state"] != states.ARCHIVED or tenant["admin_email"] == wish.admin_email:
        return
    free_from = clock.days_after(tenant["changed_at"], wish.quarantine_days)
    if clock.now() < free_from:
        raise TenantError(
            f"{wish.identity['name']} was another tenant's name until {tenant['changed_at'][:10]} and stays reserved "
            f"until {free_from[:10]}, {free_from[11:16]} UTC.",
            "Choose another name, or wait; name_quarantine_days sets for how long.",
            error="quarantined",
            free_from=free_from,
        )


def _place(connection: sa.Connection, benches: tuple[Bench, ...]) -> Bench:
    """The bench with the fewest tenants that still has room."""
    table = schema.tenants
    query = (
        sa.select(table.c.bench, sa.func.count().label("housed"))
        .where(table.c.state.in_(sorted(states.HOUSED)))
        .group_by(table.c.bench)
    )
    housed = {row.bench: row.housed for row in connection.execute(query)}
    with_room = [bench for bench in benches if not bench.max_tenants or housed.get(bench.name, 0) < bench.max_tenants]
    if not with_room:
        names = ", ".join(bench.name for bench in benches) or "none"
        raise TenantError(
            f"No bench has room for another tenant (benches: {names}).",
            "Raise frappe_bench_max_tenants of a bench, or add a bench to the inventory.",
        )
    return min(with_room, key=lambda bench: (housed.get(bench.name, 0), bench.name))
