# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate covers which host patterns, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.certificate_plan import Choice, names_for
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns, url

SECOND_LEVEL = HostPatterns("example.com")
HYPHEN = HostPatterns("example.com", backend="{tenant}-api.{domain}")
BELOW_API = HostPatterns("example.com", backend="{tenant}.api.{domain}")
DNS = {"challenge": "dns", "proven_by": "rfc2136", "published_by": "rfc2136"}


def names(patterns: HostPatterns, plan: str, made_with: HostPatterns | None = None, **choice: object) -> list[str]:
    identity = (made_with or patterns).identity("acme")
    return names_for(Choice(plan=plan, **choice), identity, patterns)  # type: ignore[arg-type]


def test_a_certificate_of_its_own() -> None:
    assert names(SECOND_LEVEL, "per_tenant") == ["acme.example.com", "api.acme.example.com"]
    assert names(HYPHEN, "per_tenant") == ["acme.example.com", "acme-api.example.com"]
    assert names(HYPHEN, "per_tenant", **DNS) == ["acme.example.com", "acme-api.example.com"]


def test_a_wildcard_of_its_own_covers_the_second_level() -> None:
    assert names(SECOND_LEVEL, "per_tenant", wildcard=True, **DNS) == ["acme.example.com", "*.acme.example.com"]
    assert names(HYPHEN, "per_tenant", wildcard=True, **DNS)[2] == "acme-api.example.com"


def test_one_certificate_for_all() -> None:
    assert names(HYPHEN, "shared", **DNS) == ["*.example.com"]
    assert names(BELOW_API, "shared", **DNS) == ["*.example.com", "*.api.example.com"]


def test_existing_and_none_ask_for_the_hosts_themselves() -> None:
    assert names(SECOND_LEVEL, "existing", wildcard=True) == ["acme.example.com", "api.acme.example.com"]
    assert names(SECOND_LEVEL, "none") == ["acme.example.com", "api.acme.example.com"]


@pytest.mark.parametrize(
    ("patterns", "plan", "choice", "reason", "remedy"),
    [
        (SECOND_LEVEL, "shared", DNS, r"tenant_hosts.backend 'api.\{tenant\}.\{domain\}'", "{tenant}-api.{domain}"),
        (HYPHEN, "shared", {}, "can't be proven by HTTP-01", "certificate_challenge: dns"),
        (SECOND_LEVEL, "per_tenant", {"wildcard": True}, r"\*.acme.example.com can't be proven", "challenge: dns"),
        (SECOND_LEVEL, "per_tenant", {**DNS, "proven_by": "manual"}, "provider 'manual'", "rfc2136 or cloudflare"),
        (SECOND_LEVEL, "per_tenant", {**DNS, "published_by": "wildcard"}, "off the net", "certificate_challenge: http"),
        (BELOW_API, "shared", {**DNS, "published_by": "wildcard"}, "_acme-challenge.api.example.com", "dns_provider"),
    ],
)
def test_what_no_plan_can_do_is_refused_with_what_could(
    patterns: HostPatterns, plan: str, choice: dict[str, object], reason: str, remedy: str
) -> None:
    with pytest.raises(TenantError, match=reason) as refused:
        names(patterns, plan, **choice)
    assert remedy in refused.value.remedy


def test_a_shared_wildcard_right_below_the_domain_shadows_nothing() -> None:
    assert names(HYPHEN, "shared", **{**DNS, "published_by": "wildcard"}) == ["*.example.com"]


def test_a_tenant_of_older_patterns_is_not_promised_a_certificate_that_does_not_cover_it() -> None:
    with pytest.raises(TenantError, match="can't cover api.acme.example.com") as refused:
        names(HYPHEN, "shared", made_with=SECOND_LEVEL, **DNS)
    assert "per_tenant" in refused.value.remedy


def test_urls_carry_the_port_only_when_it_is_another() -> None:
    assert [url("http", "a.b", 80), url("http", "a.b", 8080)] == ["http://a.b", "http://a.b:8080"]
    assert [url("https", "a.b", 443), url("https", "a.b", 80)] == ["https://a.b", "https://a.b:80"]
