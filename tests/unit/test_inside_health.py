# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the program inside a bench finds out, whatever goes wrong around it; without Frappe, of which the tests play the part."""

from __future__ import annotations

import fcntl
import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import inside_health, inside_queue

SITES = ["api.acme.test", "api.eve.test"]


class Job:
    """A job whose status is known, or can't be asked for."""

    def __init__(self, status):
        self.status = status
        self.deleted = False

    def get_status(self):
        if isinstance(self.status, Exception):
            raise self.status
        return self.status

    def delete(self):
        self.deleted = True


@pytest.fixture
def bench(monkeypatch):
    """A bench all of whose sites are well; what is set on it is different."""
    told = SimpleNamespace(workers={"short": ["idle"]}, status="finished", url=lambda: "https://x.test", queued=[])

    @contextmanager
    def in_site(site):
        def enqueue(*_arguments, **_named):
            told.queued.append(Job(told.status))
            return told.queued[-1]

        yield SimpleNamespace(utils=SimpleNamespace(get_url=told.url), enqueue=enqueue)

    monkeypatch.setattr(inside_health, "in_site", in_site)
    monkeypatch.setattr(inside_health, "_workers", lambda: told.workers)
    monkeypatch.setattr(inside_health, "_scheduler", lambda _frappe: "")
    monkeypatch.setattr(inside_health, "_sign_in", lambda _frappe: [])
    monkeypatch.setattr(inside_health, "_schedule", lambda: "")
    return told


def test_a_queue_that_dies_hides_nothing_but_the_jobs(bench):
    bench.status = ConnectionError("Connection refused")
    seen = inside_health.examine(SITES, 1)["sites"]
    for site in SITES:
        assert seen[site]["job"] == {"unjudged": "ConnectionError: Connection refused"}
        assert (seen[site]["scheduler"], seen[site]["url"]) == ("", "https://x.test")


def test_one_answer_that_can_not_be_had_hides_no_other(bench):
    bench.url = lambda: 1 / 0
    site = next(iter(inside_health.examine(SITES, 1)["sites"].values()))
    assert site == {
        "scheduler": "",
        "sign_in": [],
        "job": "finished",
        "url": {"unjudged": "ZeroDivisionError: division by zero"},
    }


def test_a_job_that_nobody_runs_is_told_and_taken_back(bench):
    bench.status = "queued"
    assert inside_health.examine(SITES[:1], 0)["sites"][SITES[0]]["job"] == "queued"
    assert bench.queued[0].deleted


def test_no_job_is_left_where_nobody_takes_it(bench):
    bench.workers = {"short": []}
    assert inside_health.examine(SITES, 1)["sites"][SITES[0]]["job"] == ""
    assert bench.queued == []


def test_a_site_that_can_not_be_opened_hides_no_other(bench, monkeypatch):
    well = inside_health.in_site

    def in_site(site):
        if site == SITES[0]:
            raise OSError("no such site")
        return well(site)

    monkeypatch.setattr(inside_health, "in_site", in_site)
    seen = inside_health.examine(SITES, 1)["sites"]
    assert (seen[SITES[0]], seen[SITES[1]]["job"]) == ({"error": "OSError: no such site"}, "finished")


def test_the_process_that_starts_scheduled_jobs_is_known_by_its_lock(tmp_path, monkeypatch):
    for folder in ("sites", "config"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "sites")
    lock = tmp_path / "config" / "scheduler_process"
    assert inside_health._schedule() == f"nothing has ever held {lock}"
    with lock.open("w") as held:
        assert inside_health._schedule() == f"nobody holds {lock}"
        fcntl.flock(held, fcntl.LOCK_EX)
        assert inside_health._schedule() == ""


def test_only_live_workers_of_this_bench_count(monkeypatch):
    """A worker that died without a word is in the set until its key has ended."""
    jobs = ModuleType("frappe.utils.background_jobs")
    jobs.generate_qname = lambda queue: f"home-frappe-bench:{queue}"
    for name in ("frappe", "frappe.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "frappe.utils.background_jobs", jobs)
    known = {
        b"rq:worker:1": [b"home-frappe-bench:short,home-frappe-bench:default", b"busy"],
        b"rq:worker:2": [b"home-frappe-other:short,home-frappe-other:long", b"idle"],
        b"rq:worker:3": [None, None],
        b"rq:worker:4": [b"home-frappe-bench:short", None],
    }
    redis = SimpleNamespace(smembers=lambda _name: known, hmget=lambda key, *_fields: known[key])
    assert inside_queue.hearers(redis) == {"short": ["busy", ""], "default": ["busy"], "long": []}
