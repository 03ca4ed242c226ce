# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the registry writes it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


def now() -> str:
    """This moment in UTC, ISO 8601, to the millisecond."""
    return _text(datetime.now(timezone.utc))


def after(seconds: float) -> str:
    """The moment I(seconds) from now."""
    return _text(datetime.now(timezone.utc) + timedelta(seconds=seconds))


def days_after(moment: str, days: float) -> str:
    """The moment I(days) days after I(moment), as written by L(now)."""
    return _text(datetime.fromisoformat(moment) + timedelta(days=days))


def seconds_since(moment: str) -> float:
    """Seconds from I(moment), as written by L(now), until now."""
    return (datetime.now(timezone.utc) - datetime.fromisoformat(moment)).total_seconds()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
