# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether CAA records let an authority issue a certificate for a name (RFC 8659), and by which challenge (RFC 8657).

The records of the closest name count, from the name itself upwards; those of the names above it do not. Names within the
zone are asked of its servers, since a resolver would keep the answer that a tenant's name does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from . import dns_authorities
from .dns_ask import Answer, NoRoute, ask
from .dns_library import dns
from .dns_records import host_text, parse_name
from .errors import TenantError

#: A tag that is not known forbids all when its record is critical (RFC 8659 4.1, RFC 9495, CA/B baseline requirements).
_KNOWN_TAGS = {"issue", "issuewild", "iodef", "issuemail", "contactemail", "contactphone"}
_CRITICAL = 128
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True)
class Caa:
    """One CAA record."""

    flags: int
    tag: str
    value: str

    @property
    def issuer(self) -> str:
        """The authority that it names; empty for none, and for a value that is not well formed."""
        domain = self.value.partition(";")[0].strip(" \t").lower()
        return domain if _DOMAIN.fullmatch(domain) else ""

    @property
    def methods(self) -> set[str] | None:
        """The ways to prove a name that it allows; None for all."""
        values = self._values("validationmethods")
        if not values:
            return None
        # Of two nobody can say which counts.
        return {method.strip().lower() for method in values[0].split(",")} if len(values) == 1 else set()

    @property
    def accounts(self) -> list[str]:
        """The accounts at the authority that it allows; empty for all."""
        return self._values("accounturi")

    def _values(self, parameter: str) -> list[str]:
        pairs = (one.partition("=") for one in self.value.split(";")[1:])
        return [value.strip() for tag, _equals, value in pairs if tag.strip().lower() == parameter]

    def __str__(self) -> str:
        return f'{self.flags} {self.tag} "{self.value}"'


@dataclass(frozen=True)
class Policy:
    """The records that count for a name, and where they stand."""

    at: Any
    records: tuple[Caa, ...]

    @property
    def is_unknown(self) -> bool:
        """Whether a record of an unknown kind forbids all."""
        return any(record.flags & _CRITICAL and record.tag not in _KNOWN_TAGS for record in self.records)

    def tag(self, wildcard: bool) -> str:
        """The tag of the records that count for the name, or for the names right below it."""
        return "issuewild" if wildcard and any(record.tag == "issuewild" for record in self.records) else "issue"

    def counting(self, wildcard: bool) -> list[Caa]:
        """These records; without any, all authorities may issue."""
        return [record for record in self.records if record.tag == self.tag(wildcard)]


def find_policy(look: Callable[[Any], list[Caa]], name: Any) -> Policy | None:
    """The policy for I(name): that of the closest name that has one."""
    while name != dns.name.root:
        records = look(name)
        if records:
            return Policy(name, tuple(records))
        name = name.parent()
    return None


def refuse_forbidden(
    names: Iterable[str], issuer: str, challenge: str, look: Callable[[Any], list[Caa]]
) -> list[dict[str, Any]]:
    """Refuse names for which I(issuer) may not issue; returns the policies of the others.

    :param names: host names, wildcards among them.
    :param challenge: how they are proven, V(http) or V(dns); empty for any way.
    :param look: the CAA records of one name.
    """
    policies: list[dict[str, Any]] = []
    for text in names:
        wildcard = text.startswith("*.")
        policy = find_policy(look, parse_name(text[2:] if wildcard else text, "names"))
        if policy is None:
            continue
        allowing = _allowing(text, policy, wildcard, issuer, challenge)
        # One that names no account allows all of them.
        bound = [] if any(not record.accounts for record in allowing) else allowing
        policies.append(
            {**_told(text, policy), "accounts": [account for record in bound for account in record.accounts]}
        )
    return policies


def _allowing(name: str, policy: Policy, wildcard: bool, issuer: str, challenge: str) -> list[Caa]:
    """The records that let I(issuer) issue for I(name), empty when all authorities may; refuses when there are others only."""
    counting = policy.counting(wildcard)
    named = [record for record in counting if record.issuer == issuer.lower()]
    if policy.is_unknown or (counting and not named):
        raise _forbidden(
            name,
            policy,
            issuer,
            f'Add {host_text(policy.at)}. CAA 0 {policy.tag(wildcard)} "{issuer}", or let an authority issue that is named there.',
        )
    method = f"{challenge}-01"
    allowing = [record for record in named if not challenge or record.methods is None or method in record.methods]
    if named and not allowing:
        raise _forbidden(
            name,
            policy,
            f"{issuer} by {method}",
            f"Add {method} to validationmethods there, or prove the names in another way (certificate_challenge).",
        )
    return allowing


def parse_records(values: Iterable[Any]) -> list[Caa]:
    """The records of an answer."""
    return sorted(
        (
            Caa(
                value.flags,
                value.tag.decode("ascii", "replace").lower(),
                value.value.decode("utf-8", "backslashreplace"),
            )
            for value in values
        ),
        key=str,
    )


class Lookup:
    """Finds CAA records, each name's once: within the zone at its servers, above it at the resolver.

    Who tells nothing hinders nobody: this machine may be the only one that gets no answer.
    """

    def __init__(self, resolver: Any, domain: Any, port: int) -> None:
        self._resolver = resolver
        self._authorities = dns_authorities.find(resolver, domain, port)
        self._known: dict[Any, list[Caa]] = {}

    def __call__(self, name: Any) -> list[Caa]:
        if name not in self._known:
            within = name.is_subdomain(self._authorities.zone)
            self._known[name] = parse_records(self._ask_servers(name) if within else self._ask_resolver(name))
        return self._known[name]

    def _ask_servers(self, name: Any) -> frozenset[Any]:
        for answer in self._answers(name):
            if answer.alias is not None:
                return self._ask_resolver(answer.alias)
            if answer.speaks:
                return answer.values
        return frozenset()

    def _answers(self, name: Any) -> Iterator[Answer]:
        for server in self._authorities.servers:
            try:
                yield ask(server, name, "CAA")
            except NoRoute:
                continue

    def _ask_resolver(self, name: Any) -> frozenset[Any]:
        """What it knows."""
        try:
            return frozenset(self._resolver.resolve(name, "CAA").rrset)
        except dns.exception.DNSException:
            return frozenset()


def _forbidden(name: str, policy: Policy, whom: str, remedy: str) -> TenantError:
    records = ", ".join(str(record) for record in policy.records)
    return TenantError(
        f"CAA records forbid {whom} to issue a certificate for {name}: {host_text(policy.at)} has {records}.",
        remedy,
        policies=[_told(name, policy)],
    )


def _told(name: str, policy: Policy) -> dict[str, Any]:
    return {"name": name, "at": host_text(policy.at), "records": [str(record) for record in policy.records]}
