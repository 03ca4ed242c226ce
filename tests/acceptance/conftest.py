# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the contract tests. LAB_BENCH and LAB_BENCH_DB_* choose the bench; see benchkit.py.

A creation takes a second on the stand-in and a quarter of a minute on a real bench, so the tests share two sites: `site`
(frappe only; a test leaves it as it found it) and `erpnext_site`. What destroys a site makes its own with `new_site`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from benchkit import Bench, BenchMissing, Site, Web, find_bench  # noqa: E402 - it lies beside this file


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than a quarter of a minute on a real bench")


def pytest_report_header() -> str:
    try:
        bench = find_bench()
    except BenchMissing as reason:
        return f"acceptance: no bench, all tests are skipped: {reason}"
    kind = "the stand-in for frappe" if bench.is_stand_in else "a real frappe"
    return f"acceptance: bench {bench.path}, {kind}, version {bench.version}"


@pytest.fixture(scope="session")
def bench() -> Bench:
    try:
        return find_bench()
    except BenchMissing as reason:
        pytest.skip(str(reason))


@pytest.fixture
def new_site(bench: Bench) -> Iterator[Callable[[], Site]]:
    """Names for sites; whatever is made under them is removed after the test."""
    named: list[Site] = []

    def name() -> Site:
        named.append(bench.new_name())
        return named[-1]

    yield name
    for site in named:
        site.remove()


@pytest.fixture(scope="session")
def site(bench: Bench) -> Iterator[Site]:
    """A site with frappe alone, with the language and time zone without which System Settings cannot be saved."""
    made = bench.new_name()
    try:
        done = made.create()
        assert done.returncode == 0, done.stdout + done.stderr
        made.python(
            "frappe.db.set_single_value('System Settings', 'language', 'en')\n"
            "frappe.db.set_single_value('System Settings', 'time_zone', 'Etc/UTC')"
        )
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
def web(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    server = Web(bench, tmp_path_factory.mktemp("web") / "gunicorn.log")
    server.start()
    yield server
    server.stop()
