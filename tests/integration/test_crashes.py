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
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import BEGUN

WHOLE = {"site folders", "databases", "database users", "DNS records", "lineages", "nginx files"}
KILLED = -signal.SIGKILL
#: More links than the flow has writes: a chain that gets no further must end too.
LONGEST_CHAIN = 80


class Cutter:
    """Runs the same command again and again, each time killed a little later than the last time."""

    def __init__(self, playbooks, tenant: str, moment: str) -> None:
        self._playbooks = playbooks
        self._tenant = tenant
        self._moment = moment
        self.cuts = 0

    def chain(self, **variables):
        """Cut run after run until one comes through; returns that one.

        A run resumes at the first unfinished step, so the write to be cut is counted from there.
        """
        write, done = 1, 0
        for _attempt in range(LONGEST_CHAIN):
            outcome = self._playbooks.provision(
                tenant=self._tenant,
                admin_email="ada@acme.example",
                environment={"CUT_AT": f"{write} {self._moment}"},
                **variables,
            )
            if outcome.code != KILLED:
                return outcome
            self.cuts += 1
            # The first write of each run opens the journal; it was cut by the first run.
            done, before = self._finished_steps(), done
            write = 2 if done != before else write + 1
        raise AssertionError(f"{self.cuts} runs and no end:\n{outcome.output}")

    def _finished_steps(self) -> int:
        steps, provisionings = schema.steps, schema.provisionings
        query = (
            select(func.count())
            .select_from(steps.join(provisionings))
            .where(provisionings.c.tenant == self._tenant, steps.c.state != BEGUN)
        )
        with database.transaction(self._playbooks.registry_url) as connection:
            return connection.execute(query).scalar_one()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_at_every_write_ends_with_a_live_tenant(playbooks, lab, tenant, moment):
    cutter = Cutter(playbooks, tenant, moment)
    ended = cutter.chain()
    assert ended.code == 0, ended.output
    assert f"{tenant} is active" in ended.output
    assert cutter.cuts >= 20
    assert set(traces.of_tenant(lab, tenant)) == WHOLE
    again = playbooks.provision(tenant=tenant, admin_email="ada@acme.example")
    assert again.count("changed") == 0, again.output
