# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit trail. Rows are only ever added."""

from __future__ import annotations

from typing import Any

from . import clock, schema
from .library import sa
from .runs import Run


def append(connection: sa.Connection, run: Run, tenant: str, event: str, **data: Any) -> None:
    """Note that I(event) happened to I(tenant) in I(run). Data must hold no secret."""
    connection.execute(
        schema.events.insert().values(
            at=clock.now(), tenant=tenant, actor=run.actor, run=run.name, event=event, data=data
        )
    )
