# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many names at one look, asked of an authoritative server: by one zone transfer where it is allowed, else name by name.

Only a transfer shows names that nobody thought of. A thousand names are a tenth of a second in a transfer, and some
seconds in questions, of which several are on their way at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .dns_ask import Answer, Endpoint, NoRoute, ask
from .dns_authorities import Authorities
from .dns_library import dns
from .dns_records import TYPES, host_text, value_text
from .errors import TenantError

_AT_ONCE = 16
_TRANSFER_SECONDS = 30.0
_ADDRESS_TYPES = ("A", "AAAA")


@dataclass(frozen=True)
class Survey:
    """What the names have.

    :param addresses: the addresses of each asked name, sorted.
    :param problems: why a name's addresses are not known.
    :param records: all record sets of the zone, None when its server allows no transfer.
    """

    addresses: dict[str, list[str]]
    problems: dict[str, str]
    records: list[dict[str, Any]] | None


def survey(authorities: Authorities, names: Iterable[Any], key: Any = None, primary: Endpoint | None = None) -> Survey:
    """What I(names) have.

    :param key: signs the request for a transfer, see L(dns_server.make_key).
    :param primary: the server to ask for a transfer, when it is not one of the zone's name servers.
    """
    server = primary or _speaking(authorities)
    zone = _transferred(server, authorities.zone, key)
    if zone is None:
        return Survey(*_asked(_speaking(authorities), names), None)
    known, unknown = {}, []
    wildcards = any(name.is_wild() for name in zone.nodes)
    for name in names:
        values = _addresses_in(zone, name)
        if values is not None:
            known[host_text(name)] = values
        else:
            unknown.append(name)
    # A name that is not in the zone may be answered by a wildcard: the server knows the rules for that.
    found, problems = _asked(server, unknown) if wildcards else ({host_text(name): [] for name in unknown}, {})
    return Survey({**known, **found}, problems, _records(zone))


def _speaking(authorities: Authorities) -> Endpoint:
    """The first of the zone's servers that answers for it."""
    for server in authorities.servers:
        try:
            if ask(server, authorities.zone, "SOA").values:
                return server
        except NoRoute:
            continue
    shown = ", ".join(map(str, authorities.servers))
    raise TenantError(
        f"No name server of {host_text(authorities.zone)} answers for it: {shown}.",
        "Check that they run and that no firewall is in between.",
    )


def _transferred(server: Endpoint, origin: Any, key: Any) -> Any:
    """The whole zone, or None when the server does not give it away."""
    # Only this function needs them.
    from dns import xfr
    from dns import zone as zones

    zone = zones.Zone(origin, relativize=False)
    query, _serial = xfr.make_query(zone)
    if key is not None:
        query.use_tsig(key)
    try:
        dns.query.inbound_xfr(server.address, zone, query, server.port, _TRANSFER_SECONDS, _TRANSFER_SECONDS)
    except (dns.exception.DNSException, OSError, EOFError):
        return None
    return zone


def _addresses_in(zone: Any, name: Any) -> list[str] | None:
    """The addresses that the zone itself has for I(name); None when a server must be asked."""
    node = zone.nodes.get(name)
    if node is None or zone.get_rdataset(name, "CNAME") is not None:
        return None
    sets = (zone.get_rdataset(name, rdtype) for rdtype in _ADDRESS_TYPES)
    return sorted(value_text(value) for found in sets if found is not None for value in found)


def _records(zone: Any) -> list[dict[str, Any]]:
    wanted = {dns.rdatatype.from_text(rdtype) for rdtype in TYPES}
    return [
        {
            "name": host_text(name),
            "type": dns.rdatatype.to_text(rdataset.rdtype),
            "value": sorted(map(value_text, rdataset)),
        }
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype in wanted
    ]


def _asked(server: Endpoint, names: Iterable[Any]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The addresses that I(server) answers, and for names without an answer the reason."""
    questions = [(name, rdtype) for name in names for rdtype in _ADDRESS_TYPES]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(lambda question: ask(server, *question), questions))
    addresses: dict[str, list[str]] = {}
    problems: dict[str, str] = {}
    for (name, _rdtype), answer in zip(questions, answers):
        host = host_text(name)
        if not answer.speaks:
            problems[host] = answer.problem
        addresses.setdefault(host, []).extend(_texts(answer))
    known = {host: sorted(values) for host, values in addresses.items() if host not in problems}
    return known, problems


def _texts(answer: Answer) -> list[str]:
    return [value_text(value) for value in answer.values]
