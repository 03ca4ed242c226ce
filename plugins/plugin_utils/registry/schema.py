# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the registry, the control database of all tenants.

Times are ISO 8601 texts in UTC, so that they sort and read the same in SQLite, PostgreSQL and MariaDB.
No column holds a secret.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    CursorResult,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

#: Raised by one whenever a table changes; database.py refuses a registry that is newer than the code.
VERSION = 1

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

#: One row per tenant name that is, or was, claimed.
tenants = Table(
    "tenants",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("plan", String(64), nullable=False),
    Column("bench", String(255), nullable=False, index=True),
    Column("edge", String(255), nullable=False),
    Column("site", String(253), nullable=False),
    Column("database_name", String(64), nullable=False),
    Column("frontend_url", String(512), nullable=False),
    Column("backend_url", String(512), nullable=False),
    Column("admin_email", String(254), nullable=False),
    # The provisioning that made the tenant; it is the owner mark on everything that was made.
    Column("owner", String(32), nullable=False),
    Column("reason", Text),
    Column("evidence", JSON),
    Column("created_at", String(32), nullable=False),
    Column("changed_at", String(32), nullable=False),
)

#: One row per attempt to make a tenant; its steps and resources are the journal.
provisionings = Table(
    "provisionings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(63), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("error", Text),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32)),
)

steps = Table(
    "steps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("provisioning", String(32), ForeignKey("provisionings.id"), nullable=False, index=True),
    Column("step", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("error", Text),
    Column("started_at", String(32), nullable=False),
    Column("seconds", Float),
    UniqueConstraint("provisioning", "step"),
)

#: What a step is about to make, written before it is made.
resources = Table(
    "resources",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("provisioning", String(32), ForeignKey("provisionings.id"), nullable=False, index=True),
    Column("step", String(255), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("name", String(512), nullable=False),
    Column("data", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("recorded_at", String(32), nullable=False),
    UniqueConstraint("provisioning", "kind", "name"),
)

#: Who works on a tenant name at this moment; a name has at most one row.
leases = Table(
    "leases",
    metadata,
    Column("tenant", String(63), primary_key=True),
    Column("run", String(128), nullable=False),
    Column("controller", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_started", String(32), nullable=False),
    Column("taken_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
)

#: Append-only: who did what to which tenant, when, in which run.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("tenant", String(63), nullable=False, index=True),
    Column("actor", String(255), nullable=False),
    Column("run", String(128), nullable=False),
    Column("event", String(64), nullable=False),
    Column("data", JSON, nullable=False),
)


def plain_rows(result: CursorResult) -> list[dict[str, Any]]:
    """The rows as dicts with plain texts for keys: SQLAlchemy's own kind of text makes Ansible warn."""
    return [{str(column): value for column, value in row.items()} for row in result.mappings()]
