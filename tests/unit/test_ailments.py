# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each ailment is recognised by what bench, MariaDB, nginx, certbot, the system and our own checks really say."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.masking import masked
from ansible_collections.frappeops.tenants.plugins.plugin_utils import diagnosis
from ansible_collections.frappeops.tenants.plugins.plugin_utils.ailments import AILMENTS, recognise, recognise_each

PLUGINS = Path(__file__).parents[2] / "plugins"

#: Number and what our own code says; each text is found in it by test_our_code_says_so.
OURS = [
    (1, "The site api.a.test already exists on the bench and was not made by this provisioning."),
    (1, "The database tenant_a_1f already exists and was not made by this provisioning."),
    (1, "The site api.a.test was complete and is nothing now: its folder or the mark in it is gone."),
    (2, "The bench /home/frappe/frappe-bench does not have the app hrms."),
    (2, "The version of the app hrms can't be read: [Errno 2] No such file or directory: '/x/hrms/__init__.py'."),
    (2, "No bench has the apps hrms: bench1 lacks hrms."),
    (3, "nginx's live configuration is already broken, and not by us: unknown directive in /etc/nginx/x.conf:3."),
    (
        3,
        "nginx refuses the candidate for /etc/nginx/sites-enabled/a: invalid host. The live configuration was not touched.",
    ),
    (3, "nginx does not run: /run/nginx.pid names no nginx process."),
    (4, "50 certificates below a.test were issued within a week, and letsencrypt.org gives no more before 2026-12-01."),
    (4, "The certificate authority https://127.0.0.1:1/dir cannot be reached from the edge: Connection refused."),
    (4, "the authority's rate limit is reached"),
    (4, "the authority did not find the challenge"),
    (4, "the authority https://127.0.0.1:1/dir cannot be reached from the edge: Connection refused"),
    (4, "CAA records forbid letsencrypt.org to issue a certificate for a.test: a.test has 0 issue."),
    (5, "1 of 2 authoritative servers do not answer a.test A 192.0.2.1 after 1 s: ::1: nothing."),
    (5, "a.test does not resolve (system resolver): Name or service not known."),
    (6, "api.a.test answers 502: nginx is there, the bench behind it is not."),
    (6, "The bench's web service at 127.0.0.1:8000 does not answer: Connection refused."),
    (6, "redis_queue at 127.0.0.1:11000 does not answer: Connection refused."),
    (6, "The bench /home/frappe/frappe-bench has no worker: no background job of any tenant is run."),
    (6, "api.a.test (192.0.2.1:443) refused the connection."),
    (6, "api.a.test (192.0.2.1:443) can't be reached: No route to host."),
    (6, "api.a.test (192.0.2.1:443) did not answer within 5 s (connecting)."),
    (6, "bench1 can't be reached: Failed to connect to the host via ssh: Connection timed out"),
    (7, "tenant_oauth lacks client_id: tenants sign in through this provider only."),
    (7, "the provider can't be asked: auth.a.test does not resolve (system resolver): Name not known."),
    (7, "Lab Auth: sign-in leads to https://api.a.test/authorize, which is no provider"),
    (
        8,
        "The database server at db:3306 refuses the administrator x: Access denied for user 'x'@'h' (using password: YES)",
    ),
    (
        8,
        "The database server at /run/mysqld/mysqld.sock does not answer: Lost connection to server during query (timed out)",
    ),
    (8, "The database administrator x lacks CREATE USER on *.*. Run the playbook frappeops.tenants.bench_host"),
    (9, "/home/frappe/frappe-bench/sites has 12 MB free, a site needs 500."),
    (9, "/home/frappe/frappe-bench/sites has 40 inodes free, a site needs 10000."),
    (
        10,
        "nginx was told to reload, but no new worker came within 60 s: it goes on with its old configuration, since the port 443 is held by apache2 (pid 812).",
    ),
    (10, "Not this nginx: the port 443 is held by apache2 (pid 812)."),
]

#: What tools say, as it was met.
TOOLS = [
    (1, "Database tenant_a_1f already exists, please drop it manually or pass --force."),
    (2, "'bench new-site api.a.test --force' failed with exit code 1: ModuleNotFoundError: No module named 'hrms'"),
    (4, "The certificate for a.test was not issued: the authority's rate limit is reached: too many certificates."),
    (8, "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'db'\")"),
    (9, "/home/frappe/frappe-bench/sites/a/x: No space left on device."),
    (9, "'bench new-site a --force' failed with exit code 1: OSError: [Errno 28] No space left on device"),
    (9, "pymysql.err.OperationalError: (1114, \"The table 'tabX' is full\")"),
    (10, "nginx refused to reload: bind() to 0.0.0.0:443 failed (98: Address already in use)."),
]

#: What is none of the ten, and says what one of them would say.
OF_OTHERS = [
    "Mail server mail.a.test port 25 does not resolve: Name or service not known.",
    "Mail server mail.a.test port 25 did not answer within 20 s.",
    "The registry mysql://db/tenants can't be used: Can't connect to MySQL server on 'db' (2003).",
]


@cache
def _said_by_the_code() -> list[re.Pattern[str]]:
    """Each text that stands in our code, with anything where it has a value. A short text proves nothing."""
    patterns = []
    for file in [*PLUGINS.rglob("*.py"), *PLUGINS.parent.glob("roles/*/tasks/*.yml")]:
        if file.name == "ailments.py":
            continue
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".yml":
            patterns += [re.sub(r"\\{\\{.*?\\}\\}", ".*", re.escape(line.strip())) for line in text.splitlines()]
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.JoinedStr):
                parts = [re.escape(each.value) if isinstance(each, ast.Constant) else ".*" for each in node.values]
                patterns.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                patterns.append(re.escape(node.value))
    return [re.compile(pattern.rstrip("\\ ")) for pattern in patterns if len(pattern.replace(".*", "")) > 15]


@pytest.mark.parametrize("said", [*(said for _number, said in OURS), *OF_OTHERS])
def test_our_code_says_so(said):
    assert any(pattern.search(said) for pattern in _said_by_the_code()), said


@pytest.mark.parametrize(("number", "said"), OURS + TOOLS, ids=range(len(OURS + TOOLS)))
def test_it_is_recognised(number, said):
    found = recognise(said)
    assert found is not None
    assert (found.number, found.name) == (number, AILMENTS[number - 1].name)
    assert found.evidence == masked(said)
    assert found.cause.endswith(".") and found.remedy.endswith(".")


def test_the_tools_last_words_are_evidence_too():
    found = recognise(
        "'bench new-site a' failed with exit code 1: see below", "x\n[Errno 28] No space left on device: y"
    )
    assert (found.number, found.evidence) == (9, "[Errno 28] No space left on device: y")


def test_of_two_that_say_as_much_the_first_line_is_told():
    assert recognise("/sites has 12 MB free, a site needs 500.", "it does not have the app hrms").name == "disk_full"
    assert recognise("it does not have the app hrms\n/sites has 12 MB free").name == "app_missing"


def test_each_of_several_problems_is_told_once():
    full, app = "/sites has 12 MB free, a site needs 500.", "The bench /b does not have the app hrms."
    denied = "The database server at db:3306 refuses the administrator x: Access denied for user 'x'@'h'"
    assert [known.number for known in recognise_each([denied, full, app, full, "something else"])] == [8, 9, 2]
    assert recognise_each(["something else"]) == []


def test_a_bench_that_ansible_lost_is_not_said_to_be_asked_again():
    lost = recognise("bench1 can't be reached: Failed to connect to the host via ssh: Connection timed out")
    assert "log in" in lost.cause
    assert "verify_timeout" not in lost.done


def test_a_port_that_is_taken_before_anything_is_made_leaves_nothing_to_take_back():
    held = "the port 443 is held by apache2 (pid 812)"
    assert recognise(f"Not this nginx: {held}.").done == "Looked at before anything is made."
    assert "taken back" in recognise(f"no new worker came within 60 s, since {held}.").done


def test_a_vague_sign_tells_only_what_nothing_else_does():
    assert recognise("'bench new-site a --force' failed with exit code 1: boom").name == "site_exists"
    assert recognise("'bench new-site a --force' failed with exit code 1: (1045, 'x')").name == "database_access"


@pytest.mark.parametrize(
    "said", ["", "failed on purpose", "plan: 'gold' is refused: there is no such plan.", *OF_OTHERS]
)
def test_what_is_none_of_the_ten_is_not_called_one(said):
    assert recognise(said) is None


def test_evidence_holds_no_secret():
    assert "hunter2" not in recognise("database_x already exists; password=hunter2, database x already exists").evidence


@given(st.lists(st.text(), max_size=3))
def test_anything_may_be_said(texts):
    found = recognise(*texts)
    assert found is None or found.evidence is not None


def test_every_sign_is_a_pattern_of_its_own():
    words = [sign.words for ailment in AILMENTS for sign in ailment.signs]
    assert len(words) == len(set(words))
    for pattern in words:
        re.compile(pattern)


def test_the_diagnosis_tells_each_thing_once():
    full = "/sites has 12 MB free, a site needs 500."
    complaints = [
        {"where": "site", "problems": [full, "something else"], "output": ""},
        {"where": "certificate", "problems": [full], "output": ""},
    ]
    found = diagnosis.findings("acme on b1", complaints)
    assert [(each["where"], each["ailment"].get("number")) for each in found] == [("site", 9), ("site", None)]
    printed = [line for line, _colour in diagnosis.lines({"acme on b1": found, "b2": []}, {"b2": ["web"]})]
    assert printed[0] == "acme on b1: 2 things are wrong"
    assert "  9 a disk is full" in printed
    assert "  not one of the ten" in printed
    assert printed[-3:] == ["b2: nothing is wrong", "  restarted    web", ""]
