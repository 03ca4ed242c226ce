# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening the registry and working in it in transactions.

Every action is a process of its own, so nothing is pooled. A writing transaction takes SQLite's write lock
at its start (BEGIN IMMEDIATE): two runs then queue instead of failing half-way with "database is locked".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import schema
from .library import sa

#: Where the registry is when nothing else is said: a file of the person who runs the playbook.
DEFAULT_URL = "sqlite:///~/.local/share/frappeops.tenants/registry.db"

#: Seconds that a transaction waits for the others' transactions; each takes milliseconds.
BUSY_SECONDS = 30


@contextmanager
def transaction(url: str, commit: bool = True) -> Iterator[sa.Connection]:
    """A connection in a transaction, committed at the end, rolled back on any error.

    :param url: an SQLAlchemy URL; tables are made at first use.
    :param commit: False takes everything back at the end, so that check mode runs the same code.
    :raises TenantError: the registry can't be reached or is newer than this code.
    """
    parsed = _parse(url)
    engine = _engine(parsed)
    try:
        with engine.connect() as connection:
            _ensure_schema(connection, parsed)
            yield connection
            if commit:
                connection.commit()
    except sa.exc.SQLAlchemyError as error:
        shown = parsed.render_as_string(hide_password=True)
        raise TenantError(
            f"The registry {shown} can't be used: {_reason(error)}.", "Check tenant_registry_url and its server."
        ) from error
    finally:
        engine.dispose()


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        # The URL may hold a password: it is not repeated.
        raise TenantError(
            "tenant_registry_url is not a database URL.", "Example: sqlite:////var/lib/frappeops/registry.db."
        ) from error
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return parsed.set(database=str(Path(parsed.database).expanduser()))
    return parsed


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level="SERIALIZABLE")
    if url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made here with the right mode: SQLite would make it readable to all.
        Path(url.database).touch(mode=0o600)
    engine = sa.create_engine(
        url, poolclass=sa.pool.NullPool, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")


def _ensure_schema(connection: sa.Connection, url: sa.URL) -> None:
    if not sa.inspect(connection).has_table(schema.schema_version.name):
        schema.metadata.create_all(connection)
        connection.execute(schema.schema_version.insert().values(version=schema.VERSION))
        return
    found = connection.execute(sa.select(schema.schema_version.c.version)).scalar_one()
    if found != schema.VERSION:
        raise TenantError(
            f"The registry {url.render_as_string(hide_password=True)} has schema {found}, "
            f"this collection knows {schema.VERSION}.",
            "Use the version of frappeops.tenants that made it, or a newer one.",
        )


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
