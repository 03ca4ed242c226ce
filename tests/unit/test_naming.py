# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule for tenant names, and the names that follow from them."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import (
    RESERVED,
    HostPatterns,
    identities,
    is_covered,
    is_host,
    problems_of_name,
    suggestion,
)

NESTED = HostPatterns("example.com")
FLAT = HostPatterns("example.com", backend="{tenant}-api.{domain}")
WILDCARD = HostPatterns("example.com", backend="{tenant}.api.{domain}")

label_characters = st.sampled_from(string.ascii_lowercase + string.digits + "-")
near_names = st.text(label_characters, min_size=0, max_size=70)
any_names = st.one_of(near_names, st.text(max_size=80))


def rules(name, patterns=NESTED, reserved=()):
    return [problem.rule for problem in problems_of_name(name, patterns, reserved)]


class TestRule:
    @pytest.mark.parametrize("name", ["abc", "acme", "acme-inc", "4you", "007", "a-b-c", "x" * 63])
    def test_good_names(self, name):
        assert rules(name) == []

    @pytest.mark.parametrize(
        ("name", "rule"),
        [
            ("", "too_short"),
            ("ab", "too_short"),
            ("x" * 64, "too_long"),
            ("Acme", "characters"),
            ("acme inc", "characters"),
            ("acme_inc", "characters"),
            ("acme.inc", "characters"),
            ("bücher", "characters"),
            ("acme\n", "characters"),
            ("acme;id", "characters"),
            ("../acme", "characters"),
            ("-acme", "hyphen_at_end"),
            ("acme-", "hyphen_at_end"),
            ("xn--bcher-kva", "punycode"),
            ("ab--cd", "reserved_label"),
            ("www", "reserved"),
            ("autodiscover", "reserved"),
            (700, "type"),
            (None, "type"),
            (["acme"], "type"),
        ],
    )
    def test_refused_names(self, name, rule):
        assert rules(name)[0] == rule

    @pytest.mark.parametrize("name", "www api auth admin app blog mail ftp localhost".split())
    def test_the_seeds_reserved_names(self, name):
        assert rules(name) == ["reserved"]

    def test_operators_add_reserved_names(self):
        assert rules("shop") == []
        assert rules("shop", reserved=["shop"]) == ["reserved"]

    def test_every_broken_rule_of_shape_is_told(self):
        assert rules("-A") == ["too_short", "characters", "hyphen_at_end"]

    def test_the_message_names_field_value_rule_and_example(self):
        (problem,) = problems_of_name("Acme Inc", NESTED)
        assert problem.message.startswith("tenant: 'Acme Inc' is refused: only a-z, 0-9 and - are allowed, found ' ' ")
        assert problem.message.endswith("Example: acme-inc.")

    @given(any_names)
    def test_whatever_passes_is_a_dns_label_that_gives_hosts(self, name):
        if not rules(name):
            assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)
            assert not name.startswith("xn--")
            assert name not in RESERVED
            identity = NESTED.identity(name)
            assert is_host(identity.frontend_host)
            assert is_host(identity.backend_host)

    @given(any_names)
    def test_the_example_in_a_refusal_is_always_a_good_name(self, name):
        assert rules(suggestion(name)) == []

    @given(any_names)
    def test_the_example_is_never_the_refused_name(self, name):
        if rules(name):
            assert suggestion(name) != name


class TestDerivedNames:
    def test_nested_hosts(self):
        identity = NESTED.identity("acme")
        assert identity.frontend_host == "acme.example.com"
        assert identity.backend_host == identity.site == "api.acme.example.com"
        assert identity.frontend_url == "https://acme.example.com"
        assert identity.backend_url == "https://api.acme.example.com"

    def test_a_port_stands_only_in_urls(self):
        identity = HostPatterns("example.com", https_port=8443).identity("acme")
        assert identity.backend_url == "https://api.acme.example.com:8443"
        assert identity.backend_host == "api.acme.example.com"

    @pytest.mark.parametrize(("patterns", "host"), [(FLAT, "acme-api.example.com"), (WILDCARD, "acme.api.example.com")])
    def test_other_patterns_are_equal_citizens(self, patterns, host):
        patterns.check()
        assert patterns.identity("acme").backend_host == host

    def test_a_derived_label_that_is_too_long_is_refused(self):
        assert rules("x" * 60, FLAT) == ["derived_length"]
        assert rules("x" * 59, FLAT) == []

    def test_a_derived_host_that_is_too_long_is_refused(self):
        domain = ".".join(["d" * 60] * 4)
        assert rules("acme", HostPatterns(domain)) == []
        assert set(rules("acme-incorporated", HostPatterns(domain))) == {"derived_length"}

    def test_a_name_whose_host_is_anothers_backend_is_refused(self):
        assert rules("acme-api", FLAT) == ["collision"]
        assert rules("acme-api", NESTED) == []

    @given(st.lists(near_names, min_size=2, max_size=8, unique=True), st.sampled_from([NESTED, FLAT, WILDCARD]))
    def test_no_two_tenants_ever_share_a_host(self, names, patterns):
        good, _problems = identities(names, patterns)
        hosts = [identity[part] for identity in good for part in ("frontend_host", "backend_host")]
        assert len(hosts) == len(set(hosts))


class TestManyNames:
    def test_good_and_bad_ones_are_told_apart(self):
        good, problems = identities(["acme", "x", "globex"], NESTED)
        assert [identity["name"] for identity in good] == ["acme", "globex"]
        assert [(problem.value, problem.rule) for problem in problems] == [("x", "too_short")]

    def test_a_name_given_twice_is_refused(self):
        good, problems = identities(["acme", "acme"], NESTED)
        assert len(good) == 1
        assert [problem.rule for problem in problems] == ["duplicate"]


class TestPatterns:
    @pytest.mark.parametrize(
        ("patterns", "reason"),
        [
            (HostPatterns("localhost"), "not a domain name"),
            (HostPatterns("Example.com"), "not a domain name"),
            (HostPatterns("example.com", backend="api.{domain}"), r"must hold \{tenant\} exactly once"),
            (HostPatterns("example.com", backend="{tenant}.{tenant}.{domain}"), "exactly once"),
            (HostPatterns("example.com", backend="{tenant}.{zone}"), r"unknown placeholder \{zone\}"),
            (HostPatterns("example.com", backend="{tenant} .{domain}"), "does not give a host name"),
            (HostPatterns("example.com", backend="{tenant}.{domain}"), "must differ"),
        ],
    )
    def test_patterns_that_can_not_work_are_refused(self, patterns, reason):
        with pytest.raises(TenantError, match=reason):
            identities(["acme"], patterns)


def test_a_wildcard_covers_one_label() -> None:
    hosts = ("x.a.test", "y.x.a.test", "a.test", "b.test", "x.b.test", "test")
    assert [host for host in hosts if is_covered(host, ["*.a.test", "b.test"])] == ["x.a.test", "b.test"]
