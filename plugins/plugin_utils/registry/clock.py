# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the registry writes it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .library import sa

_OF_THE_SERVER = {"mariadb": "SELECT UTC_TIMESTAMP(3)", "postgresql": "SELECT clock_timestamp() AT TIME ZONE 'UTC'"}


def now() -> str:
    """This moment in UTC, ISO 8601, to the millisecond."""
    return _text(datetime.now(timezone.utc))


def shared(connection: sa.Connection) -> str:
    """This moment by the clock that all runs share: the server's, so that the controllers' need not agree."""
    kind = connection.dialect.name
    if kind not in _OF_THE_SERVER:
        # A file of SQLite is this machine's.
        return now()
    moment = connection.exec_driver_sql(_OF_THE_SERVER[kind]).scalar_one()
    return _text(moment.replace(tzinfo=timezone.utc))


def after(seconds: float) -> str:
    """The moment I(seconds) from now."""
    return _text(datetime.now(timezone.utc) + timedelta(seconds=seconds))


def later(moment: str, seconds: float = 0, days: float = 0) -> str:
    """The moment that much after I(moment), as written by L(now)."""
    return _text(datetime.fromisoformat(moment) + timedelta(seconds=seconds, days=days))


def seconds_since(moment: str) -> float:
    """Seconds from I(moment), as written by L(now), until now."""
    return (datetime.now(timezone.utc) - datetime.fromisoformat(moment)).total_seconds()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
