# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked of certificate authorities, so that no run asks for more than an authority gives.

An order is written before it is placed, as if it succeeded: of runs at the same time only as many order as the limits
allow, and one that was killed counts. Afterwards it is corrected when nothing was issued.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.frappeops.tenants.plugins.plugin_utils.authority_limits import (
    HOUR,
    THREE_HOURS,
    WEEK,
    Limits,
    free_from,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registered_domain import registered_domain

from . import clock, schema
from .library import sa

#: What came of a name's part in an order: a certificate, a failed validation, or neither.
ISSUED, RENEWED, INVALID, NOTHING = "issued", "renewed", "invalid", "nothing"


@dataclass(frozen=True)
class Refusal:
    """Why the authority would refuse, and until when."""

    reason: str
    free_at: str


class Ledger:
    """The orders that were placed with one authority.

    :param account: from which account there; every edge has its own.
    """

    def __init__(self, connection: sa.Connection, authority: str, account: str, limits: Limits) -> None:
        self._connection = connection
        self._authority = authority
        self._account = account
        self._limits = limits

    def refusal(self, names: Sequence[str]) -> Refusal | None:
        """Why the authority would not issue a certificate for I(names) now; of several limits the one that lasts longest."""
        found = [
            *self._too_many_failures(names),
            *self._too_many_of_these(names),
            *([] if self._moments_of_set(names) else self._too_many_of_domain(names)),
            *self._too_many_orders(),
        ]
        return max(found, key=lambda refusal: refusal.free_at, default=None)

    def order(self, names: Sequence[str], tenant: str) -> str:
        """Note that a certificate for I(names) is ordered. Returns the order's id."""
        order = secrets.token_hex(16)
        # Authorities do not count renewals of the same names against the domain.
        outcome = RENEWED if self._moments_of_set(names) else ISSUED
        moment = clock.now()
        for name in names:
            self._connection.execute(
                schema.certificate_ledger.insert().values(
                    at=moment,
                    order=order,
                    authority=self._authority,
                    account=self._account,
                    outcome=outcome,
                    registered_domain=registered_domain(name),
                    name=name,
                    tenant=tenant or None,
                )
            )
        return order

    def nothing_issued(self, order: str, failed: Iterable[str]) -> None:
        """Correct the order: nothing was issued, and the validation of the hosts I(failed) went wrong.

        It counts as an order of the account all the same.
        """
        table = schema.certificate_ledger
        rows = self._connection.execute(sa.select(table.c.id, table.c.name).where(table.c.order == order)).all()
        hosts = set(failed)
        for row in rows:
            host = row.name.removeprefix("*.")
            new = {"outcome": INVALID, "name": host} if host in hosts else {"outcome": NOTHING}
            # Once for a host and its wildcard, which are one name to the authority.
            hosts.discard(host)
            self._connection.execute(table.update().where(table.c.id == row.id).values(**new))

    def withdraw(self, order: str) -> None:
        """Forget the order: it was not placed, since the certificate was there already."""
        table = schema.certificate_ledger
        self._connection.execute(table.delete().where(table.c.order == order))

    def _too_many_failures(self, names: Sequence[str]) -> Iterable[Refusal]:
        table = schema.certificate_ledger
        for host in dict.fromkeys(name.removeprefix("*.") for name in names):
            moments = self._moments(table.c.name == host, table.c.outcome == INVALID)
            yield from self._refused(
                self._limits.failures_hour, HOUR, moments, f"validations of {host} have failed within an hour"
            )

    def _too_many_of_these(self, names: Sequence[str]) -> Iterable[Refusal]:
        return self._refused(
            self._limits.names_week,
            WEEK,
            self._moments_of_set(names),
            f"certificates for exactly {', '.join(names)} were issued within a week",
        )

    def _too_many_of_domain(self, names: Sequence[str]) -> Iterable[Refusal]:
        table = schema.certificate_ledger
        for domain in dict.fromkeys(registered_domain(name) for name in names):
            moments = self._moments(table.c.registered_domain == domain, table.c.outcome == ISSUED)
            yield from self._refused(
                self._limits.domain_week, WEEK, moments, f"certificates below {domain} were issued within a week"
            )

    def _too_many_orders(self) -> Iterable[Refusal]:
        moments = self._moments(schema.certificate_ledger.c.account == self._account)
        what = f"certificates were ordered from {self._account} within 3 hours"
        return self._refused(self._limits.orders_3_hours, THREE_HOURS, moments, what)

    def _refused(self, count: int, window: timedelta, uses: Sequence[str], what: str) -> Iterable[Refusal]:
        free = free_from(count, window, map(datetime.fromisoformat, uses))
        if free is not None:
            when = free.isoformat(timespec="milliseconds")
            text = f"{count} {what}, and {self._authority} gives no more before {when[:10]} {when[11:16]} UTC."
            yield Refusal(text, when)

    def _moments(self, *conditions: sa.ColumnElement[bool]) -> list[str]:
        """When orders were placed that match, each order once."""
        table = schema.certificate_ledger
        query = (
            sa.select(table.c.order, table.c.at)
            .where(table.c.authority == self._authority, *conditions)
            .distinct()
            .order_by(table.c.at)
        )
        return [row.at for row in self._connection.execute(query)]

    def _moments_of_set(self, names: Sequence[str]) -> list[str]:
        """When certificates for exactly I(names) were ordered."""
        table = schema.certificate_ledger
        having_first = sa.select(table.c.order).where(table.c.name == names[0])
        query = (
            sa.select(table.c.order, table.c.at, table.c.name)
            .where(
                table.c.authority == self._authority,
                table.c.outcome.in_((ISSUED, RENEWED)),
                table.c.order.in_(having_first),
            )
            .order_by(table.c.at)
        )
        sets: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for row in self._connection.execute(query):
            sets[row.at, row.order].add(row.name)
        return [moment for (moment, _order), found in sets.items() if found == set(names)]
