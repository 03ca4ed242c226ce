# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counting what is asked of an authority, on a real SQLite registry and against buckets computed the slow way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.certbot import STAGING
from ansible_collections.frappeops.tenants.plugins.module_utils.certificate_list import PRODUCTION
from ansible_collections.frappeops.tenants.plugins.plugin_utils.authority_limits import (
    WEEK,
    Limits,
    free_from,
    limits_of,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registered_domain import registered_domain
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import clock, database, schema
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.ledger import Ledger

LIMITS = Limits(domain_week=5, names_week=2, failures_hour=3, orders_3_hours=10)
NOW = datetime.now(timezone.utc)


@pytest.fixture
def connection(tmp_path) -> Iterator[sqlalchemy.Connection]:
    with ExitStack() as stack:
        yield stack.enter_context(database.transaction(f"sqlite:///{tmp_path}/registry.db"))


def ledger(connection: sqlalchemy.Connection, authority: str = PRODUCTION, account: str = "edge1") -> Ledger:
    return Ledger(connection, authority, account, LIMITS)


def age(connection: sqlalchemy.Connection, days: float) -> None:
    """Let all that stands in the ledger be older."""
    table = schema.certificate_ledger
    for row in connection.execute(sqlalchemy.select(table)).all():
        older = clock.later(row.at, days=-days)
        connection.execute(table.update().where(table.c.id == row.id).values(at=older))


def free_slowly(count: int, window: timedelta, uses: list[datetime]) -> datetime:
    """The bucket as its description says, drop by drop."""
    level, last = float(count), uses[0]
    for use in uses:
        level = min(count, level + count * ((use - last) / window)) - 1
        last = use
    return last + window * ((1 - level) / count)


@given(
    count=st.integers(1, 60),
    gaps=st.lists(st.integers(0, 100_000), min_size=1, max_size=200),
    ended=st.integers(0, 1_000_000),
)
def test_a_bucket_is_free_when_the_slow_way_says_so(count: int, gaps: list[int], ended: int) -> None:
    moment = NOW - timedelta(seconds=sum(gaps) + ended)
    uses = []
    for gap in gaps:
        moment += timedelta(seconds=gap)
        uses.append(moment)
    expected = free_slowly(count, WEEK, uses)
    found = free_from(count, WEEK, uses)
    if found is None:
        assert expected <= datetime.now(timezone.utc) + timedelta(seconds=1)
    else:
        assert abs(found - expected) < timedelta(seconds=1)


def test_after_fifty_at_once_there_is_one_more_every_202_minutes() -> None:
    found = free_from(50, WEEK, [NOW] * 50)
    assert found is not None and round((found - NOW) / timedelta(minutes=1)) == 202
    assert free_from(50, WEEK, [NOW] * 49) is None
    assert free_from(0, WEEK, [NOW] * 1000) is None


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("api.acme.example.com", "example.com"),
        ("*.example.co.uk", "example.co.uk"),
        ("acme.tenants.test", "tenants.test"),
        ("acme.github.io", "acme.github.io"),
        ("co.uk", "co.uk"),
    ],
)
def test_registered_domains(name: str, domain: str) -> None:
    assert registered_domain(name) == domain


def test_lets_encrypts_limits_are_known_and_others_have_none_but_the_operators() -> None:
    assert limits_of(PRODUCTION, {}) == Limits(50, 5, 5, 300)
    assert limits_of(PRODUCTION, {"domain_week": 300}) == Limits(300, 5, 5, 300)
    assert limits_of(STAGING, {}).domain_week == 30_000
    assert limits_of("https://ca.test/dir", {}) == Limits()


def test_a_domain_has_its_certificates_and_then_a_time_is_named(connection) -> None:
    book = ledger(connection)
    for tenant in range(5):
        assert book.refusal([f"t{tenant}.example.com"]) is None
        book.order([f"t{tenant}.example.com", f"api.t{tenant}.example.com"], f"t{tenant}")
    refused = book.refusal(["t5.example.com"])
    assert refused is not None
    assert refused.reason.startswith("5 certificates below example.com were issued within a week, and https://acme-v02")
    assert refused.reason.endswith(f"no more before {refused.free_at[:10]} {refused.free_at[11:16]} UTC.")
    hours = (datetime.fromisoformat(refused.free_at) - datetime.now(timezone.utc)) / timedelta(hours=1)
    assert round(hours, 1) == 33.6

    assert book.refusal(["t5.example.org"]) is None, "another domain"
    assert ledger(connection, STAGING).refusal(["t5.example.com"]) is None, "another authority"
    assert book.refusal(["api.t0.example.com", "t0.example.com"]) is None, "a renewal of the same names"
    age(connection, 1.5)
    assert book.refusal(["t5.example.com"]) is None


def test_renewals_do_not_use_up_the_domain_but_have_a_limit_of_their_own(connection) -> None:
    book = ledger(connection)
    for tenant in range(4):
        book.order([f"t{tenant}.example.com"], f"t{tenant}")
    book.order(["t0.example.com"], "t0")
    assert book.refusal(["t4.example.com"]) is None, "four of five, the renewal does not count"
    refused = book.refusal(["t0.example.com"])
    assert refused is not None and "2 certificates for exactly t0.example.com" in refused.reason
    assert book.refusal(["t0.example.com", "api.t0.example.com"]) is None, "another set"


def test_an_order_that_came_to_nothing_counts_as_an_order_of_the_account_only(connection) -> None:
    book, names = ledger(connection), ["t0.example.com", "api.t0.example.com"]
    for _time in range(10):
        assert book.refusal(names) is None
        book.nothing_issued(book.order(names, "t0"), [])
    refused = book.refusal(["t1.example.org"])
    assert refused is not None and "10 certificates were ordered from edge1 within 3 hours" in refused.reason
    minutes = (datetime.fromisoformat(refused.free_at) - datetime.now(timezone.utc)) / timedelta(minutes=1)
    assert round(minutes) == 18
    assert ledger(connection, account="edge2").refusal(names) is None, "another edge has another account"
    age(connection, 19 / 24 / 60)
    assert book.refusal(names) is None


def test_an_order_that_was_not_placed_is_forgotten(connection) -> None:
    book = ledger(connection)
    book.withdraw(book.order(["t0.example.com", "api.t0.example.com"], "t0"))
    assert connection.execute(sqlalchemy.select(schema.certificate_ledger)).all() == []


def test_failed_validations_are_counted_per_name_and_hour(connection) -> None:
    book = ledger(connection)
    for _time in range(3):
        assert book.refusal(["t0.example.com", "*.t0.example.com"]) is None
        order = book.order(["t0.example.com", "*.t0.example.com", "other.example.com"], "t0")
        book.nothing_issued(order, ["t0.example.com"])
    refused = book.refusal(["*.t0.example.com"])
    assert refused is not None and "3 validations of t0.example.com have failed within an hour" in refused.reason
    assert book.refusal(["other.example.com"]) is None, "it was not the one that failed"
    age(connection, 21 / 24 / 60)
    assert book.refusal(["*.t0.example.com"]) is None, "one more every twenty minutes"


def test_runs_at_the_same_time_order_no_more_than_there_is(tmp_path) -> None:
    url, orders = f"sqlite:///{tmp_path}/registry.db", []

    def order(tenant: int) -> None:
        with database.transaction(url) as connection:
            if ledger(connection).refusal([f"t{tenant}.example.com"]) is None:
                orders.append(ledger(connection).order([f"t{tenant}.example.com"], f"t{tenant}"))

    threads = [threading.Thread(target=order, args=(tenant,)) for tenant in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(orders)) == 5
