# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People see how long a tenant has taken, and that a long task is still at work."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from ansible_collections.frappeops.tenants.plugins.callback import progress


class Host:
    def __init__(self, name):
        self._name = name

    def get_name(self):
        return self._name


def task(name, action="frappeops.tenants.frappe_site", step="site"):
    role = SimpleNamespace(get_name=lambda: f"frappeops.tenants.{step}")
    return SimpleNamespace(name=name, action=action, when=[], loop=None, _role=role, _uuid=name)


def result(host, of, **data):
    return SimpleNamespace(result=data, task=of, host=Host(host))


@pytest.fixture
def clock(monkeypatch):
    """The time, as the test sets it."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: now.seconds)
    return now


@pytest.fixture
def printed():
    return []


@pytest.fixture
def callback(clock, printed, monkeypatch):
    callback = progress.CallbackModule()
    display = SimpleNamespace(verbosity=0, display=lambda text, color=None: printed.append(text[9:]))
    monkeypatch.setattr(callback, "_display", display)
    monkeypatch.setattr(callback, "_show_warnings", lambda result: None)
    return callback


def test_each_line_tells_the_time_since_its_tenant_began(callback, clock, printed):
    make = task("Make the site")
    clock.seconds += 600
    callback.v2_runner_on_start(Host("acme"), make)
    clock.seconds += 67
    callback.v2_runner_on_ok(result("acme", make, changed=True))
    callback.v2_runner_on_start(Host("globex"), make)
    assert printed == [
        "  0:00  acme          site          Make the site",
        "  1:07  acme          site          Make the site: changed (67.0 s)",
        "  0:00  globex        site          Make the site",
    ]


def test_what_takes_long_is_named_until_it_ends(callback, clock):
    make = task("Make the site")
    callback.v2_runner_on_start(Host("acme"), make)
    callback.v2_runner_on_start(Host("umbrella"), task("Run the steps", action="ansible.builtin.include_role"))
    clock.seconds += 29
    callback.v2_runner_on_start(Host("globex"), make)
    assert callback._still_at_work(clock.seconds) == ""
    clock.seconds += 61
    assert (
        callback._still_at_work(clock.seconds) == "acme, site Make the site (1:30); globex, site Make the site (1:01)"
    )
    callback.v2_runner_on_failed(result("acme", make, msg="no"))
    callback.v2_runner_on_skipped(result("globex", make))
    assert callback._still_at_work(clock.seconds) == ""


def test_of_many_the_first_are_named(callback, clock):
    for number in range(11):
        callback.v2_runner_on_start(Host(f"t{number:02}"), task("Make the site"))
    clock.seconds += 45
    named = callback._still_at_work(clock.seconds)
    assert named.startswith("t00, ")
    assert named.endswith("t07, site Make the site (0:45); and 3 more")


def test_the_line_comes_by_itself_and_ends_with_the_run(callback, printed, monkeypatch):
    monkeypatch.setattr(progress, "_BEAT", 0.01)
    monkeypatch.setattr(progress.DefaultCallback, "v2_playbook_on_stats", lambda self, stats: None)
    monkeypatch.setattr(progress.time, "monotonic", time.perf_counter)
    callback.v2_playbook_on_play_start(SimpleNamespace(get_name=lambda: "Make each tenant live"))
    callback.v2_runner_on_start(Host("acme"), task("Make the site"))
    deadline = time.perf_counter() + 10
    while not any("still at work: acme" in line for line in printed) and time.perf_counter() < deadline:
        time.sleep(0.01)
    callback.v2_playbook_on_stats(SimpleNamespace(processed={}))
    assert callback._beating.is_set()
    assert any("still at work: acme, site Make the site" in line for line in printed)
