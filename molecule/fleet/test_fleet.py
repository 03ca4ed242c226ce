# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two bench hosts behind an edge of their own, reached over ssh, one of which goes away in the middle.

converge.yml has made the tenants first, on bench1 for its apps, and second, on bench2 as was wanted.
"""

from __future__ import annotations

import json
import re

import pytest
from kit import ADMIN, Outcome, Scenario, wait_until

MANY = [f"many{number}" for number in range(4)]
LOST = "lost"


def benches_of(scenario: Scenario) -> dict[str, str]:
    """The bench of each tenant that there is, as the registry tells it."""
    file = scenario.state / "tenants.json"
    told = scenario.play("tenants.yml", tenants_file_out=str(file))
    assert told.code == 0, told.output
    return {one["name"]: one["bench"] for one in json.loads(file.read_text())}


def test_the_edge_is_another_machine_than_the_benches(scenario: Scenario) -> None:
    assert scenario.container("edge1") not in (scenario.container("bench1"), scenario.container("bench2"))
    assert scenario.pings("first")
    assert scenario.pings("second")
    health = scenario.play("health.yml")
    assert health.code == 0, health.output


class TestManyAtOnce:
    @pytest.fixture(scope="class")
    def run(self, scenario: Scenario, tmp_path_factory) -> Outcome:
        file = tmp_path_factory.mktemp("many") / "customers.csv"
        rows = [f"{name},{ADMIN},starter" for name in MANY] + [f"huge,{ADMIN},professional"]
        file.write_text("tenant,admin_email,plan\n" + "\n".join(rows) + "\n")
        return scenario.play("provision.yml", "--forks", "5", tenants_file=str(file))

    def test_all_are_live(self, scenario: Scenario, run: Outcome) -> None:
        assert run.code == 0, run.output
        assert [name for name in [*MANY, "huge"] if not scenario.pings(name)] == []

    def test_they_are_placed_by_apps_and_room(self, scenario: Scenario, run: Outcome) -> None:
        benches = benches_of(scenario)
        assert benches["first"] == benches["huge"] == "bench1"
        assert benches["second"] == "bench2"
        assert {benches[name] for name in MANY} == {"bench1", "bench2"}


class TestBenchThatGoesAway:
    """Its network is cut while a site is made on it, and comes back."""

    @pytest.fixture(scope="class")
    def cut(self, scenario: Scenario):
        running = scenario.start(
            "provision.yml",
            tenants=[
                {"tenant": LOST, "admin_email": ADMIN, "bench": "bench2"},
                {"tenant": "kept", "admin_email": ADMIN, "bench": "bench1"},
            ],
            site_source="cold",
        )
        sites = "/home/frappe/frappe-bench/sites"
        wait_until(
            lambda: scenario.on("bench2", "ls", "-A", sites).count(f"api.{LOST}."), "the site is being made", 240
        )
        # Both ways, at once, as a pulled cable: no connection is ended in order.
        for chain in ("INPUT", "OUTPUT"):
            scenario.on("bench2", "iptables", "-I", chain, "-i" if chain == "INPUT" else "-o", "eth0", "-j", "DROP")
        output, _nothing = running.communicate(timeout=600)
        return Outcome(running.returncode, output)

    def test_the_run_tells_what_was_cut_off_and_the_other_is_live(self, scenario: Scenario, cut: Outcome) -> None:
        assert cut.code != 0
        assert f"{LOST} was cut off in step site" in cut.told, cut.output
        assert "bench2 can't be reached" in cut.told
        assert scenario.pings("kept")
        assert scenario.pings("first")

    def test_while_it_is_away_nothing_is_lost(self, scenario: Scenario, cut: Outcome) -> None:
        audit = scenario.play("audit.yml", "--limit", "localhost,bench1,edge1")
        assert LOST in benches_of(scenario), audit.output

    def test_when_it_is_back_the_same_command_goes_on(self, scenario: Scenario, cut: Outcome) -> None:
        for chain in ("INPUT", "OUTPUT"):
            scenario.on("bench2", "iptables", "-F", chain)
        again = scenario.provision(LOST, bench="bench2", site_source="cold")
        assert again.code == 0, again.output
        assert scenario.pings(LOST)
        databases = scenario.on("bench2", "mariadb", "-N", "-e", "SHOW DATABASES")
        assert len(re.findall(rf"^tenant_{LOST}_\w+$", databases, re.MULTILINE)) == 1

    def test_nothing_stands_twice_or_half_made(self, scenario: Scenario, cut: Outcome) -> None:
        audit = scenario.play("audit.yml")
        assert audit.code == 0, audit.output
