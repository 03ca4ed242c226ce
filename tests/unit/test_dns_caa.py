# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates CAA records allow (RFC 8659)."""

from __future__ import annotations

from typing import Any

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_caa import Caa, parse_records, refuse_forbidden
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import host_text
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

ISSUER = "letsencrypt.org"


def records(*texts: str) -> list[Caa]:
    """Records as a server would send them."""
    return parse_records(dns.rdata.from_text("IN", "CAA", text) for text in texts)


def check(zone: dict[str, list[Caa]], *names: str, challenge: str = "") -> list[dict[str, Any]]:
    """Check names against CAA records by their host."""
    return refuse_forbidden(names, ISSUER, challenge, lambda name: zone.get(host_text(name), []))


@pytest.mark.parametrize(
    "texts",
    [
        ['0 issue "letsencrypt.org"'],
        ['0 issue "LetsEncrypt.ORG"'],
        ['0 issue " letsencrypt.org ; accounturi=https://example.com/1"'],
        ['0 issue "digicert.com"', '0 issue "letsencrypt.org"'],
        ['0 iodef "mailto:hostmaster@example.com"'],
        ['0 issuewild ";"'],
        ['128 issue "letsencrypt.org"'],
        ['0 tbs "something new"'],
    ],
)
def test_allowed(texts: list[str]) -> None:
    (policy,) = check({"example.com": records(*texts)}, "acme.example.com")
    assert policy["at"] == "example.com"


@pytest.mark.parametrize(
    "texts",
    [
        ['0 issue "digicert.com"'],
        ['0 issue ";"'],
        ['0 issue ""'],
        ['0 issue "letsencrypt.org.example.net"'],
        ['0 issue "letsencrypt.org%"'],
        ['0 issue "letsencrypt.org"', '128 tbs "something new"'],
    ],
)
def test_forbidden(texts: list[str]) -> None:
    with pytest.raises(
        TenantError, match="CAA records forbid letsencrypt.org to issue .* for acme.example.com: example.com has"
    ):
        check({"example.com": records(*texts)}, "acme.example.com")


@pytest.mark.parametrize(
    ("texts", "forbidden"),
    [
        (['0 issue "letsencrypt.org; validationmethods=dns-01"'], {"http"}),
        (['0 issue "letsencrypt.org; validationmethods=dns-01,http-01"'], set()),
        (['0 issue "letsencrypt.org ;accounturi=https://example.com/1; ValidationMethods = http-01 , x"'], {"dns"}),
        (['0 issue "letsencrypt.org; validationmethods="'], {"http", "dns"}),
        (['0 issue "letsencrypt.org; validationmethods=dns-01; validationmethods=dns-01"'], {"http", "dns"}),
        (['0 issue "letsencrypt.org; validationmethods=dns-01"', '0 issue "letsencrypt.org"'], set()),
        (['0 issue "letsencrypt.org; validationmethods=dns-01"', '0 issue "digicert.com"'], {"http"}),
    ],
)
def test_a_challenge_that_is_not_named_is_forbidden(texts: list[str], forbidden: set[str]) -> None:
    zone = {"example.com": records(*texts)}
    assert check(zone, "acme.example.com")
    for challenge in ("http", "dns"):
        if challenge not in forbidden:
            assert check(zone, "acme.example.com", challenge=challenge)
            continue
        with pytest.raises(TenantError, match=f"forbid letsencrypt.org by {challenge}-01 to issue") as refused:
            check(zone, "acme.example.com", challenge=challenge)
        assert refused.value.remedy.startswith(f"Add {challenge}-01 to validationmethods there")


def test_accounts_are_told_when_no_other_may_ask() -> None:
    one, two = "https://example.com/1", "https://example.com/2"
    bound = [f'0 issue "letsencrypt.org; accounturi={account}"' for account in (one, two)]
    for texts, accounts in ((bound, [one, two]), ([bound[0], '0 issue "letsencrypt.org"'], []), (['0 iodef "x"'], [])):
        (policy,) = check({"example.com": records(*texts)}, "acme.example.com")
        assert policy["accounts"] == accounts


def test_for_a_wildcard_issuewild_counts_first() -> None:
    zone = {"example.com": records('0 issue "letsencrypt.org"', '0 issuewild "digicert.com"')}
    assert check(zone, "acme.example.com")
    with pytest.raises(TenantError) as refused:
        check(zone, "acme.example.com", "*.acme.example.com")
    assert r"for *.acme.example.com" in refused.value.msg
    assert 'Add example.com. CAA 0 issuewild "letsencrypt.org"' in refused.value.remedy
    assert check({"example.com": records('0 issue "letsencrypt.org"')}, "*.acme.example.com")
    assert check({"example.com": records('0 issue "digicert.com"', '0 issuewild "letsencrypt.org"')}, "*.example.com")


def test_the_closest_name_decides_alone() -> None:
    zone = {
        "com": records('0 issue "digicert.com"'),
        "example.com": records('0 issue "digicert.com"'),
        "acme.example.com": records('0 issue "letsencrypt.org"'),
    }
    assert [policy["at"] for policy in check(zone, "api.acme.example.com", "acme.example.com")] == [
        "acme.example.com"
    ] * 2
    with pytest.raises(TenantError, match="example.com has"):
        check(zone, "globex.example.com")
    with pytest.raises(TenantError, match="com has"):
        check(zone, "example.org", "globex.com")


def test_without_records_all_is_allowed() -> None:
    assert check({}, "acme.example.com", "*.acme.example.com") == []


@given(st.text(max_size=60))
def test_any_value_is_an_issuer_or_none(text: str) -> None:
    issuer = Caa(0, "issue", text).issuer
    assert issuer == "" or issuer == text.partition(";")[0].strip(" \t").lower()
    assert " " not in issuer


@given(st.binary(max_size=60), st.integers(0, 255), st.from_regex(r"[a-zA-Z0-9]{1,15}", fullmatch=True))
def test_any_record_is_read(value: bytes, flags: int, tag: str) -> None:
    wire = bytes([flags, len(tag)]) + tag.encode() + value
    (record,) = parse_records([dns.rdata.from_wire("IN", "CAA", wire, 0, len(wire))])
    assert (record.flags, record.tag) == (flags, tag.lower())
    assert str(record)
