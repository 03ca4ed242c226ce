# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an older schema of the registry to the present one.

To change the schema: change schema.py, raise its VERSION, add a function to MIGRATIONS, and keep a copy of the old
tables in tests/unit/old_registries.py. The function changes tables that are there already; tables that are new are
made by themselves.

Alembic would do the same with a folder of scripts, a configuration file and a table of its own, for a list that has
no branches and never goes back. It would be one more library to install and 0.1 s more in every run.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from . import schema
from .library import sa


def upgrade(connection: sa.Connection, found: int) -> None:
    """Bring the tables from version I(found) to the present one.

    PostgreSQL and SQLite take all of it back when it fails. MariaDB commits at every ALTER TABLE, so each function is
    noted when it is done, and must bear to be run again when it was cut off.
    """
    schema.metadata.create_all(connection)
    for version, migrate in enumerate(MIGRATIONS[found - 1 :], start=found + 1):
        migrate(connection)
        connection.execute(schema.schema_version.update().values(version=version))


def _tell_identities(connection: sa.Connection) -> None:
    """To 2: a tenant keeps its identity as it was made, whatever tenant_hosts says later."""
    _add_column(connection, "tenants", "identity", sa.JSON())
    # As they were in this version, not as they are now.
    table = sa.table(
        "tenants",
        *(sa.column(name) for name in ("name", "site", "frontend_url", "backend_url")),
        sa.column("identity", sa.JSON),
    )
    for row in connection.execute(sa.select(table)).all():
        frontend_host = urlsplit(row.frontend_url).hostname or ""
        identity = {
            "name": row.name,
            "domain": _after_tenant(frontend_host, row.name),
            "frontend_host": frontend_host,
            "backend_host": urlsplit(row.backend_url).hostname or "",
            "site": row.site,
            "frontend_url": row.frontend_url,
            "backend_url": row.backend_url,
        }
        connection.execute(table.update().where(table.c.name == row.name).values(identity=identity))


def _tell_more_of_tenants(connection: sa.Connection) -> None:
    """To 3: what a tenant needs, its administrator's first name, where it is at home, its certificate, what was applied to it;
    times of undo."""
    _add_column(connection, "tenants", "needs", sa.JSON())
    _add_column(connection, "tenants", "admin_first_name", sa.String(140))
    _add_column(connection, "tenants", "settings", sa.JSON())
    _add_column(connection, "tenants", "certificate", sa.String(16))
    _add_column(connection, "tenants", "applied", sa.String(64))
    _add_column(connection, "steps", "undo_seconds", sa.Float())


def _tell_what_tenants_were(connection: sa.Connection) -> None:
    """To 4: what a tenant was when something happened to it. What was before stays untold: nobody knows whose it was."""
    _add_column(connection, "events", "record", sa.JSON())


def _after_tenant(host: str, name: str) -> str:
    """What follows the label with the tenant's name: the domain, by all usual patterns."""
    labels = host.split(".")
    tenants = [place for place, label in enumerate(labels) if name in label]
    return ".".join(labels[tenants[0] + 1 :]) if tenants else host


def _add_column(connection: sa.Connection, table: str, name: str, kind: sa.types.TypeEngine) -> None:
    if name not in {column["name"] for column in sa.inspect(connection).get_columns(table)}:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {kind.compile(connection.dialect)}")


#: In their order: the first leads from version 1 to 2, and so on.
MIGRATIONS: list[Callable[[sa.Connection], None]] = [_tell_identities, _tell_more_of_tenants, _tell_what_tenants_were]
