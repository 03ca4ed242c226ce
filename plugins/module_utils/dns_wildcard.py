# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says why a wildcard record does not answer for a name.

A wildcard answers only below the closest name that exists (RFC 4592). A record of the name's own, or of a name
between it and the wildcard, hides it; and so does a record further below, which makes the names above it exist
without records (empty non-terminals). All tried on BIND 9.18.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

from .dns_ask import Answer
from .dns_library import dns
from .dns_records import RecordSet, host_text

#: What a name is asked for to see what makes it exist.
_TYPES = ("A", "AAAA", "CNAME", "TXT", "MX", "NS", "SRV", "CAA")
#: Where certificate tools put challenges (RFC 8555 8.4): the usual cause of an empty non-terminal.
_CHALLENGE = "_acme-challenge"

Look = Callable[[Any, str], Answer]


def explain(look: Look, wanted: RecordSet, domain: Any, zone: Any) -> str:
    """Why I(wanted) is not answered by a wildcard, and what to do.

    :param look: asks one authoritative server for a name and a type.
    :param domain: the tenants' domain: where the wildcard should be.
    """
    if not wanted.values:
        return (
            f"Remove the {wanted.rdtype} record that answers for {wanted.host}, be it its own or a wildcard's, or add its "
            "address to dns_addresses."
        )
    for parent in _upwards(wanted.name.parent(), zone):
        wildcard = dns.name.Name((b"*", *parent.labels))
        answer = look(wildcard, wanted.rdtype)
        if answer.values or answer.alias is not None:
            return _hidden(look, wanted, parent, answer) or _points_elsewhere(wanted, wildcard, answer)
    return (
        f"There is no wildcard record: add *.{host_text(domain)} {wanted.rdtype} {' '.join(wanted.texts)}, or choose "
        "another dns_provider."
    )


def _hidden(look: Look, wanted: RecordSet, parent: Any, wildcard: Answer) -> str:
    """What stands between the wildcard below I(parent) and the wanted name; empty when nothing does."""
    for name in _downwards(parent, wanted.name):
        # A name with a wildcard of its own below it is seen by its own answer only.
        if _exists(look, name) or (name == wanted.name and look(name, wanted.rdtype) != wildcard):
            return _who_hides(look, name, parent)
    return ""


def _exists(look: Look, name: Any) -> bool:
    """Whether I(name) exists: then the wildcard does not answer for what is below it."""
    unused = dns.name.Name((f"probe-{secrets.token_hex(8)}".encode(), *name.labels))
    return look(unused, "A").problem == "NXDOMAIN"


def _who_hides(look: Look, name: Any, parent: Any) -> str:
    host, wildcard = host_text(name), f"*.{host_text(parent)}"
    remedy = f"Remove it, or add what is missing: the records of {host} itself and of *.{host}."
    for rdtype in _TYPES:
        answer = look(name, rdtype)
        if answer.values or answer.alias is not None:
            shown = str(answer) if answer.problem else f"{rdtype} {answer}"
            return f"The record {host} {shown} hides the wildcard {wildcard} from that name and all below it. {remedy}"
    challenge = dns.name.Name((_CHALLENGE.encode(), *name.labels))
    for rdtype in ("TXT", "CNAME"):
        if look(challenge, rdtype).values:
            return (
                f"The record {host_text(challenge)} {rdtype} makes {host} an empty name, which hides the wildcard "
                f"{wildcard} from it and all below it. {remedy}"
            )
    return (
        f"{host} is an empty name: a record below it hides the wildcard {wildcard} from it and all below it. {remedy}"
    )


def _points_elsewhere(wanted: RecordSet, wildcard: Any, answer: Answer) -> str:
    if answer.holds(wanted):
        return f"The wildcard {host_text(wildcard)} itself answers as wanted: look at the zone on that server."
    return (
        f"The wildcard {host_text(wildcard)} answers {answer}: change it to {wanted.rdtype} {' '.join(wanted.texts)}, "
        "or set dns_addresses to what is right."
    )


def _upwards(name: Any, end: Any) -> Iterator[Any]:
    """I(name) and the names above it, I(end) the last."""
    while name.is_subdomain(end):
        yield name
        if name == end:
            return
        name = name.parent()


def _downwards(start: Any, end: Any) -> list[Any]:
    """The names below I(start) down to I(end)."""
    return [name for name in _upwards(end, start) if name != start][::-1]
