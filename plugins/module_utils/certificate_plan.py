# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate a tenant gets by which plan, and what no plan can do.

A wildcard covers one label (RFC 6125 6.4.3), and authorities issue it by DNS-01 only. A DNS-01 record lies below the
name that it proves: where a wildcard record answers for that name, the record makes the name exist, and it no longer
has the wildcard's address (RFC 4592 4.4). That takes tenants off the net, so it is refused here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import TenantError
from .naming import HostPatterns, Identity, is_covered

PER_TENANT, SHARED, EXISTING, NONE = "per_tenant", "shared", "existing", "none"
PLANS = (PER_TENANT, SHARED, EXISTING, NONE)
HTTP, DNS = "http", "dns"
CHALLENGES = (HTTP, DNS)

#: The DNS providers for which certbot has a plugin that the collection knows.
PLUGIN_PROVIDERS = ("rfc2136", "cloudflare")


@dataclass(frozen=True)
class Choice:
    """What the operator chose.

    :param wildcard: whether each tenant's own certificate is for C(*.{tenant}.{domain}) too.
    :param published_by: the DNS provider that publishes the tenants' records.
    :param proven_by: the DNS provider that takes the records of DNS-01.
    """

    plan: str
    challenge: str = HTTP
    wildcard: bool = False
    published_by: str = ""
    proven_by: str = ""


def names_for(choice: Choice, identity: Identity, patterns: HostPatterns) -> list[str]:
    """The names that the tenant's certificate must be for.

    :raises TenantError: the plan can't cover the tenant; it says which plan could.
    """
    if choice.plan == SHARED:
        names = _shared(patterns)
        _check_covered(identity, names)
    else:
        names = _own(choice, identity)
    if choice.plan in (PER_TENANT, SHARED):
        _check_challenge(choice, names, identity)
    return names


def _own(choice: Choice, identity: Identity) -> list[str]:
    names = [identity.frontend_host]
    if choice.wildcard and choice.plan == PER_TENANT:
        names.append(f"*.{identity.frontend_host}")
    return names if is_covered(identity.backend_host, names) else [*names, identity.backend_host]


def _shared(patterns: HostPatterns) -> list[str]:
    """One wildcard for each parent of the two host patterns."""
    names = []
    for field, pattern in (("frontend", patterns.frontend), ("backend", patterns.backend)):
        first, _dot, parent = pattern.partition(".")
        if "{tenant}" not in first:
            raise TenantError(
                f"tls_plan shared can't cover tenant_hosts.{field} {pattern!r}: a wildcard stands for one label, the "
                "first, and the tenant's name is not in it.",
                "Use tls_plan: per_tenant, or a pattern such as {tenant}-api.{domain} or {tenant}.api.{domain}.",
            )
        names.append(f"*.{parent.replace('{domain}', patterns.domain)}")
    return list(dict.fromkeys(names))


def _check_covered(identity: Identity, names: list[str]) -> None:
    """A tenant keeps the hosts that it was made with, whatever the patterns are today."""
    for host in (identity.frontend_host, identity.backend_host):
        if not is_covered(host, names):
            raise TenantError(
                f"tls_plan shared can't cover {host}: the certificate is for {', '.join(names)}.",
                f"{identity.name} was made with other tenant_hosts. Use tls_plan: per_tenant for it.",
            )


def _check_challenge(choice: Choice, names: list[str], identity: Identity) -> None:
    wildcards = [name for name in names if name.startswith("*.")]
    if choice.challenge == HTTP:
        if wildcards:
            raise TenantError(
                f"{wildcards[0]} can't be proven by HTTP-01: authorities issue wildcards by DNS-01 only.",
                "Set certificate_challenge: dns, with dns_rfc2136 or dns_cloudflare.",
            )
        return
    if choice.proven_by not in PLUGIN_PROVIDERS:
        raise TenantError(
            f"DNS-01 can't be done by the DNS provider {choice.proven_by or 'none'!r}.",
            f"Set certificate_dns_provider to {' or '.join(PLUGIN_PROVIDERS)}, or certificate_challenge: http.",
        )
    shadowed = [name for name in names if name.removeprefix("*.") != identity.domain]
    if choice.published_by == "wildcard" and shadowed:
        base = shadowed[0].removeprefix("*.")
        raise TenantError(
            f"DNS-01 for {shadowed[0]} would publish _acme-challenge.{base}. Where a wildcard record answers for {base}, "
            "that takes the hosts there off the net until the record is gone.",
            "Use certificate_challenge: http, tls_plan: shared with hosts right below the domain, or a dns_provider "
            "that publishes each tenant's own records.",
        )
