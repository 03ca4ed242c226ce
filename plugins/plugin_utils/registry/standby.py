# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Standby sites in the registry: made before anybody wants them, claimed once.

  making -> ready -> claimed, and from making and ready: leaving -> no row

The registry decides alone who gets which one; that the site is still what it was is seen on the bench, by its mark.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import clock, events, runs, schema, tenants
from .journal import Journal, Resource
from .library import sa
from .runs import Run

MAKING, READY, CLAIMED, LEAVING = "making", "ready", "claimed", "leaving"

#: A standby site is found by no name that anybody could own (RFC 2606).
_DOMAIN = "standby.invalid"

#: A run that can't be seen from here and has not ended its work on a standby site by then is dead.
_LONGEST_WORK_SECONDS = 3600


@dataclass(frozen=True)
class Pool:
    """What shall stand ready on a bench.

    :param plans: for each plan its C(count), and its C(apps) beside Frappe.
    :param versions: of each app that the bench has.
    """

    bench: str
    plans: dict[str, dict[str, Any]]
    versions: dict[str, str]
    database_prefix: str


def plan(connection: sa.Connection, run: Run, pool: Pool) -> dict[str, list[dict[str, Any]]]:
    """Find what is to be done so that the pool is full of sites that can be handed out, and note that this run does it.

    :returns: C(remove), sites that are outdated, too many or left by a dead run; C(make), new ones.
    """
    rows = [row for row in _rows(connection, bench=pool.bench) if row["state"] != CLAIMED]
    remove, make = [], []
    for name in sorted(pool.plans.keys() | {row["plan"] for row in rows}):
        wanted = pool.plans.get(name, {"count": 0, "apps": []})
        mine = [row for row in rows if row["plan"] == name and not _is_being_removed(row)]
        fit = [row for row in mine if _is_fit(row, wanted["apps"], pool.versions)]
        kept = fit[: wanted["count"]]
        remove += [row for row in mine if row not in kept and not _is_at_work(row)]
        make += [_new(pool, name, wanted["apps"]) for _missing in range(wanted["count"] - len(kept))]
    for row in remove:
        _set(connection, row["id"], state=LEAVING, run=run.name)
        events.append(connection, run, row["site"], "standby leaves", bench=pool.bench, plan=row["plan"])
    for row in make:
        row.update(run=run.name, made_at=clock.now(), changed_at=clock.now())
        connection.execute(schema.standby_sites.insert().values(row))
        events.append(connection, run, row["site"], "standby begun", bench=pool.bench, plan=row["plan"])
    return {"remove": remove, "make": make}


def ready(connection: sa.Connection, run: Run, standby: str, versions: dict[str, str]) -> None:
    """Note that the standby site is complete, with I(versions) of its apps."""
    row = _row(connection, standby)
    if row["state"] != MAKING:
        raise TenantError(f"The standby site {row['site']} is {row['state']}, not {MAKING}.")
    _set(connection, standby, state=READY, apps={**row["apps"], "versions": versions})
    events.append(connection, run, row["site"], "standby ready", bench=row["bench"], plan=row["plan"])


def gone(connection: sa.Connection, run: Run, standby: str) -> bool:
    """Note that nothing is left of the standby site. Returns whether it was known."""
    rows = _rows(connection, id=standby)
    if not rows:
        return False
    connection.execute(schema.standby_sites.delete().where(schema.standby_sites.c.id == standby))
    events.append(connection, run, rows[0]["site"], "standby gone", bench=rows[0]["bench"], plan=rows[0]["plan"])
    return True


def claim(connection: sa.Connection, run: Run, tenant: str, step: str, wanted: bool) -> dict[str, str] | None:
    """Note in the journal that the tenant's site is about to be made, and which standby site it is made of.

    All in one transaction: whoever is killed later finds the same answer again.

    :param wanted: whether a standby site may be taken at all.
    :returns: the standby's C(site) and C(owner); None when there is none.
    """
    record = tenants.find(connection, tenant)
    if record is None:
        raise TenantError(f"{tenant} is not in the registry.", "Provision it first.")
    journal = Journal(connection, run, tenant)
    known = journal.recorded("site", record["site"])
    if known is not None:
        return known.get("standby")
    standby = _take(connection, run, record) if wanted else None
    database = standby["database_name"] if standby else record["database_name"]
    data: dict[str, Any] = {"bench": record["bench"], "database": database, "owner": record["owner"]}
    if standby:
        data["standby"] = {"site": standby["site"], "owner": standby["id"]}
    journal.record(step, [Resource("site", record["site"], data)])
    return data.get("standby")


def _take(connection: sa.Connection, run: Run, record: dict[str, Any]) -> dict[str, Any] | None:
    """The newest one of the tenant's bench and plan: it has the best chance to be up to date."""
    waiting = _rows(connection, bench=record["bench"], plan=record["plan"], state=READY)
    if not waiting:
        return None
    standby = max(waiting, key=lambda row: (row["made_at"], row["id"]))
    _set(connection, standby["id"], state=CLAIMED, tenant=record["name"], run=run.name)
    # A database can't be renamed: the tenant's is called as the standby's was.
    table = schema.tenants
    changes = {"database_name": standby["database_name"], "changed_at": clock.now()}
    connection.execute(table.update().where(table.c.name == record["name"]).values(changes))
    events.append(connection, run, record["name"], "standby claimed", site=standby["site"])
    return standby


def _new(pool: Pool, plan_name: str, apps: list[str]) -> dict[str, Any]:
    standby = secrets.token_hex(8)
    return {
        "id": standby,
        "bench": pool.bench,
        "plan": plan_name,
        "state": MAKING,
        "site": f"{standby}.{_DOMAIN}",
        "database_name": tenants.database_name(pool.database_prefix, "standby"),
        "apps": {"asked": apps},
        "tenant": None,
    }


def _is_fit(row: dict[str, Any], apps: list[str], versions: dict[str, str]) -> bool:
    """Whether the site can be handed out, or is on its way to that. One that was left half removed never can."""
    if row["state"] == MAKING:
        return _is_at_work(row) and row["apps"]["asked"] == apps
    if row["state"] == LEAVING:
        return False
    current = row["apps"].get("versions", {})
    return row["apps"]["asked"] == apps and all(versions.get(app) == version for app, version in current.items())


def _is_at_work(row: dict[str, Any]) -> bool:
    """Whether the run that makes or removes the site may still live."""
    if row["state"] not in (MAKING, LEAVING):
        return False
    until = clock.later(row["changed_at"], seconds=_LONGEST_WORK_SECONDS)
    return runs.may_be_at_work(row["run"], until, clock.now())


def _is_being_removed(row: dict[str, Any]) -> bool:
    return row["state"] == LEAVING and _is_at_work(row)


def _rows(connection: sa.Connection, **only: str) -> list[dict[str, Any]]:
    table = schema.standby_sites
    query = sa.select(table).where(*(table.c[column] == value for column, value in only.items()))
    return schema.plain_rows(connection.execute(query.order_by(table.c.made_at, table.c.id)))


def _row(connection: sa.Connection, standby: str) -> dict[str, Any]:
    rows = _rows(connection, id=standby)
    if not rows:
        raise TenantError(f"The registry has no standby site {standby}.")
    return rows[0]


def _set(connection: sa.Connection, standby: str, **values: Any) -> None:
    table = schema.standby_sites
    connection.execute(table.update().where(table.c.id == standby).values({**values, "changed_at": clock.now()}))
