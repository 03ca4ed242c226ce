# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the registry, the control database of all tenants.

Times are ISO 8601 texts in UTC, so that they sort and read the same in SQLite, PostgreSQL and MariaDB.
No column holds a secret.
"""

from __future__ import annotations

from typing import Any

from .library import sa

#: Raised by one whenever a table changes, with a step in migrations.py; database.py refuses a registry that is newer.
VERSION = 4

metadata = sa.MetaData()

#: For MariaDB, whatever its defaults are: transactions, all of Unicode, and texts that differ in any way are different.
_IN_MARIADB: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}

#: A text without a limit: in MariaDB TEXT ends at 64 KB.
_LongText = sa.Text().with_variant(sa.Text(2**32 - 1), "mariadb")

schema_version = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, primary_key=True), **_IN_MARIADB)

#: One row per tenant name that is, or was, claimed.
tenants = sa.Table(
    "tenants",
    metadata,
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
    # The provisioning that made the tenant; it is the owner mark on everything that was made.
    sa.Column("owner", sa.String(32), nullable=False),
    # All names of the tenant as they were made. Since version 2.
    sa.Column("identity", sa.JSON),
    # How much of its bench the tenant takes, see placement.py. Since version 3.
    sa.Column("needs", sa.JSON),
    sa.Column("admin_first_name", sa.String(140)),
    # Those of country, time_zone and language that were asked for with the tenant. Since version 3.
    sa.Column("settings", sa.JSON),
    # What the tenant's names are served with: issued, shared, existing, http_only or none. Since version 3.
    sa.Column("certificate", sa.String(16)),
    # A hash of what was last applied to the tenant, so that a fleet's reconciling finds what is to be done. Since version 3.
    sa.Column("applied", sa.String(64)),
    sa.Column("reason", _LongText),
    sa.Column("evidence", sa.JSON),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
    **_IN_MARIADB,
)

#: One row per attempt to make a tenant; its steps and resources are the journal.
provisionings = sa.Table(
    "provisionings",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(63), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("error", _LongText),
    sa.Column("started_at", sa.String(32), nullable=False),
    sa.Column("ended_at", sa.String(32)),
    **_IN_MARIADB,
)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("provisioning", sa.String(32), sa.ForeignKey("provisionings.id"), nullable=False, index=True),
    sa.Column("step", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("error", _LongText),
    sa.Column("started_at", sa.String(32), nullable=False),
    sa.Column("seconds", sa.Float),
    # Since version 3.
    sa.Column("undo_seconds", sa.Float),
    sa.UniqueConstraint("provisioning", "step"),
    **_IN_MARIADB,
)

#: What a step is about to make, written before it is made.
resources = sa.Table(
    "resources",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("provisioning", sa.String(32), sa.ForeignKey("provisionings.id"), nullable=False, index=True),
    sa.Column("step", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("name", sa.String(512), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("recorded_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("provisioning", "kind", "name"),
    **_IN_MARIADB,
)

#: Who works on a tenant name at this moment; a name has at most one row.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("run", sa.String(320), nullable=False),
    sa.Column("controller", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("pid_started", sa.String(32), nullable=False),
    sa.Column("taken_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
    **_IN_MARIADB,
)

#: Append-only: who did what to which tenant, when, in which run.
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("tenant", sa.String(63), nullable=False, index=True),
    sa.Column("actor", sa.String(255), nullable=False),
    sa.Column("run", sa.String(320), nullable=False),
    sa.Column("event", sa.String(64), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    # What the tenant was then, where webhooks are told of the event. Since version 4.
    sa.Column("record", sa.JSON),
    **_IN_MARIADB,
)

#: Sites that were made before anybody wanted them; see playbooks/pool.yml. Since version 3.
standby_sites = sa.Table(
    "standby_sites",
    metadata,
    # Also the owner mark on the site and its database, until a tenant takes the site over.
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("bench", sa.String(255), nullable=False, index=True),
    sa.Column("plan", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("site", sa.String(253), nullable=False),
    sa.Column("database_name", sa.String(64), nullable=False),
    # The installed apps and their exact versions.
    sa.Column("apps", sa.JSON, nullable=False),
    sa.Column("run", sa.String(320), nullable=False),
    sa.Column("tenant", sa.String(63)),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
    **_IN_MARIADB,
)

#: What was asked of a certificate authority, one row per domain name, so that its limits are kept. Since version 3.
certificate_ledger = sa.Table(
    "certificate_ledger",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(32), nullable=False, index=True),
    # All names of one order share its id.
    sa.Column("order", sa.String(32), nullable=False),
    sa.Column("authority", sa.String(512), nullable=False),
    # Whose account it is there: the edge, since each edge's certbot has its own.
    sa.Column("account", sa.String(253), nullable=False, index=True),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("registered_domain", sa.String(253), nullable=False, index=True),
    sa.Column("name", sa.String(253), nullable=False, index=True),
    sa.Column("tenant", sa.String(63)),
    **_IN_MARIADB,
)

#: Mails to people, one row per mail, so that each goes out once. Since version 3.
outbox = sa.Table(
    "outbox",
    metadata,
    # The same for every attempt to send it.
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("tenant", sa.String(63), nullable=False, index=True),
    sa.Column("recipient", sa.String(254), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", _LongText),
    sa.Column("run", sa.String(320), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
    **_IN_MARIADB,
)

#: How far each webhook has been told of the events. Since version 3.
webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    # The last event that it took.
    sa.Column("event", sa.Integer, nullable=False),
    sa.Column("error", _LongText),
    # Who is telling it at this moment, and until when nobody else does.
    sa.Column("run", sa.String(320)),
    sa.Column("busy_until", sa.String(32)),
    sa.Column("changed_at", sa.String(32), nullable=False),
    **_IN_MARIADB,
)


def plain_rows(result: sa.CursorResult) -> list[dict[str, Any]]:
    """The rows as dicts with plain texts for keys: SQLAlchemy's own kind of text makes Ansible warn."""
    return [{str(column): value for column, value in row.items()} for row in result.mappings()]
