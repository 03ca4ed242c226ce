# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants in the registry: claimed once, placed on a bench, moved from state to state."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import clock, events, placement, schema, states
from .library import sa
from .placement import Bench
from .runs import Run

#: Prefix, short name, underscore and 8 random hex digits stay within 32 characters: the limit of
#: user names in MySQL, and the database's user is named like the database.
DATABASE_NAME_LENGTH = 32

#: What an administrator is called whose name nobody said.
FIRST_NAME = "Admin"


@dataclass(frozen=True)
class Wish:
    """What is asked for: who, on which plan, for whom.

    :param apps: the plan's apps; the bench must have them.
    :param needs: how much of a bench the tenant takes, where it is not L(placement.DEFAULT_NEEDS).
    :param bench: the bench that is asked for; None leaves the choice to the registry.
    :param settings: country, time_zone and language, as far as they are asked for.
    :param quarantine_days: days for which the name of an archived tenant is kept from everybody but its last administrator.
    """

    identity: dict[str, str]
    plan: str
    admin_email: str
    owner: str
    database_prefix: str
    benches: tuple[Bench, ...]
    admin_first_name: str | None = None
    apps: tuple[str, ...] = ()
    needs: dict[str, int] = field(default_factory=dict)
    bench: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
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


def hosts(identity: Mapping[str, str] | None) -> set[str]:
    """The names by which people reach a tenant of this identity; none where a row lost it."""
    return {identity[part] for part in ("frontend_host", "backend_host") if part in identity} if identity else set()


def reserve(connection: sa.Connection, run: Run, wish: Wish) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Claim the name and place the tenant.

    A tenant of the same provisioning keeps its place, so that a resumed run goes on; only its plan, with what the plan
    needs, its administrator's first name and its settings may be others now.

    :returns: the row before (None if there was none) and after.
    :raises TenantError: the name belongs to another tenant, or no bench has room.
    """
    name = wish.identity["name"]
    before = find(connection, name)
    check_claim(before, wish.admin_email, wish.identity["site"], wish.bench, wish.quarantine_days)
    if before is not None and before["state"] not in states.FREE:
        _refuse_other_provisioning(before, wish.owner)
        return before, _brought_up(connection, run, before, wish)
    needs = {**placement.DEFAULT_NEEDS, **wish.needs}
    bench = placement.choose(connection, wish.benches, needs, wish.apps, wish.bench)
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
        "needs": needs,
        "admin_first_name": wish.admin_first_name or FIRST_NAME,
        "settings": wish.settings,
        "certificate": None,
        "applied": None,
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
    events.append(connection, run, name, "reserved", after, bench=bench.name, plan=wish.plan, owner=wish.owner)
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
    before = _known(connection, name)
    if before["state"] == state:
        return before, before
    states.check(name, before["state"], state)
    changes = {"state": state, "reason": reason, "evidence": evidence, "changed_at": clock.now()}
    connection.execute(schema.tenants.update().where(schema.tenants.c.name == name).values(changes))
    after = {**before, **changes}
    events.append(connection, run, name, state, after, reason=reason)
    return before, after


def note_applied(connection: sa.Connection, name: str, applied: str) -> None:
    """Note what was applied to the tenant; see fingerprint.py."""
    table = schema.tenants
    connection.execute(table.update().where(table.c.name == name).values(applied=applied))


def note_certificate(
    connection: sa.Connection, run: Run, name: str, state: str, frontend_url: str, backend_url: str
) -> None:
    """Note by which kind of certificate the tenant is served, and its URLs, which are http without one."""
    before = _known(connection, name)
    urls = {"frontend_url": frontend_url, "backend_url": backend_url}
    after = {**before, "certificate": state, **urls}
    if after == before:
        return
    changes = {"certificate": state, **urls, "changed_at": clock.now()}
    connection.execute(schema.tenants.update().where(schema.tenants.c.name == name).values(changes))
    if before["certificate"] != state:
        events.append(connection, run, name, "certificate", certificate=state, before=before["certificate"])
    if not urls.items() <= before.items():
        events.append(connection, run, name, "urls changed", after, **urls, before=before["frontend_url"])


def database_name(prefix: str, tenant: str) -> str:
    """A new name for the tenant's database: prefix, shortened tenant, random part.

    The random part makes it a name that nobody else has chosen; it is recorded and never derived again.
    """
    random_part = secrets.token_hex(4)
    room = DATABASE_NAME_LENGTH - len(prefix) - len(random_part) - 1
    short = re.sub(r"[^a-z0-9]", "_", tenant)[:room].strip("_")
    return f"{prefix}{short}_{random_part}"


def check_claim(
    tenant: dict[str, Any] | None, admin_email: str, site: str, bench: str | None = None, quarantine_days: int = 0
) -> None:
    """Refuse a name that is another customer's, or was not long ago, and a bench that its tenant does not live on.

    :param tenant: the name's row, if there is one.
    :param bench: the bench that is asked for, if any.
    :raises TenantError: says whose it is.
    """
    if tenant is None:
        return
    if tenant["state"] in states.FREE:
        _refuse_quarantined(tenant, admin_email, quarantine_days)
        return
    _refuse_other(tenant, {"admin_email": admin_email, "site": site})
    if bench not in (None, tenant["bench"]):
        raise TenantError(
            f"{tenant['name']} lives on the bench {tenant['bench']} and is not moved to {bench}.",
            "Leave bench out, or name the one that it lives on.",
            error="other_bench",
        )


def _brought_up(connection: sa.Connection, run: Run, tenant: dict[str, Any], wish: Wish) -> dict[str, Any]:
    """The tenant's row as it is wanted now; the steps of this run bring the tenant itself to it."""
    needs = {**placement.DEFAULT_NEEDS, **wish.needs}
    if tenant["plan"] != wish.plan:
        own = [bench for bench in wish.benches if bench.name == tenant["bench"]]
        placement.choose(connection, own, needs, wish.apps, tenant["bench"], without=tenant["name"])
    wanted = {
        "plan": wish.plan,
        "needs": needs,
        "admin_first_name": wish.admin_first_name or tenant["admin_first_name"],
        "settings": {**(tenant["settings"] or {}), **wish.settings},
    }
    changes: dict[str, Any] = {column: value for column, value in wanted.items() if tenant[column] != value}
    if not changes:
        return tenant
    changes["changed_at"] = clock.now()
    connection.execute(schema.tenants.update().where(schema.tenants.c.name == tenant["name"]).values(changes))
    after = {**tenant, **changes}
    if "plan" in changes:
        events.append(connection, run, tenant["name"], "plan changed", after, plan=wish.plan, before=tenant["plan"])
    return after


def _known(connection: sa.Connection, name: str) -> dict[str, Any]:
    tenant = find(connection, name)
    if tenant is None:
        raise TenantError(f"{name} is not in the registry.", "Provision it first.")
    return tenant


def _refuse_other(tenant: dict[str, Any], mine: dict[str, str]) -> None:
    """Only the same wish may go on with a tenant that is there: another administrator is another customer."""
    for column, value in mine.items():
        if tenant[column] != value:
            raise TenantError(
                f"{tenant['name']} already exists ({tenant['state']}, {column} {tenant[column]}, not {value}) "
                "and stays as it is.",
                "Choose another name, or repeat the values it was made with.",
                error="already_exists",
            )


def _refuse_other_provisioning(tenant: dict[str, Any], owner: str) -> None:
    if tenant["owner"] != owner:
        raise TenantError(
            f"{tenant['name']} already exists ({tenant['state']}), made by provisioning {tenant['owner']}.",
            "Choose another name.",
            error="already_exists",
        )


def _refuse_quarantined(tenant: dict[str, Any], admin_email: str, days: int) -> None:
    """Mail, bookmarks and logins of a tenant that is gone still go to its name: nobody else may have it at once.

    Its own administrator may: a tenant whose activation failed at the very end is archived too, and is tried again.
    """
    if tenant["state"] != states.ARCHIVED or tenant["admin_email"] == admin_email:
        return
    free_from = clock.later(tenant["changed_at"], days=days)
    if clock.now() < free_from:
        raise TenantError(
            f"{tenant['name']} was another tenant's name until {tenant['changed_at'][:10]} and stays reserved "
            f"until {free_from[:10]}, {free_from[11:16]} UTC.",
            "Choose another name, or wait; name_quarantine_days sets for how long.",
            error="quarantined",
            free_from=free_from,
        )
