# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registries as older versions of the collection made them. Copies of what schema.py was; they are never changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

version_1 = sa.MetaData()

sa.Table("schema_version", version_1, sa.Column("version", sa.Integer, primary_key=True))

sa.Table(
    "tenants",
    version_1,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("plan", sa.String(64), nullable=False),
    sa.Column("bench", sa.String(255), nullable=False, index=True),
    sa.Column("edge", sa.String(255), nullable=False),
    sa.Column("site", sa.String(253), nullable=False),
    sa.Column("database_name", sa.String(64), nullable=False),
    sa.Column("frontend_url", sa.String(512), nullable=False),
    sa.Column("backend_url", sa.String(512), nullable=False),
    sa.Column("admin_email", sa.String(254), nullable=False),
    sa.Column("owner", sa.String(32), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("evidence", sa.JSON),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)

sa.Table(
    "provisionings",
    version_1,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(63), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("started_at", sa.String(32), nullable=False),
    sa.Column("ended_at", sa.String(32)),
)

sa.Table(
    "steps",
    version_1,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("provisioning", sa.String(32), sa.ForeignKey("provisionings.id"), nullable=False, index=True),
    sa.Column("step", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("started_at", sa.String(32), nullable=False),
    sa.Column("seconds", sa.Float),
    sa.UniqueConstraint("provisioning", "step"),
)

sa.Table(
    "resources",
    version_1,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("provisioning", sa.String(32), sa.ForeignKey("provisionings.id"), nullable=False, index=True),
    sa.Column("step", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("name", sa.String(512), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("recorded_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("provisioning", "kind", "name"),
)

sa.Table(
    "leases",
    version_1,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("run", sa.String(128), nullable=False),
    sa.Column("controller", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("pid_started", sa.String(32), nullable=False),
    sa.Column("taken_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
)

sa.Table(
    "events",
    version_1,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("tenant", sa.String(63), nullable=False, index=True),
    sa.Column("actor", sa.String(255), nullable=False),
    sa.Column("run", sa.String(128), nullable=False),
    sa.Column("event", sa.String(64), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
)

#: A tenant as version 1 wrote it.
ACME_1: dict[str, Any] = {
    "name": "acme",
    "state": "active",
    "plan": "starter",
    "bench": "b1",
    "edge": "e1",
    "site": "api.acme.example.com",
    "database_name": "tenant_acme_0a1b2c3d",
    "frontend_url": "https://acme.example.com:8443",
    "backend_url": "https://api.acme.example.com:8443",
    "admin_email": "ada@acme.com",
    "owner": "0123456789abcdef",
    "reason": None,
    "evidence": {"ping": "pong"},
    "created_at": "2026-11-01T09:30:00.000+00:00",
    "changed_at": "2026-11-01T09:31:00.000+00:00",
}


def make_version_1(connection: sa.Connection) -> None:
    """A registry of version 1 with one tenant."""
    version_1.create_all(connection)
    connection.execute(version_1.tables["schema_version"].insert().values(version=1))
    connection.execute(version_1.tables["tenants"].insert().values(ACME_1))


#: What version 2 added: one column.
version_2 = sa.MetaData()

for _table in version_1.tables.values():
    _table.to_metadata(version_2)

version_2.tables["tenants"].append_column(sa.Column("identity", sa.JSON))

#: A tenant as version 2 wrote it.
ACME_2: dict[str, Any] = {
    **ACME_1,
    "identity": {"name": "acme", "domain": "example.com", "site": "api.acme.example.com"},
}


def make_version_2(connection: sa.Connection) -> None:
    """A registry of version 2 with one tenant."""
    version_2.create_all(connection)
    connection.execute(version_2.tables["schema_version"].insert().values(version=2))
    connection.execute(version_2.tables["tenants"].insert().values(ACME_2))


#: What version 3 added: columns, standby sites, the ledger of certificates, mails and webhooks.
version_3 = sa.MetaData()

for _table in version_2.tables.values():
    _table.to_metadata(version_3)

for _column in (
    sa.Column("needs", sa.JSON),
    sa.Column("admin_first_name", sa.String(140)),
    sa.Column("settings", sa.JSON),
    sa.Column("certificate", sa.String(16)),
    sa.Column("applied", sa.String(64)),
):
    version_3.tables["tenants"].append_column(_column)

version_3.tables["steps"].append_column(sa.Column("undo_seconds", sa.Float))

sa.Table(
    "standby_sites",
    version_3,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("bench", sa.String(255), nullable=False, index=True),
    sa.Column("plan", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("site", sa.String(253), nullable=False),
    sa.Column("database_name", sa.String(64), nullable=False),
    sa.Column("apps", sa.JSON, nullable=False),
    sa.Column("run", sa.String(320), nullable=False),
    sa.Column("tenant", sa.String(63)),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)

sa.Table(
    "certificate_ledger",
    version_3,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(32), nullable=False, index=True),
    sa.Column("order", sa.String(32), nullable=False),
    sa.Column("authority", sa.String(512), nullable=False),
    sa.Column("account", sa.String(253), nullable=False, index=True),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("registered_domain", sa.String(253), nullable=False, index=True),
    sa.Column("name", sa.String(253), nullable=False, index=True),
    sa.Column("tenant", sa.String(63)),
)

sa.Table(
    "outbox",
    version_3,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("tenant", sa.String(63), nullable=False, index=True),
    sa.Column("recipient", sa.String(254), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("run", sa.String(320), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)

sa.Table(
    "webhooks",
    version_3,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("event", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("run", sa.String(320)),
    sa.Column("busy_until", sa.String(32)),
    sa.Column("changed_at", sa.String(32), nullable=False),
)

#: A tenant as version 3 wrote it.
ACME_3: dict[str, Any] = {
    **ACME_2,
    "needs": {"sites": 1, "tables": 700, "disk_mb": 500, "memory_mb": 50},
    "admin_first_name": "Ada",
    "settings": {"country": "Germany"},
    "certificate": "issued",
    "applied": None,
}

#: What happened to it, and is still to be told to a webhook.
EVENT_3: dict[str, Any] = {
    "at": "2026-11-01T09:31:00.000+00:00",
    "tenant": "acme",
    "actor": "ops",
    "run": "controller:4711:1234567",
    "event": "active",
    "data": {"reason": None},
}


def make_version_3(connection: sa.Connection) -> None:
    """A registry of version 3 with one tenant, which a run of this version works on."""
    version_3.create_all(connection)
    tables = version_3.tables
    connection.execute(tables["schema_version"].insert().values(version=3))
    connection.execute(tables["tenants"].insert().values(ACME_3))
    connection.execute(tables["events"].insert().values(EVENT_3))
    connection.execute(
        tables["leases"]
        .insert()
        .values(
            tenant="acme",
            run=EVENT_3["run"],
            controller="controller",
            pid=4711,
            pid_started="1234567",
            taken_at="2026-11-01T09:31:00.000+00:00",
            expires_at="2099-11-01T10:31:00.000+00:00",
        )
    )
