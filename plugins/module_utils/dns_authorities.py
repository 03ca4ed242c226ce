# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the authoritative servers of a zone.

Only names that exist already are asked of a resolver: the zone and its servers, never a tenant's name, since a
resolver keeps the answer that a name does not exist for as long as the zone's SOA says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .dns_ask import Endpoint
from .dns_library import dns
from .dns_records import host_text
from .errors import TenantError

_LIFETIME = 5.0


class LookupFailed(TenantError):
    """The resolver did not answer; another try may help."""


@dataclass(frozen=True)
class Authorities:
    """A zone and every address of its servers."""

    zone: Any
    servers: list[Endpoint]


def make_resolver(resolvers: list[Endpoint]) -> Any:
    """A resolver that asks I(resolvers), or the system's when there are none."""
    try:
        resolver = dns.resolver.Resolver(configure=not resolvers)
    except dns.resolver.NoResolverConfiguration as error:
        raise TenantError(
            f"This machine has no resolver: {error}", "Name one, for example: dns_resolvers: [192.0.2.53]."
        ) from None
    if resolvers:
        resolver.nameservers = [
            dns.nameserver.Do53Nameserver(resolver.address, resolver.port) for resolver in resolvers
        ]
    resolver.lifetime = _LIFETIME
    return resolver


def find(resolver: Any, domain: Any, port: int) -> Authorities:
    """The zone that holds I(domain) and all addresses of its name servers."""
    try:
        zone = dns.resolver.zone_for_name(domain, resolver=resolver)
        hosts = sorted(value.target for value in resolver.resolve(zone, "NS"))
        servers = [Endpoint(address, port, host_text(host)) for host in hosts for address in addresses(resolver, host)]
    except (dns.exception.Timeout, dns.resolver.NoNameservers) as error:
        reason = "no answer" if isinstance(error, dns.exception.Timeout) else "the server failed or refuses to answer"
        raise LookupFailed(
            f"The resolver {_shown(resolver)} did not tell the name servers of {host_text(domain)}: {reason}.", _REMEDY
        ) from None
    except dns.exception.DNSException as error:
        raise TenantError(
            f"The resolver {_shown(resolver)} does not know the name servers of {host_text(domain)}: {error}", _REMEDY
        ) from None
    if zone == dns.name.root:
        raise TenantError(f"The resolver {_shown(resolver)} knows no zone for {host_text(domain)}.", _REMEDY)
    if not servers:
        names = ", ".join(host_text(host) for host in hosts)
        raise TenantError(
            f"The name servers of {host_text(zone)} have no address: {names}, by the resolver {_shown(resolver)}.",
            "Check the zone's NS records.",
        )
    return Authorities(zone, servers)


def addresses(resolver: Any, host: Any) -> list[str]:
    """All IPv4 and IPv6 addresses of I(host)."""
    found = []
    for rdtype in ("A", "AAAA"):
        try:
            found += sorted(value.address for value in resolver.resolve(host, rdtype))
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            continue
    return found


_REMEDY = "Check the domain, or name a resolver that knows it (dns_resolvers)."


def _shown(resolver: Any) -> str:
    return ", ".join(
        server if isinstance(server, str) else str(Endpoint(server.address, server.port))
        for server in resolver.nameservers
    )
