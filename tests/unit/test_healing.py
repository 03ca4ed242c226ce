# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done with what cut-off runs left, and how it is told."""

from __future__ import annotations

import pytest

from ansible_collections.frappeops.tenants.plugins.plugin_utils.healing import COLUMNS, mail_rows, rows, way
from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenant_table import lines_of

CUT = {
    "tenant": "acme",
    "state": "running",
    "step": "frappeops.tenants.site",
    "left": [],
    "error": None,
    "record": {"plan": "starter"},
    "missing": [],
    "holder": None,
}
UNDOING = {**CUT, "tenant": "globex", "state": "undoing", "step": "frappeops.tenants.reserve"}
UNKNOWN = {**CUT, "tenant": "initech", "missing": ["admin_first_name"]}
KEPT = {**CUT, "tenant": "hooli", "state": "kept", "step": "frappeops.tenants.verify"}
LIVE = {**CUT, "tenant": "umbrella", "holder": {"pid": 4711}}


@pytest.mark.parametrize(
    ("found", "wish", "expected"),
    [
        (CUT, "", "resume"),
        (CUT, "resume", "resume"),
        (CUT, "rollback", "rollback"),
        ({**CUT, "record": {"plan": "of yesterday"}}, "", "rollback"),
        ({**CUT, "record": None, "missing": ["plan"]}, "", "rollback"),
        (UNKNOWN, "", "rollback"),
        (UNKNOWN, "resume", "stay"),
        (UNDOING, "", "rollback"),
        (UNDOING, "resume", "rollback"),
        (KEPT, "", "kept"),
        (KEPT, "rollback", "kept"),
        (LIVE, "", "live"),
        (LIVE, "rollback", "live"),
        ({**UNDOING, "holder": {"pid": 4711}}, "resume", "live"),
    ],
)
def test_the_way(found, wish, expected):
    assert way(found, ["starter"], wish) == expected


@pytest.mark.parametrize(("wish", "expected"), [("", "resume"), ("rollback", "rollback")])
def test_what_was_kept_to_be_looked_at_goes_on_when_it_is_named(wish, expected):
    assert way(KEPT, ["starter"], wish, named=True) == expected
    assert way({**KEPT, "holder": {"pid": 4711}}, ["starter"], wish, named=True) == "live"


def test_what_came_of_each_is_told():
    before = [
        {**CUT, "way": "resume"},
        {**UNDOING, "way": "rollback"},
        {**UNKNOWN, "way": "stay"},
        {**KEPT, "way": "kept"},
        {**LIVE, "way": "live"},
    ]
    away = {**UNDOING, "left": [{"step": "frappeops.tenants.site", "error": "b1 can't be reached"}]}
    told = rows(before, [away, UNKNOWN, KEPT, LIVE], {"acme": "active", "globex": "failed"}, check_mode=False)
    assert lines_of(told, COLUMNS) == [
        "TENANT    WAS                DONE                   NOW          LEFT",
        "acme      cut off in site    resumed                active",
        "globex    being taken back   not taken back         failed       site: b1 can't be reached",
        "initech   cut off in site    left alone             not claimed  the registry lacks admin_first_name: "
        "run the command that began it again",
        "hooli     kept after verify  left, to be looked at  not claimed",
        "umbrella  cut off in site    left to its run        not claimed",
    ]


def test_what_fails_again_is_told_to_be_taken_back():
    (told,) = rows([{**CUT, "way": "resume"}], [], {"acme": "failed"}, check_mode=False)
    assert (told["done"], told["now"], told["left"]) == ("failed, taken back", "failed", "")


def test_in_check_mode_it_is_foretold():
    (told,) = rows([{**CUT, "way": "resume"}], [CUT], {"acme": "provisioning"}, check_mode=True)
    assert (told["done"], told["left"]) == ("would be resumed", "")


def test_a_mail_that_may_have_been_sent_is_told_while_its_tenant_is_active():
    mails = [
        {"id": "<welcome.01@a.test>", "tenant": "acme", "state": "unsure"},
        {"id": "<welcome.02@a.test>", "tenant": "globex", "state": "waiting"},
        {"id": "<welcome.03@a.test>", "tenant": "initech", "state": "unsure"},
    ]
    told = mail_rows(mails, {"acme": "active", "globex": "active", "initech": "archived"})
    assert lines_of(told, COLUMNS)[1:] == [
        "acme    cut off in sending a mail  left alone  active  look for <welcome.01@a.test> in the mail server's log; "
        "-e notify_again=true sends it again"
    ]
