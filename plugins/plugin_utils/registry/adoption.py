# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants that were there before the registry: noted as they are, forgotten again, and never touched.

An adopted tenant has a provisioning in the state C(adopted), which made nothing: its journal is empty, so there is nothing
that any run may take back, and the journal refuses to be opened for more.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import clock, events, leases, placement, schema, states, tenants, unfinished
from .journal import ADOPTED, UNDONE
from .library import sa
from .runs import Run


@dataclass(frozen=True)
class Adoption:
    """A tenant as it was found.

    :param edge: the inventory host of the bench's nginx.
    """

    identity: dict[str, str]
    bench: str
    edge: str
    database_name: str
    plan: str
    admin_email: str
    admin_first_name: str
    #: How much of the bench it takes, where its plan says more than L(placement.DEFAULT_NEEDS).
    needs: dict[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Any]:
        """What the registry keeps of it."""
        return {
            "plan": self.plan,
            "bench": self.bench,
            "edge": self.edge,
            "site": self.identity["site"],
            "database_name": self.database_name,
            "frontend_url": self.identity["frontend_url"],
            "backend_url": self.identity["backend_url"],
            "admin_email": self.admin_email,
            "admin_first_name": self.admin_first_name,
            "identity": self.identity,
            "needs": {**placement.DEFAULT_NEEDS, **self.needs},
        }


def adopt(connection: sa.Connection, run: Run, found: Adoption) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Note the tenant as active.

    :returns: its row before (None if there was none) and after; the same when it is adopted as it is already.
    :raises TenantError: the name, a host, the site or the database is another tenant's, or a run works on the name.
    """
    name = found.identity["name"]
    # For the time of the transaction: a run that begins meanwhile waits for its end, and then finds the tenant adopted.
    leases.take(connection, run, name)
    before = tenants.find(connection, name)
    if before is not None and before["state"] not in states.FREE:
        after = _the_same(connection, before, found)
    else:
        after = _adopt(connection, run, found, before)
    leases.give_back(connection, run, name)
    return before, after


def _adopt(connection: sa.Connection, run: Run, found: Adoption, before: dict[str, Any] | None) -> dict[str, Any]:
    name = found.identity["name"]
    _refuse_unfinished(connection, name)
    _refuse_shared(connection, found)
    owner = secrets.token_hex(8)
    now = clock.now()
    connection.execute(
        schema.provisionings.insert().values(id=owner, tenant=name, state=ADOPTED, started_at=now, ended_at=now)
    )
    told = {**found.columns, "state": states.ACTIVE, "owner": owner, "created_at": now, "changed_at": now}
    after = {column.name: told.get(column.name) for column in schema.tenants.columns} | {"name": name}
    table = schema.tenants
    if before is None:
        connection.execute(table.insert().values(after))
    else:
        connection.execute(table.update().where(table.c.name == name).values(after))
    events.append(connection, run, name, "adopted", after, bench=found.bench, site=after["site"], owner=owner)
    return after


def forget(connection: sa.Connection, run: Run, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take an adopted tenant out of the registry, without touching it.

    :raises TenantError: it is not there, or was not adopted.
    """
    before = tenants.find(connection, name)
    if before is None:
        raise TenantError(f"{name} is not in the registry.", "See playbooks/tenants.yml for those that are.")
    if before["state"] == states.ARCHIVED:
        return before, before
    if not is_adopted(connection, before):
        raise TenantError(
            f"{name} was not adopted but made by this collection: to forget it would leave all its parts behind.",
            "Take it away with playbooks/deprovision.yml.",
        )
    table = schema.provisionings
    connection.execute(table.update().where(table.c.id == before["owner"]).values(state=UNDONE))
    return tenants.transition(connection, run, name, states.ARCHIVED, reason="forgotten; nothing of it was touched")


def is_adopted(connection: sa.Connection, tenant: dict[str, Any]) -> bool:
    """Whether the tenant of this row was there before the registry knew it."""
    table = schema.provisionings
    return connection.execute(sa.select(table.c.state).where(table.c.id == tenant["owner"])).scalar() == ADOPTED


def names(connection: sa.Connection) -> frozenset[str]:
    """The tenants that are adopted."""
    table = schema.provisionings
    return frozenset(connection.execute(sa.select(table.c.tenant).where(table.c.state == ADOPTED)).scalars())


def _the_same(connection: sa.Connection, tenant: dict[str, Any], found: Adoption) -> dict[str, Any]:
    name = tenant["name"]
    if not is_adopted(connection, tenant):
        raise TenantError(
            f"{name} already exists ({tenant['state']}), made by this collection.", "Choose another name."
        )
    for column, value in found.columns.items():
        if tenant[column] != value:
            raise TenantError(
                f"{name} is adopted already, with {column} {tenant[column]}, not {value}.",
                f"Forget it first (-e forget={name}), or repeat the values it was adopted with.",
            )
    return tenant


def _refuse_unfinished(connection: sa.Connection, name: str) -> None:
    """What a cut-off run left of the name's former tenant could never be taken back beside an adopted one."""
    for left in unfinished.find(connection, [name]):
        raise TenantError(
            f"{name} has a provisioning of {left['since']} that is {left['state']}: something of a former tenant may be there.",
            f"Finish it first: ansible-playbook heal.yml -e tenant={name} -e heal_how=rollback.",
        )


def _refuse_shared(connection: sa.Connection, found: Adoption) -> None:
    """One site, one tenant, one host: two rows for it would each think that it is theirs."""
    hosts = tenants.hosts(found.identity)
    for row in tenants.find_all(connection, state=sorted(states.HOUSED)):
        if row["name"] == found.identity["name"]:
            continue
        for column, value in (("site", found.identity["site"]), ("database_name", found.database_name)):
            if row["bench"] == found.bench and row[column] == value:
                raise TenantError(f"The {column} {value} on {found.bench} belongs to the tenant {row['name']} already.")
        for host in sorted(hosts & tenants.hosts(row["identity"])):
            raise TenantError(
                f"The host {host} belongs to the tenant {row['name']} already.",
                "Name other ones: frontend_host and backend_host.",
            )
