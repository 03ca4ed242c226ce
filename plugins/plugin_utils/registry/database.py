# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening the registry and working in it in transactions.

Every action is a process of its own, so nothing is pooled. A writing transaction takes the registry's one lock at
its start and holds it for milliseconds: runs queue instead of failing half-way, and counting the tenants of a bench
is as safe as claiming a name. It is SQLite's write lock, an advisory lock in PostgreSQL, a named lock in MariaDB.
What a server breaks off nevertheless (a deadlock with somebody else's query, a failover) is a L(Conflict), and
L(repeat) does the whole work again.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import address, migrations, schema
from .library import sa

#: Seconds that a transaction waits for the others' transactions; each takes milliseconds.
BUSY_SECONDS = 30

#: Seconds that a database server has to accept a connection.
CONNECT_SECONDS = 10

#: How often work is begun before its conflict is an error, and the longest pause before the second time; it then doubles.
ATTEMPTS = 6
PAUSE_SECONDS = 0.1

_IN_MEMORY = "sqlite://"

#: Serialization failure and deadlock: SQLSTATE in PostgreSQL, error numbers in MariaDB (1020: row changed since it was read).
_CONFLICT_STATES = {"40001", "40P01"}
_CONFLICT_NUMBERS = {1020, 1213}

Outcome = TypeVar("Outcome")


class Conflict(TenantError):
    """Others worked at the same time, and the server took this transaction back. Done again it may succeed."""


def repeat(work: Callable[[], Outcome]) -> Outcome:
    """Do I(work), which holds a whole transaction, and do it again while the server breaks it off.

    :raises Conflict: it was broken off ATTEMPTS times.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return work()
        except Conflict:
            time.sleep(random.uniform(0.5, 1) * PAUSE_SECONDS * 2**attempt)
    return work()


@contextmanager
def transaction(url: str | sa.URL, commit: bool = True) -> Iterator[sa.Connection]:
    """A connection in a transaction, committed at the end, rolled back on any error.

    :param url: a database URL; tables are made at first use and brought up to date when they are older.
    :param commit: False takes everything back at the end, so that check mode runs the same code. Where there is no
        registry yet, an empty one in memory stands for it.
    :raises TenantError: the registry can't be reached, is newer than this code, or is older and may not be changed.
    :raises Conflict: the server broke it off; see L(repeat).
    """
    with _connection(url if commit else _untouched(url, _version_at(url)), lock=True) as connection:
        if _prepare(connection):
            connection.commit()
        yield connection
        if commit:
            connection.commit()


@contextmanager
def reading(url: str | sa.URL, upgrade: bool = True) -> Iterator[sa.Connection]:
    """A connection for reading. It waits for nobody, and needs no right to write in an up-to-date registry.

    Where there is no registry yet, an empty one in memory stands for it.

    :param upgrade: whether an older registry is brought up to date; not in check mode.
    :raises TenantError: the registry can't be reached, is newer than this code, or is older and may not be changed.
    """
    version = _version_at(url)
    if upgrade and version not in (None, schema.VERSION):
        with transaction(url):
            version = schema.VERSION
    with _connection(_untouched(url, version), lock=False) as connection:
        if version is None:
            schema.metadata.create_all(connection)
        yield connection


@contextmanager
def _connection(url: str | sa.URL, lock: bool) -> Iterator[sa.Connection]:
    parsed = address.parse(url)
    engine = _engine(parsed, lock)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        kind = Conflict if _is_conflict(error) else TenantError
        raise kind(
            f"The registry {address.shown(parsed)} can't be used: {_reason(error)}.",
            "Check tenant_registry_url and its server.",
        ) from error
    finally:
        engine.dispose()


def _engine(url: sa.URL, lock: bool) -> sa.Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made here with the right mode: SQLite would make it readable to all.
        Path(url.database).touch(mode=0o600)
    # The lock makes transactions serial. In them each query must see what was committed before the lock was given.
    options = {} if is_sqlite else {"isolation_level": "READ COMMITTED"}
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=_driver_options(url), **options)
    except (ImportError, sa.exc.NoSuchModuleError) as error:
        raise TenantError(
            f"The Python that runs ansible-playbook lacks the driver of {address.shown(url)}.",
            "Install it there: python3 -m pip install 'psycopg[binary]' for PostgreSQL, PyMySQL for MariaDB.",
        ) from error
    if is_sqlite:
        sa.event.listen(engine, "connect", _prepare_sqlite)
    if is_sqlite or lock:
        sa.event.listen(engine, "begin", _lock if lock else _begin_sqlite)
    return engine


def _driver_options(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": BUSY_SECONDS, "isolation_level": None}
    if url.get_backend_name() == "postgresql":
        return {"connect_timeout": CONNECT_SECONDS}
    # Without this mode a text that is too long would be cut, silently.
    return {"connect_timeout": CONNECT_SECONDS, "sql_mode": "STRICT_ALL_TABLES"}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        # The mode stays in the file, so only the first runs set it. SQLite does not wait for the lock that this needs:
        # where another run holds it, that run sets the mode, and the registry works in the old mode as well.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _lock(connection: sa.Connection) -> None:
    """Take the registry's one lock. It ends with the transaction, in MariaDB with the connection just after it."""
    kind = connection.dialect.name
    if kind == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif kind == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtext('frappeops.tenants'), hashtext(coalesce(current_schema(), '')))"
        )
    else:
        # Named locks are the whole server's, and at most 64 characters long.
        taken = connection.exec_driver_sql(
            f"SELECT GET_LOCK(CONCAT('frappeops.tenants ', SHA1(DATABASE())), {BUSY_SECONDS})"
        ).scalar()
        if taken != 1:
            raise TenantError(
                f"The registry was busy for {BUSY_SECONDS} s.", "Look for a transaction that hangs on its server."
            )


def _prepare(connection: sa.Connection) -> bool:
    """Make the tables, or bring them up to date. True if there was something to do."""
    found = _version(connection)
    if found is None:
        schema.metadata.create_all(connection)
        # Written last: MariaDB commits every table, and one that was cut off here begins again.
        connection.execute(schema.schema_version.insert().values(version=schema.VERSION))
    elif found < schema.VERSION:
        migrations.upgrade(connection, found)
    elif found > schema.VERSION:
        raise _of_another_version(connection.engine.url, found)
    return found != schema.VERSION


def _untouched(url: str | sa.URL, version: int | None) -> str | sa.URL:
    """Where one works without changing what is at I(url): there, or in memory while no registry is there."""
    if version not in (None, schema.VERSION):
        raise _of_another_version(address.parse(url), version)
    return _IN_MEMORY if version is None else url


def _of_another_version(url: sa.URL, found: int) -> TenantError:
    remedy = "Use the version of frappeops.tenants that made it, or a newer one."
    if found < schema.VERSION:
        remedy = "Check mode does not change it. Run a playbook without --check first, such as tenants.yml."
    return TenantError(
        f"The registry {address.shown(url)} has schema {found}, this collection knows {schema.VERSION}.", remedy
    )


def _version_at(url: str | sa.URL) -> int | None:
    """The version of the registry at I(url); None while there is none."""
    parsed = address.parse(url)
    if parsed.get_backend_name() == "sqlite" and not (parsed.database and Path(parsed.database).exists()):
        # Opened, the file would be made.
        return None
    with _connection(parsed, lock=False) as connection:
        return _version(connection)


def _version(connection: sa.Connection) -> int | None:
    if not sa.inspect(connection).has_table(schema.schema_version.name):
        return None
    return connection.execute(sa.select(schema.schema_version.c.version)).scalar()


def _is_conflict(error: sa.exc.SQLAlchemyError) -> bool:
    if isinstance(error, sa.exc.IntegrityError):
        # Another run wrote the same row at this moment. Done again, the work sees that row and says so.
        return True
    original = getattr(error, "orig", None)
    number = original.args[0] if original is not None and original.args else None
    return getattr(original, "sqlstate", None) in _CONFLICT_STATES or number in _CONFLICT_NUMBERS


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    # PyMySQL: a number and a text.
    text = original.args[-1] if original is not None and original.args else error
    return str(text).strip().splitlines()[0].rstrip(".")
