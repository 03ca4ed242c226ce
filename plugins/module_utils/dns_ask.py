# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks one DNS server one question, and judges the answer."""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace
from typing import Any

from .dns_library import dns
from .dns_records import RecordSet, host_text, value_text
from .errors import TenantError

#: Seconds for one question, and how often it is asked: UDP loses packets.
_PATIENCE = 2.0
_TRIES = 2
#: No route to this kind of address from here: says nothing about the server.
_NO_ROUTE = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class NoRoute(Exception):
    """This machine has no network of the address's family."""


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens."""

    address: str
    port: int
    host: str = ""

    def __str__(self) -> str:
        where = self.address if self.port == 53 else f"{self.address}#{self.port}"
        return f"{self.host} ({where})" if self.host else where


@dataclass(frozen=True)
class Answer:
    """What a server said.

    :param problem: why there are no values, such as V(NXDOMAIN) or V(no answer); empty when there are.
    :param alias: where a CNAME leads whose target the answer does not tell.
    :param silent: nothing came back.
    :param speaks: the server answered for its zone, be it that there is no such record.
    :param over_tcp: it was asked over TCP.
    """

    values: frozenset[Any] = frozenset()
    problem: str = ""
    alias: Any = None
    silent: bool = False
    speaks: bool = True
    over_tcp: bool = False

    def holds(self, wanted: RecordSet) -> bool:
        """Whether this is what is wanted: every value, and no other one except beside a TXT; or surely none."""
        if wanted.rdtype == "TXT":
            return self.values >= wanted.values
        return self.values == wanted.values and (self.speaks or bool(self.values))

    def __str__(self) -> str:
        said = self.problem or " ".join(sorted(value_text(value) for value in self.values))
        return f"{said} over TCP" if self.over_tcp else said


def parse_endpoint(text: str, port: int, field: str) -> Endpoint:
    """C(ADDRESS) or C(ADDRESS#PORT), as dig writes it."""
    address, _separator, own_port = text.partition("#")
    valid_port = not own_port or (own_port.isascii() and own_port.isdigit() and 0 < int(own_port) < 65536)
    if not dns.inet.is_address(address) or not valid_port:
        raise TenantError(f"{field}: {text!r} is not an IP address with or without #PORT.", "Example: 192.0.2.53.")
    return Endpoint(address, int(own_port or port))


def ask(server: Endpoint, name: Any, rdtype: str, recursive: bool = False, over_tcp: bool = False) -> Answer:
    """What I(server) answers, by UDP, or by TCP when the answer is cut off.

    :param recursive: the server is a resolver, so it need not be an authority.
    :param over_tcp: ask by TCP at once.
    """
    return replace(_ask(server, name, rdtype, recursive, over_tcp), over_tcp=over_tcp)


def _ask(server: Endpoint, name: Any, rdtype: str, recursive: bool, over_tcp: bool) -> Answer:
    query = dns.message.make_query(name, rdtype, use_edns=0, payload=1232)
    if not recursive:
        query.flags &= ~dns.flags.RD
    problem = "no answer"
    for _try in range(_TRIES):
        try:
            if over_tcp:
                reply = dns.query.tcp(query, server.address, _PATIENCE, server.port)
            else:
                reply = dns.query.udp_with_fallback(query, server.address, _PATIENCE, server.port)[0]
            return _judge(reply, rdtype, recursive)
        except dns.exception.Timeout:
            continue
        except (OSError, EOFError) as error:
            if getattr(error, "errno", None) in _NO_ROUTE:
                raise NoRoute from error
            problem = f"no answer ({getattr(error, 'strerror', None) or error})"
        except dns.exception.DNSException as error:
            problem = f"no valid answer ({error})"
    return Answer(problem=problem, silent=True, speaks=False)


def serial(server: Endpoint, zone: Any) -> int | None:
    """The serial number of the server's copy of I(zone)."""
    soa = ask(server, zone, "SOA")
    return next((value.serial for value in soa.values), None)


def _judge(reply: Any, rdtype: str, recursive: bool) -> Answer:
    if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Answer(problem=dns.rcode.to_text(reply.rcode()), speaks=False)
    if not recursive and not reply.flags & dns.flags.AA:
        return Answer(problem="not an authority", speaks=False)
    chain = reply.resolve_chaining()
    if chain.answer is not None:
        return Answer(values=frozenset(chain.answer))
    if chain.cnames:
        return Answer(problem=f"CNAME {host_text(chain.canonical_name)}", alias=chain.canonical_name)
    if reply.rcode() == dns.rcode.NXDOMAIN:
        return Answer(problem="NXDOMAIN")
    return Answer(problem=f"no {rdtype} record")
