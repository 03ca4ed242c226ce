# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table at the end of a run with several tenants."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_report import FAILED, LIVE

from ansible_collections.frappeops.tenants.plugins.plugin_utils import report, summary

ROW = {"state": "provisioning", "bench": "b1"}
#: As the journal of a tenant tells them that was cut off while its site was made.
STEPS = [
    {"step": "frappeops.tenants.dns", "state": "done", "seconds": 0.4, "undo_seconds": None, "error": None},
    {"step": "frappeops.tenants.site", "state": "begun", "seconds": None, "undo_seconds": None, "error": None},
]


def of(outcome, name):
    return report.result(replace(outcome, identity={**outcome.identity, "name": name}))


def test_every_tenant_has_its_line_and_what_is_not_live_its_reason():
    results = [
        of(LIVE, "acme"),
        of(FAILED, "globex"),
        summary.of_refusal("initech", "initech is being worked on by process 7.", None),
        summary.of_unfinished("umbrella", ROW, STEPS),
    ]
    assert summary.lines(results) == [
        "TENANT    RESULT      STATE         STEP  NEXT",
        "acme      live        active        -     -",
        "globex    failed      active        site  run the same command again to take back the rest",
        "initech   refused     -             -     run the same command again when that is over",
        "umbrella  unfinished  provisioning  site  run the same command again when the host answers: it goes on where it stopped",
        "",
        "globex: no disk",
        "initech: initech is being worked on by process 7.",
        "umbrella: a host that it needs could not be reached, so nothing was taken back",
        "",
        "4 tenants: 1 live, 1 failed, 1 refused, 1 unfinished.",
    ]


def test_where_all_are_live_there_are_no_reasons():
    assert summary.lines([of(LIVE, "acme"), of(LIVE, "globex")])[3:] == ["", "2 tenants: 2 live."]


def test_results_have_the_fields_that_launchers_read_whatever_became_of_them():
    fields = {"tenant", "result", "state", "bench", "steps", "taken_back", "left", "failure", "next"}
    for result in (
        of(LIVE, "a"),
        of(FAILED, "b"),
        summary.of_refusal("c", "no", None),
        summary.of_unfinished("d", ROW, []),
    ):
        assert fields <= set(result)


def test_what_was_cut_off_tells_its_steps_and_their_times_from_the_journal():
    undo = [
        {**STEPS[0], "state": "undone", "undo_seconds": 0.2},
        {**STEPS[1], "state": "left", "error": "b1 is away"},
    ]
    cut_off = summary.of_unfinished("umbrella", ROW, STEPS)
    assert (cut_off["steps"], cut_off["taken_back"], cut_off["left"]) == (STEPS, [], [])
    assert cut_off["failure"]["step"] == "site"
    result = summary.of_unfinished("umbrella", ROW, undo)
    assert (result["taken_back"], result["left"]) == (["dns"], [{"step": "site", "error": "b1 is away"}])
