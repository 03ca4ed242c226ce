# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed at every write to the registry, before it and after it.

Two ways make the points cheap. In a chain each run takes over from the one before, and is killed at its own next write: so
a chain of runs passes every write of the flow, and each of its links has gone on from another point. And one run cuts
many tenants, each at a point of its own, and the next one takes all of them back. Two tenants live beside all of it and
may not feel a thing. People sign in through a site of ours, so that each tenant has a client there as well.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import lab_sites
import neighbours
import pytest
import traces
import yaml
from sqlalchemy import func, select
from stopped_runs import KILLED, cut, orders, writes_of

from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import database, schema
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import DONE, UNDONE

WHOLE = {"site folders", "databases", "database users", "DNS records", "lineages", "nginx files", "OAuth clients"}
#: More links than the flow has writes: a chain that gets no further must end too.
LONGEST_CHAIN = 80
ROOT = Path(__file__).parents[2]
STEPS = yaml.safe_load((ROOT / "roles/tenant/defaults/main.yml").read_text())["tenant_steps"]
#: What a failed run of these tests left in the lab is not in the way of the next one.
PREFIX = f"x{secrets.token_hex(2)}"
#: The whole flow is cut at so many points at least.
POINTS = 40
AUTH = f"auth-{secrets.token_hex(3)}"
#: What every run here is told.
TOLD = lab_sites.signing_in_through(AUTH)


@pytest.fixture(scope="module")
def canaries(playbooks, lab):
    with neighbours.living(playbooks, lab) as living:
        yield living


@pytest.fixture(scope="module", autouse=True)
def auth(lab):
    with lab_sites.site_with(lab, AUTH):
        yield


@dataclass(frozen=True)
class Point:
    """A place in the flow at which a tenant is cut: the number of the write, its task, and the moment."""

    number: int
    task: str
    moment: str

    def tenant(self, prefix: str) -> str:
        return f"{prefix}-{self.moment[0]}{self.number:02}"

    def __str__(self) -> str:
        return f"{self.moment} {self.task}"


@pytest.fixture(scope="module")
def points(playbooks):
    """Every write of the flow, before it and after it, as a run that comes through meets them."""
    name = f"{PREFIX}-whole"
    tasks = writes_of(playbooks, name, **TOLD)
    playbooks.deprovision(name)
    return [Point(number, task, moment) for number, task in enumerate(tasks, 1) for moment in ("before", "after")]


class Cutter:
    """Runs the same command again and again, each time killed a little later than the last time.

    :param moment: when it is killed, before or after the write.
    :param progress: the state that steps come into, one by one, as the chain gets on.
    """

    def __init__(self, playbooks, tenant: str, moment: str, progress: str) -> None:
        self._playbooks = playbooks
        self._tenant = tenant
        self._moment = moment
        self._progress = progress
        self.cuts = 0

    def chain(self, **variables):
        """Cut run after run until one comes through, or was killed when all was taken back; returns that one.

        A run goes on at the first step that the last one left, so the write to be cut is counted from there.
        """
        write, finished = 1, 0
        for _attempt in range(LONGEST_CHAIN):
            # A tenant that is complete is only looked at by further runs.
            cut = {} if self._is(DONE) else {"CUT_AT": f"{write} {self._moment}"}
            outcome = self.run(cut, **variables)
            self.cuts += outcome.code == KILLED
            # One that is taken back would be made anew.
            if outcome.code != KILLED or self._is(UNDONE):
                return outcome
            finished, before = self._finished_steps(), finished
            # The first write of each run opens the journal, and the second was cut when the run before came to it.
            write = 3 if finished != before else write + 1
        raise AssertionError(f"{self.cuts} runs and no end:\n{outcome.output}")

    def run(self, environment, **variables):
        return self._playbooks.provision(
            tenant=self._tenant, admin_email="ada@acme.example", environment=environment, **TOLD, **variables
        )

    def _is(self, state: str) -> bool:
        """Whether a provisioning of the tenant has come to this state."""
        table = schema.provisionings
        query = select(table.c.state).where(table.c.tenant == self._tenant)
        with database.transaction(self._playbooks.registry_url) as connection:
            return state in connection.execute(query).scalars()

    def _finished_steps(self) -> int:
        steps, provisionings = schema.steps, schema.provisionings
        query = (
            select(func.count())
            .select_from(steps.join(provisionings))
            .where(provisionings.c.tenant == self._tenant, steps.c.state == self._progress)
        )
        with database.transaction(self._playbooks.registry_url) as connection:
            return connection.execute(query).scalar_one()


def test_the_whole_flow_is_cut(points):
    assert len(points) >= POINTS
    assert sum(" : Begin " in point.task for point in points) == 2 * len(STEPS)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_at_every_write_ends_with_a_live_tenant(playbooks, lab, tenant, moment, canaries, points):
    cutter = Cutter(playbooks, tenant, moment, progress=DONE)
    ended = cutter.chain()
    assert ended.code == 0, ended.output
    assert f"{tenant} is active" in ended.output
    # A mail is claimed by one run only: whoever resumes meets the writes around it no more. And a task that writes once for
    # each of its items is one write here: the run is killed before the first item or after the last.
    own = {point.task for point in points if ".notify : " not in point.task}
    assert cutter.cuts >= len(own), "a write was passed over"
    assert set(traces.of_tenant(lab, tenant)) == WHOLE
    again = playbooks.provision(tenant=tenant, admin_email="ada@acme.example", **TOLD)
    assert again.count("changed") == 0, again.output
    assert "leases" not in traces.in_registry(playbooks.registry_url, tenant)


def test_a_tenant_cut_at_any_point_is_taken_back_by_the_next_run(playbooks, lab, points, canaries):
    # Before the first write there is nothing yet, and after the last one a live tenant, which nothing takes back.
    tenants = {point.tenant(PREFIX): point for point in points[1:-1]}
    assert len(tenants) >= POINTS
    cut(playbooks, {name: (point.number, point.moment) for name, point in tenants.items()}, **TOLD)
    taken_back = playbooks.provision(tenants=orders(*tenants), **TOLD, tenant_on_resume="rollback")
    assert taken_back.code == 0, taken_back.output
    for name, point in tenants.items():
        assert f"{name} is taken back, and nothing of it is left" in taken_back.output, point
        assert traces.of_tenant(lab, name) == {}, point
        assert traces.in_registry(playbooks.registry_url, name) == {}, point
        assert traces.temporary_files(lab, traces.owners(playbooks.registry_url, name)) == [], point


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_rollback_killed_at_every_write_leaves_nothing(playbooks, lab, tenant, moment, canaries):
    cutter = Cutter(playbooks, tenant, moment, progress=UNDONE)
    killed = cutter.run({"CUT_STEP": "frappeops.tenants.verify"})
    assert killed.code == KILLED, killed.output
    assert set(traces.of_tenant(lab, tenant)) == WHOLE
    ended = cutter.chain(tenant_on_resume="rollback")
    if moment == "before":
        assert ended.code == 0, ended.output
        assert f"{tenant} is taken back, and nothing of it is left" in ended.output
    # The journal is opened, told why, and closed; and each step up to verify, which had begun, is noted as undone.
    assert cutter.cuts >= 3 + STEPS.index("frappeops.tenants.verify") + 1
    assert traces.of_tenant(lab, tenant) == {}
    assert traces.in_registry(playbooks.registry_url, tenant) == {}
    assert traces.temporary_files(lab, traces.owners(playbooks.registry_url, tenant)) == []


def test_another_customer_neither_resumes_nor_undoes_what_was_cut_off(playbooks, lab, tenant):
    mine = Cutter(playbooks, tenant, "after", progress=DONE)
    killed = mine.run({"CUT_STEP": "frappeops.tenants.certificate"})
    assert killed.code == KILLED, killed.output
    before = traces.of_tenant(lab, tenant)
    for on_resume in ("resume", "rollback"):
        theirs = playbooks.provision(tenant=tenant, admin_email="eve@evil.example", **TOLD, tenant_on_resume=on_resume)
        assert theirs.code != 0
        assert (
            f"{tenant} already exists (provisioning, admin_email ada@acme.example, not eve@evil.example)"
            in " ".join(theirs.output.split())
        )
        assert traces.of_tenant(lab, tenant) == before
    resumed = mine.run({})
    assert resumed.code == 0, resumed.output


def test_the_neighbours_felt_nothing(canaries):
    canaries.assert_untouched()
