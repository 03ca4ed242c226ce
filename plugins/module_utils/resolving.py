# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a host name to its addresses, asked where people's computers ask or at name servers of one's choice."""

from __future__ import annotations

import ipaddress
import socket

from .errors import TenantError

_REMEDY = "Publish its DNS record, or wait until it has spread."


def addresses(host: str, nameservers: list[str], port: int = 53, timeout: float = 5.0) -> list[str]:
    """The IPv4 and then the IPv6 addresses of I(host).

    :param nameservers: the resolvers to ask, each C(ADDRESS) or C(ADDRESS#PORT); empty for the system's.
    :param port: the port of those that have none of their own.
    :param timeout: seconds for the whole question.
    :raises TenantError: with C(error) name_not_found or dns_failed.
    """
    if _is_address(host):
        return [host]
    if nameservers:
        load_library()
        return _by_servers(host, nameservers, port, timeout)
    return _by_system(host)


def _by_system(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        # EAI_NODATA is not everywhere.
        missing = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
        code = "name_not_found" if error.errno in missing else "dns_failed"
        raise TenantError(
            f"{host} does not resolve (system resolver): {error.strerror}.", _REMEDY, error=code
        ) from error
    except UnicodeError as error:
        raise TenantError(f"{host!r} is not a host name.", error="name_not_found") from error
    return sorted({str(entry[4][0]) for entry in found}, key=lambda address: (":" in address, address))


def load_library() -> None:
    """Import what asking name servers of one's choice needs; the system's resolver does without it."""
    from .dns_library import require_dnspython

    require_dnspython()


def _by_servers(host: str, nameservers: list[str], port: int, timeout: float) -> list[str]:
    from .dns_ask import parse_endpoint
    from .dns_library import dns

    servers = [parse_endpoint(text, port, "resolvers") for text in nameservers]
    asked = f"asked {', '.join(str(server) for server in servers)}"
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [dns.nameserver.Do53Nameserver(server.address, server.port) for server in servers]
    found = []
    try:
        for kind in ("A", "AAAA"):
            answer = resolver.resolve(host, kind, search=False, lifetime=timeout, raise_on_no_answer=False)
            found += [data.address for data in answer.rrset or []]
    except dns.resolver.NXDOMAIN as error:
        raise TenantError(
            f"{host} does not resolve ({asked}): there is no such name.", _REMEDY, error="name_not_found"
        ) from error
    except dns.exception.DNSException as error:
        raise TenantError(
            f"{host} can't be looked up ({asked}): {str(error).rstrip('.')}.",
            "Check the resolvers and their port.",
            error="dns_failed",
        ) from error
    if not found:
        raise TenantError(f"{host} has no address ({asked}).", _REMEDY, error="name_not_found")
    return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
