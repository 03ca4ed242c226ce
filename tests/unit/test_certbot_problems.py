# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading certbot's log and output: which of the authority's words is the reason. The texts are from certbot 2.1.0."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.acme_problem import AcmeProblem, explain, problems_in
from ansible_collections.frappeops.tenants.plugins.module_utils.certbot import part_of_run

RESPONSE = """2026-11-23 20:36:49,455:DEBUG:acme.client:Received response:
HTTP 200
Content-Type: application/json; charset=utf-8

{}
2026-11-23 20:36:49,455:DEBUG:acme.client:Storing nonce: MqGTg5pznFp2Gx1ckJfRZA
"""
FAILED_CHALLENGE = {
    "status": "invalid",
    "identifier": {"type": "dns", "value": "api.acme.tenants.test"},
    "challenges": [
        {
            "type": "http-01",
            "status": "invalid",
            "error": {
                "type": "urn:ietf:params:acme:error:unauthorized",
                "detail": "Non-200 status code from HTTP: http://api.acme.tenants.test/.well-known/... returned 404",
                "status": 403,
            },
        }
    ],
}


def problem(kind: str, detail: str = "why", **more: object) -> dict[str, object]:
    return {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, **more}


def log(*answers: object) -> str:
    return "".join(RESPONSE.replace("{}", json.dumps(answer, indent=2), 1) for answer in answers)


def test_a_failed_challenge_has_the_name_and_what_was_seen() -> None:
    (found,) = problems_in(log({"newOrder": "https://x"}, FAILED_CHALLENGE, FAILED_CHALLENGE))
    assert found == AcmeProblem(
        "unauthorized",
        "api.acme.tenants.test",
        "Non-200 status code from HTTP: http://api.acme.tenants.test/.well-known/... returned 404",
    )


def test_parts_of_a_problem_count_instead_of_the_whole() -> None:
    parts = [problem("caa", "forbidden", identifier={"type": "dns", "value": name}) for name in ("a.test", "b.test")]
    found = problems_in(log(problem("malformed", "several", subproblems=parts)))
    assert [(one.type, one.name) for one in found] == [("caa", "a.test"), ("caa", "b.test")]


def test_a_bad_nonce_is_no_reason() -> None:
    assert problems_in(log(problem("badNonce"))) == []


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([problem("rateLimited")], "rate_limit"),
        ([FAILED_CHALLENGE, problem("rateLimited")], "rate_limit"),
        ([FAILED_CHALLENGE, problem("caa")], "caa"),
        ([FAILED_CHALLENGE], "challenge"),
        ([problem("unauthorized")], "refused"),
        ([problem("serverInternal")], "refused"),
    ],
)
def test_the_weightiest_kind_is_told(answers: list[object], kind: str) -> None:
    error = explain(
        "The certificate was not issued",
        problems_in(log(*answers)),
        "AttributeError: can't set attribute",
        "https://ca",
    )
    assert error.details["problem"] == kind
    assert error.msg.startswith("The certificate was not issued: ")
    assert "AttributeError" not in error.msg and "\n" not in error.msg
    assert error.remedy


UNREACHABLE = """Saving debug log to /var/log/letsencrypt/letsencrypt.log
An unexpected error occurred:
{}
Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile ..."""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("ValueError: Requesting 127.0.0.1/dir: Connection refused", "ca_unreachable"),
        ("ValueError: Requesting ca.nowhere.test/dir: Name or service not known", "ca_unreachable"),
        ("requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x', port=443): Read timed out.", "ca_unreachable"),
        ("requests.exceptions.SSLError: ... [SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "ca_untrusted"),
        ("Encountered error when making query: The peer didn't like the signature we sent.", "dns_update"),
        ("Error determining zone_id: 9109 Invalid access token. Please confirm that it is right.", "dns_update"),
        ("PermissionError: [Errno 13] Permission denied: '/var/www'", "other"),
    ],
)
def test_without_an_answer_certbots_own_line_counts(line: str, kind: str) -> None:
    error = explain("X", [], UNREACHABLE.format(line), "https://ca/dir")
    assert error.details["problem"] == kind
    assert "https://ca/dir" in error.msg or line in error.msg


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(problems_in(text), list)


@given(
    st.recursive(st.none() | st.booleans() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part))
)
def test_any_answer_can_be_read(answer: object) -> None:
    answers = {"identifier": answer, "challenges": answer, "error": answer, "subproblems": answer}
    assert problems_in(log(answers, {"type": answer, **answers})) == []


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_every_detail_survives(before: str, detail: str) -> None:
    found = problems_in(f"{before}\n{log(problem('caa', detail))}")
    assert AcmeProblem("caa", "", detail) in found


RUNS = """2026-11-23 20:54:28,394:DEBUG:certbot._internal.main:Arguments: ['--cert-name', 'acme.test', '-n']
first
2026-11-23 20:54:40,100:DEBUG:certbot._internal.main:Arguments: ['--cert-name', 'acme.test', '-n']
second
2026-11-23 20:54:50,100:DEBUG:certbot._internal.main:Arguments: ['--cert-name', 'other.test', '-n']
third
"""


def test_the_log_of_one_run() -> None:
    own = "'--cert-name', 'acme.test'"
    assert part_of_run(RUNS, own, "2026-11-23 20:54:30").splitlines()[1:] == ["second"]
    assert part_of_run(RUNS, own, "2026-11-23 20:54:40").splitlines()[1:] == ["second"]
    assert part_of_run(RUNS, own, "2026-11-23 20:54:41") == "", "an earlier run's reason is not ours"
    assert part_of_run("", own, "") == ""
