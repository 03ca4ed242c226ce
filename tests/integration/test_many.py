# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants at once on two benches, beside tenants that are at work.

The runs of this file have a registry of their own. BENCH=many make bench does the same with more tenants.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import lab_parts
import pytest
import races
import traces
import yaml
from registry_rows import registered

from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import runs
from lab.load import load
from lab.parts.gunicorn import SecondGunicorn

ROOT = Path(__file__).parents[2]
RUN = secrets.token_hex(3)
TWO_BENCHES = ["-i", "inventory/lab", "-i", "tests/lab/two-benches.yml"]
RACERS = 20
AT_ONCE = 2
#: Requests a second.
LOAD = 50

FIRST, SECOND = f"first-{RUN}", f"second-{RUN}"
STARTERS = [f"starter{number}-{RUN}" for number in range(4)]
WITH_ERPNEXT = f"erpnext-{RUN}"
FAILS, UNREACHABLE = f"fails-{RUN}", f"away-{RUN}"
PLANS = {"starter": {}, "professional": {"apps": ["erpnext"]}, "broken": {"apps": ["no_such_app"]}}


def admin_of(name):
    return f"ada@{name}.example"


def host_of(name):
    return f"api.{name}.tenants.test"


@pytest.fixture(scope="module")
def two_benches(lab, playbooks, tmp_path_factory):
    """Playbooks on two benches; what they make is taken away at the end, also what only the registry knows."""
    subprocess.run(
        [sys.executable, "-m", "lab", "second-bench"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "lab")},
        check=True,
        capture_output=True,
    )
    folder = tmp_path_factory.mktemp("many")
    runner = replace(playbooks, registry_url=f"sqlite:///{folder}/registry.db", folder=folder)
    yield runner
    removed = runner.run(str(Path(__file__).parent / "retire_all.yml"), *TWO_BENCHES)
    assert removed.code == 0, removed.output


@pytest.fixture(scope="module")
def neighbours(two_benches):
    """A tenant on each bench, from a YAML file."""
    file = two_benches.folder / "neighbours.yml"
    file.write_text(
        yaml.safe_dump({"tenants": [{"tenant": FIRST}, {"tenant": SECOND, "bench": "lab-bench-2", "plan": "starter"}]})
    )
    # The first has no bench: it goes where the second is not.
    made = two_benches.provision(
        *TWO_BENCHES, tenants_file=str(file), admin_email=admin_of(FIRST), plan="professional", tenant_plans=PLANS
    )
    assert made.code == 0, made.output
    return [FIRST, SECOND]


class HalfMade(threading.Thread):
    """Watches how many sites of a bench are being made at once, by the marks in their folders."""

    def __init__(self, *benches):
        super().__init__(daemon=True)
        self.most = dict.fromkeys(benches, 0)
        self._over = threading.Event()

    def run(self):
        while not self._over.wait(0.1):
            for bench in self.most:
                marks = (bench / "sites").glob(f"api.*-{RUN}.tenants.test/frappeops.tenants.json")
                self.most[bench] = max(self.most[bench], sum(self._is_half_made(mark) for mark in marks))

    def end(self):
        self._over.set()
        self.join()

    @staticmethod
    def _is_half_made(mark):
        try:
            return not json.loads(mark.read_text()).get("whole")
        except (OSError, ValueError):
            return False


@pytest.fixture(scope="module")
def many(lab, two_benches, neighbours):
    """One run for seven tenants of a CSV file, one of which fails and one of which can't be reached."""
    rows = [
        *([name, "", "", ""] for name in STARTERS),
        [WITH_ERPNEXT, admin_of(WITH_ERPNEXT), "professional", ""],
        [FAILS, "", "broken", "lab-bench"],
        [UNREACHABLE, "", "", "far-bench"],
    ]
    file = two_benches.folder / "customers.csv"
    lines = ["tenant;admin_email;plan;bench", *(";".join(row) for row in rows)]
    file.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    # It is never the emptiest, so only the tenant that asks for it goes there.
    far = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "frappe_bench_path": "/nowhere"}
    inventory = two_benches.folder / "far.yml"
    inventory.write_text(yaml.safe_dump({"benches": {"hosts": {"far-bench": {**far, "frappe_bench_max_tenants": 1}}}}))
    results = two_benches.folder / "results.json"
    watch = HalfMade(lab.bench, lab.second_bench)
    watch.start()
    with load(lab, [host_of(name) for name in neighbours], rate=LOAD) as seen:
        run = two_benches.provision(
            *TWO_BENCHES,
            "-i",
            str(inventory),
            "--forks",
            "8",
            tenants_file=str(file),
            admin_email="ops@msp.example",
            tenant_plans=PLANS,
            bench_concurrency=AT_ONCE,
            # All that the machine can do goes into the load, so that the tenants' own first answers are late.
            verify_request_timeout=60,
            tenant_result_file=str(results),
        )
    watch.end()
    return run, seen, watch.most, json.loads(results.read_text())["tenants"]


class TestPlacement:
    def test_each_neighbour_is_where_it_was_wanted(self, two_benches, neighbours):
        benches = [registered(two_benches.registry_url, name)["bench"] for name in neighbours]
        assert benches == ["lab-bench", "lab-bench-2"]

    def test_many_are_spread_over_the_benches_that_have_their_apps(self, two_benches, many):
        rows = {name: registered(two_benches.registry_url, name) for name in [*STARTERS, WITH_ERPNEXT]}
        assert {row["state"] for row in rows.values()} == {"active"}, many[0].output
        assert rows[WITH_ERPNEXT]["bench"] == "lab-bench"
        benches = [row["bench"] for row in rows.values()]
        assert benches.count("lab-bench") in (2, 3)
        assert benches.count("lab-bench") + benches.count("lab-bench-2") == 5

    def test_a_full_bench_refuses_and_says_what_it_lacks(self, lab, two_benches, neighbours):
        name = f"full-{RUN}"
        refused = two_benches.provision(
            *TWO_BENCHES,
            tenant=name,
            admin_email=admin_of(name),
            bench="lab-bench-2",
            tenant_plans=PLANS,
            frappe_bench_capacity={"sites": 100, "tables": 1000},
        )
        assert refused.code != 0
        assert re.search(
            r"No bench has room: lab-bench-2 lacks tables \(\d+ of 1000 left, 700 needed\)", refused.output
        ), refused.output
        assert traces.of_tenant(lab, name) == {}


class TestManyAtOnce:
    def test_failures_of_some_do_not_stop_the_others_and_the_exit_code_tells(self, many):
        run, _seen, _most, _results = many
        assert run.code == 2, run.output
        assert "7 tenants: 5 live, 2 failed." in run.output

    def test_the_table_tells_of_each_where_it_failed_and_what_to_do(self, many):
        run, _seen, _most, _results = many
        for name in [*STARTERS, WITH_ERPNEXT]:
            assert re.search(rf"^{name} +live +active +- +-$", run.output, re.MULTILINE)
        # Of the one whose bench is away nothing was made yet, so there is nothing that the next run could go on with.
        for name in (FAILS, UNREACHABLE):
            assert re.search(
                rf"^{name} +failed +failed +preflight +run the same command again", run.output, re.MULTILINE
            )

    def test_the_result_file_tells_the_same(self, many):
        _run, _seen, _most, results = many
        told = {name: result["result"] for name, result in results.items()}
        live = dict.fromkeys([*STARTERS, WITH_ERPNEXT], "live")
        assert told == {**live, FAILS: "failed", UNREACHABLE: "failed"}
        assert results[UNREACHABLE]["failure"]["step"] == "preflight"

    def test_nothing_is_left_of_the_one_that_failed(self, lab, many):
        assert traces.of_tenant(lab, FAILS) == {}

    def test_no_more_sites_were_made_at_once_than_the_bench_allows(self, many):
        _run, _seen, most, _results = many
        assert all(1 <= count <= AT_ONCE for count in most.values()), most

    def test_the_neighbours_felt_nothing(self, many):
        _run, seen, _most, _results = many
        assert seen.failures == []
        assert seen.was_there, seen


class TestOneName:
    def test_of_many_runs_at_once_one_makes_the_tenant_and_the_others_end_clearly(self, lab, two_benches, tmp_path):
        name = f"race-{RUN}"
        outcomes = races.race(two_benches, tmp_path, RACERS, tenant=name, admin_email=admin_of(name))
        races.assert_one_won(outcomes, name)
        assert registered(two_benches.registry_url, name)["state"] == "active"
        assert len(traces.of_tenant(lab, name)["databases"]) == 1
        assert self.events(two_benches.registry_url, name).count("provisioning begun") == 1

    @staticmethod
    def events(registry_url, name):
        connection = sqlite3.connect(registry_url.removeprefix("sqlite:///"))
        found = [row[0] for row in connection.execute("SELECT event FROM events WHERE tenant = ?", [name])]
        connection.close()
        return found


class TestHeldName:
    """A run that works on a name, as the registry sees it: the process that started this one."""

    HOLDER = runs.current()

    @pytest.fixture
    def held(self, two_benches, neighbours):
        values = [FIRST, self.HOLDER.name, self.HOLDER.controller, self.HOLDER.pid, self.HOLDER.pid_started]
        self.write(
            two_benches,
            "INSERT INTO leases VALUES (?, ?, ?, ?, ?, '2026-01-02T03:04:05.678+00:00', '9999-01-01T00:00:00.000+00:00')",
            values,
        )
        yield
        self.release(two_benches)

    @staticmethod
    def write(two_benches, statement, values):
        connection = sqlite3.connect(two_benches.registry_url.removeprefix("sqlite:///"), timeout=60)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def release(self, two_benches):
        self.write(two_benches, "DELETE FROM leases WHERE tenant = ?", [FIRST])

    def provision(self, two_benches, **variables):
        return two_benches.provision(
            *TWO_BENCHES, tenant=FIRST, admin_email=admin_of(FIRST), tenant_plans=PLANS, **variables
        )

    def test_it_is_refused_with_who_and_since_when(self, two_benches, held):
        refused = self.provision(two_benches)
        text = " ".join(refused.output.split())
        assert refused.code == 2
        assert (
            f"worked on by process {self.HOLDER.pid} on {self.HOLDER.controller} since 2026-01-02T03:04:05.678" in text
        )
        assert f"{FIRST} refused active - run the same command again when that is over" in text

    def test_it_is_waited_for_when_that_is_asked_for(self, two_benches, held):
        timer = threading.Timer(8, self.release, [two_benches])
        timer.start()
        waited = self.provision(two_benches, tenant_wait=300)
        timer.join()
        assert waited.code == 0, waited.output
        assert "Waiting for it, at most" in waited.output
        assert waited.count("changed") == 0, waited.output


class TestBackendAway:
    """The sixth of the ailments, where a bench is shared by nobody else."""

    def test_tenants_of_that_bench_are_ill_and_the_others_well(self, lab, two_benches, neighbours):
        with lab_parts.stopped(lab, SecondGunicorn):
            ill = two_benches.run("doctor.yml", *TWO_BENCHES, tenant=SECOND)
            well = two_benches.run("doctor.yml", *TWO_BENCHES, tenant=FIRST)
        assert ill.code != 0
        for part in (
            "6 the backend does not answer",
            f"web at 127.0.0.1:{lab.ports['second_gunicorn']} does not answer: Connection refused",
            f"{host_of(SECOND)}:{lab.ports['https']} answers 502",
        ):
            assert part in ill.output, ill.output
        assert well.code == 0, well.output
        again = two_benches.run("doctor.yml", *TWO_BENCHES, tenant=SECOND)
        assert again.code == 0, again.output


class TestConflicts:
    def test_all_are_told_before_anything_is_made(self, lab, two_benches, neighbours):
        fresh = f"fresh-{RUN}"
        file = two_benches.folder / "bad.csv"
        file.write_text(
            "tenant,admin_email,plan,bench\n"
            f"{fresh},{admin_of(fresh)},,\n"
            f"{FIRST},eve@evil.example,,\n"
            f"{SECOND},{admin_of(FIRST)},,lab-bench\n"
            f"{fresh},{admin_of(fresh)},gold,\n"
            f"x-{fresh},{admin_of(fresh)},professional,lab-bench-2\n"
        )
        refused = two_benches.provision(*TWO_BENCHES, tenants_file=str(file), tenant_plans=PLANS)
        assert refused.code != 0
        for line in (
            f"5 problems in {file}; nothing was made.",
            f"  line 3: {FIRST} already exists (active, admin_email {admin_of(FIRST)}, not eve@evil.example)",
            f"  line 4: {SECOND} lives on the bench lab-bench-2 and is not moved to lab-bench.",
            f"  line 5: tenant: '{fresh}' is refused: it is named more than once, first in line 2.",
            f"  line 5: plan: 'gold' is refused for {fresh}: there is no such plan.",
            f"  line 6: x-{fresh} on plan professional is refused: No bench has the apps erpnext: lab-bench-2 lacks erpnext.",
        ):
            assert f"\n{line}" in refused.output or f": {line}" in refused.output, refused.output
        assert "Make each tenant live" not in refused.output
        assert traces.of_tenant(lab, fresh) == {}
