# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that end in the other ways in which no rescue runs: by signals, by a launcher's cancel, by a bench that goes away.

Each kind cuts two tenants. Then one command takes back the first of each, and the playbook heal makes the second of
each live, at first while the bench is still away. The tests look at what came of it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sqlite3
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import ansible_runner
import far_bench
import lab_parts
import neighbours
import pytest
import traces
from registry_rows import registered
from stopped_runs import orders

from lab.settings import Settings

ROOT = Path(__file__).parents[2]
KINDS = ("term", "int", "cancel", "away")
#: What a failed run of these tests left in the lab is not in the way of the next one. Names differ in their first 16
#: characters, all that the names of their databases keep for sure.
PREFIX = f"cut-{secrets.token_hex(2)}"


def back(kind: str) -> str:
    return f"{PREFIX}-b-{kind}"


def live(kind: str) -> str:
    return f"{PREFIX}-l-{kind}"


@dataclass
class Story:
    """What every run of this file ended with."""

    cuts: dict[str, object] = field(default_factory=dict)
    unfinished: dict[str, list[str]] = field(default_factory=dict)
    taken_back: object = None
    healed_without_bench: object = None
    healed: object = None
    healed_again: object = None
    converged: object = None


@pytest.fixture(scope="module")
def story(playbooks, lab, tmp_path_factory):
    told = Story()
    folder = tmp_path_factory.mktemp("cut-off")
    with ExitStack() as stack:
        canaries = stack.enter_context(neighbours.living(playbooks, lab))
        for kind, step in (("term", "certificate"), ("int", "proxy")):
            cut = {"CUT_STEP": f"frappeops.tenants.{step} {live(kind)}", "CUT_SIGNAL": kind.upper()}
            told.cuts[kind] = playbooks.provision(tenants=orders(live(kind), back(kind)), environment=cut)
        told.cuts["cancel"] = cancelled(playbooks, folder)
        bench = far_bench.FarBench(folder / "ssh")
        told.cuts["away"] = lose_bench(playbooks, bench, folder)
        told.unfinished = {
            kind: [name for name in (live(kind), back(kind)) if is_unfinished(playbooks, name)] for kind in KINDS
        }
        told.taken_back = playbooks.provision(tenants=orders(*map(back, KINDS)), tenant_on_resume="rollback")
        # The server is gone for good: the bench can't be reached this way.
        away = ("-i", str(ROOT / "inventory" / "lab"), "-i", str(bench.inventory))
        told.healed_without_bench = (
            playbooks.run("heal.yml", *away, tenant_result_file=str(folder / "healed.json")),
            json.loads((folder / "healed.json").read_text())["tenants"],
        )
        told.healed = playbooks.run("heal.yml")
        told.healed_again = playbooks.run("heal.yml")
        told.converged = playbooks.provision(tenants=orders(*map(live, KINDS)))
        yield told
        canaries.assert_untouched()
    for kind in KINDS:
        playbooks.deprovision(live(kind))


def cancelled(playbooks, folder: Path):
    """A run that a launcher starts by ansible-runner and cancels in the middle."""
    name = live("cancel")
    (folder / "runner").mkdir()
    with lab_parts.beside_others(playbooks.lab):
        return ansible_runner.run(
            private_data_dir=str(folder / "runner"),
            project_dir=str(ROOT),
            playbook="provision.yml",
            inventory=str(ROOT / "inventory" / "lab"),
            extravars={"tenants": orders(name, back("cancel")), "tenant_registry_url": playbooks.registry_url},
            envvars={"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PATH": f"{playbooks.programs}:{os.environ['PATH']}"},
            cancel_callback=lambda: has_begun(playbooks, name, "frappeops.tenants.seed"),
            quiet=True,
        )


def lose_bench(playbooks, bench: far_bench.FarBench, folder: Path):
    """A run whose bench loses its power while it makes a site there."""
    bench.start()
    site = f"api.{live('away')}.tenants.test"

    def watch() -> None:
        while not any("new-site" in command and site in command for command in commands()):
            time.sleep(0.05)
        bench.lose_power()

    threading.Thread(target=watch, daemon=True).start()
    return playbooks.provision(
        *("-i", str(ROOT / "inventory" / "lab"), "-i", str(bench.inventory)),
        tenants=orders(live("away"), back("away")),
        tenant_result_file=str(folder / "away.json"),
        site_concurrency=2,
        # The bench command is what is watched for.
        site_source="cold",
    ), json.loads((folder / "away.json").read_text())["tenants"]


def commands() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def has_begun(playbooks, name: str, step: str) -> bool:
    return bool(asked(playbooks, "step = ? AND tenant = ?", step, name))


def is_unfinished(playbooks, name: str) -> bool:
    return bool(asked(playbooks, "provisionings.state IN ('running', 'undoing') AND tenant = ?", name))


def asked(playbooks, where: str, *values: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(playbooks.registry_url.removeprefix("sqlite:///"), timeout=30)
    query = f"SELECT step FROM steps JOIN provisionings ON provisioning = provisionings.id WHERE {where}"
    found = connection.execute(query, values).fetchall()
    connection.close()
    return found


def test_each_run_ended_as_it_was_cut(story):
    assert story.cuts["term"].code == -signal.SIGTERM
    assert story.cuts["int"].code not in (0, -signal.SIGKILL)
    assert story.cuts["cancel"].status == "canceled"
    assert story.cuts["away"][0].code != 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_cut_off_waits_for_the_next_run(story, kind):
    assert story.unfinished[kind] == [live(kind), back(kind)]


def test_a_bench_that_goes_away_is_told_in_summary_and_result_file(story):
    outcome, results = story.cuts["away"]
    assert f"{live('away')} was cut off in step site: lab-bench can't be reached" in outcome.output
    assert "run the same command again to go on" in outcome.output
    assert results[live("away")]["result"] == "unfinished"
    assert results[live("away")]["failure"]["lost_host"] == "lab-bench"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_what_was_taken_back(story, playbooks, lab: Settings, kind):
    assert story.taken_back.code == 0, story.taken_back.output
    name = back(kind)
    assert f"{name} is taken back, and nothing of it is left" in story.taken_back.output
    assert traces.of_tenant(lab, name) == {}
    assert traces.in_registry(playbooks.registry_url, name) == {}
    assert traces.temporary_files(lab, traces.owners(playbooks.registry_url, name)) == []


def test_heal_tells_what_it_can_not_finish_while_the_bench_is_away(story):
    """No tenant becomes active that was not seen to work, from inside its bench too."""
    outcome, results = story.healed_without_bench
    told = " ".join(outcome.output.split())
    assert outcome.code != 0
    for kind in KINDS:
        assert f"{live(kind)} cut off in" in told
        assert f"{live(kind)} is active" not in told
    assert f"{live('away')} cut off in site not resumed" in told
    assert "lab-bench can't be reached" in told
    # As of every command for several tenants.
    assert {results[live(kind)]["result"] for kind in ("int", "away")} == {"unfinished"}
    assert f"{live('away')} unfinished provisioning site" in told


@pytest.mark.parametrize("kind", KINDS)
def test_heal_makes_live_what_was_cut_off(story, playbooks, kind):
    assert story.healed.code == 0, story.healed.output
    assert registered(playbooks.registry_url, live(kind))["state"] == "active"
    assert "leases" not in traces.in_registry(playbooks.registry_url, live(kind))


def test_then_there_is_nothing_to_heal_and_nothing_to_change(story):
    assert (story.healed_again.code, story.healed_again.count("changed")) == (0, 0)
    assert "Nothing is unfinished." in story.healed_again.output
    assert (story.converged.code, story.converged.count("changed")) == (0, 0), story.converged.output
