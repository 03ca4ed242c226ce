# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of tenants as a person reads it."""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenant_table import lines, lines_of

ACME = {
    "name": "acme",
    "state": "active",
    "plan": "starter",
    "bench": "bench1",
    "frontend_url": "https://acme.example.com",
    "certificate": "issued",
    "admin_email": "ada@acme.com",
    "changed_at": "2026-11-23T21:08:44.123+00:00",
}


def test_one_tenant():
    assert lines([ACME]) == [
        "NAME  STATE   PLAN     BENCH   FRONTEND                  CERTIFICATE  ADMINISTRATOR  SINCE (UTC)",
        "acme  active  starter  bench1  https://acme.example.com  issued       ada@acme.com   2026-11-23 21:08",
        "",
        "1 tenant: 1 active.",
    ]


def test_columns_are_as_wide_as_their_widest_cell_and_states_are_counted():
    long = {**ACME, "name": "a-much-longer-name", "state": "suspended"}
    failed = {**ACME, "name": "x99", "state": "failed", "plan": "p"}
    table = lines([long, failed, ACME])
    starts = {line.index("ada@acme.com") for line in table[1:4]}
    assert starts == {table[0].index("ADMINISTRATOR")}
    assert table[-1] == "3 tenants: 1 active, 1 failed, 1 suspended."


def test_a_tenant_that_is_not_served_yet_has_a_dash():
    assert " -            ada@" in lines([{**ACME, "certificate": None}])[1]


def test_no_tenant_is_said():
    assert lines([]) == ["No tenants."]


def test_other_rows_have_the_columns_that_they_are_given():
    rows = [{"at": "09:30", "event": "failed", "more": 1}, {"at": "09:31", "event": None}]
    assert lines_of(rows, {"WHEN": "at", "EVENT": "event"}) == ["WHEN   EVENT", "09:30  failed", "09:31"]
    assert lines_of([], {"WHEN": "at"}) == ["None."]
