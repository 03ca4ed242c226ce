# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed at every write to the registry, before it and after it.

A chain makes the points cheap: each run takes over from the one before, and is killed at its own next write. So a
chain of runs passes every write of the flow, and each of its links has resumed from another point.
"""

from __future__ import annotations

import signal

import pytest
import traces
from sqlalchemy import func, select

from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import database, schema
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import DONE, UNDONE

WHOLE = {"site folders", "databases", "database users", "DNS records", "lineages", "nginx files"}
KILLED = -signal.SIGKILL
#: More links than the flow has writes: a chain that gets no further must end too.
LONGEST_CHAIN = 80


class Cutter:
    """Runs the same command again and again, each time killed a little later than the last time.

    :param progress: the state that steps come into, one by one, as the chain gets on.
    """

    def __init__(self, playbooks, tenant: str, moment: str, progress: str) -> None:
        self._playbooks = playbooks
        self._tenant = tenant
        self._moment = moment
        self._progress = progress
        self.cuts = 0

    def chain(self, **variables):
        """Cut run after run until one comes through; returns that one.

        A run goes on at the first step that the last one left, so the write to be cut is counted from there.
        """
        write, finished = 1, 0
        for _attempt in range(LONGEST_CHAIN):
            outcome = self.run({"CUT_AT": f"{write} {self._moment}"}, **variables)
            if outcome.code != KILLED:
                return outcome
            self.cuts += 1
            finished, before = self._finished_steps(), finished
            # The first write of each run opens the journal; it was cut by the first run.
            write = 2 if finished != before else write + 1
        raise AssertionError(f"{self.cuts} runs and no end:\n{outcome.output}")

    def run(self, environment, **variables):
        return self._playbooks.provision(
            tenant=self._tenant, admin_email="ada@acme.example", environment=environment, **variables
        )

    def _finished_steps(self) -> int:
        steps, provisionings = schema.steps, schema.provisionings
        query = (
            select(func.count())
            .select_from(steps.join(provisionings))
            .where(provisionings.c.tenant == self._tenant, steps.c.state == self._progress)
        )
        with database.transaction(self._playbooks.registry_url) as connection:
            return connection.execute(query).scalar_one()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_at_every_write_ends_with_a_live_tenant(playbooks, lab, tenant, moment):
    cutter = Cutter(playbooks, tenant, moment, progress=DONE)
    ended = cutter.chain()
    assert ended.code == 0, ended.output
    assert f"{tenant} is active" in ended.output
    assert cutter.cuts >= 20
    assert set(traces.of_tenant(lab, tenant)) == WHOLE
    again = playbooks.provision(tenant=tenant, admin_email="ada@acme.example")
    assert again.count("changed") == 0, again.output


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_rollback_killed_at_every_write_leaves_nothing(playbooks, lab, tenant, moment):
    cutter = Cutter(playbooks, tenant, moment, progress=UNDONE)
    assert cutter.run({"CUT_STEP": "frappeops.tenants.verify"}).code == KILLED
    assert set(traces.of_tenant(lab, tenant)) == WHOLE
    ended = cutter.chain(tenant_on_resume="rollback")
    assert ended.code == 0, ended.output
    assert cutter.cuts >= 10
    assert traces.of_tenant(lab, tenant) == {}


def test_another_customer_neither_resumes_nor_undoes_what_was_cut_off(playbooks, lab, tenant):
    mine = Cutter(playbooks, tenant, "after", progress=DONE)
    assert mine.run({"CUT_STEP": "frappeops.tenants.certificate"}).code == KILLED
    before = traces.of_tenant(lab, tenant)
    for on_resume in ("resume", "rollback"):
        theirs = playbooks.provision(tenant=tenant, admin_email="eve@evil.example", tenant_on_resume=on_resume)
        assert theirs.code != 0
        assert (
            f"{tenant} already exists (provisioning, admin_email ada@acme.example, not eve@evil.example)"
            in " ".join(theirs.output.split())
        )
        assert traces.of_tenant(lab, tenant) == before
    assert mine.run({}).code == 0
