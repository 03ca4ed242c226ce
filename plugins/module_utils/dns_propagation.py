# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until every authoritative server of a zone, and after them the named resolvers, answer as wanted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import dns_authorities
from .dns_ask import Answer, Endpoint, NoRoute, ask, serial
from .dns_library import dns
from .dns_records import RecordSet, host_text, unwanted_families
from .dns_wildcard import explain
from .errors import TenantError
from .pauses import Deadline, Pauses

_AT_ONCE = 8


@dataclass
class Witness:
    """One server and what it answered last."""

    server: Endpoint
    recursive: bool
    answers: dict[RecordSet, Answer] = field(default_factory=dict)
    unreachable: bool = False
    serial: int | None = None

    @property
    def agrees(self) -> bool:
        """Whether it answers all as wanted, or cannot be asked from here."""
        return self.unreachable or (
            bool(self.answers) and all(answer.holds(wanted) for wanted, answer in self.answers.items())
        )

    @property
    def lacking(self) -> list[str]:
        """What it answers that is not wanted, in words."""
        grouped: dict[str, list[str]] = {}
        for wanted, answer in self.answers.items():
            if not answer.holds(wanted):
                none = "" if wanted.values else ", where none is wanted"
                grouped.setdefault(str(answer), []).append(f"{wanted.host} {wanted.rdtype}{none}")
        return [f"{answer} for {' and '.join(asked)}" for answer, asked in grouped.items()]

    def as_result(self) -> dict[str, Any]:
        """The fields of a module's result."""
        return {
            "server": self.server.host or self.server.address,
            "address": self.server.address,
            "agrees": self.agrees and not self.unreachable,
            "skipped": self.unreachable,
            "serial": self.serial,
            "answers": [
                {"name": wanted.host, "type": wanted.rdtype, "answer": str(answer)}
                for wanted, answer in self.answers.items()
            ],
        }


class Propagation:
    """The wait for I(wanted).

    :param domain: a name above all wanted ones that exists already; the zone is sought from here.
    :param resolvers: asked for the zone's servers, and after these for the wanted names; empty for the system's,
        which are asked for the servers only.
    :param timeout: seconds; 0 looks once.
    """

    def __init__(
        self,
        wanted: list[RecordSet],
        domain: Any,
        resolvers: list[Endpoint],
        port: int,
        timeout: float,
        by_wildcard: bool,
    ) -> None:
        self._wanted = wanted
        self._unwanted = unwanted_families(wanted)
        self._domain = domain
        self._resolvers = resolvers
        self._resolver = dns_authorities.make_resolver(resolvers)
        self._port = port
        self._by_wildcard = by_wildcard
        self._deadline = Deadline(timeout)

    def wait(self) -> dict[str, Any]:
        """Wait; the fields of a module's result."""
        authorities = self._find()
        servers = [Witness(server, recursive=False) for server in authorities.servers]
        resolvers = [Witness(server, recursive=True) for server in self._resolvers]
        rounds = self._until_agreed(servers)
        self._refuse_unreachable(authorities, servers)
        result: dict[str, Any] = {
            "changed": False,
            "zone": host_text(authorities.zone),
            "servers": servers,
            "resolvers": resolvers,
            "rounds": rounds,
        }
        if not all(server.agrees for server in servers):
            for witness in servers:
                witness.serial = None if witness.unreachable else serial(witness.server, authorities.zone)
            raise self._late("servers of " + host_text(authorities.zone), servers, authorities.zone, result)
        # Only now: a resolver asked too early keeps the answer that the name does not exist.
        result["rounds"] += self._until_agreed(resolvers)
        if not all(resolver.agrees for resolver in resolvers):
            raise self._late("resolvers", resolvers, authorities.zone, result)
        return self._told(result)

    def _find(self) -> dns_authorities.Authorities:
        pauses = Pauses(self._deadline)
        while True:
            try:
                found = dns_authorities.find(self._resolver, self._domain, self._port)
            except dns_authorities.LookupFailed:
                if not pauses.pause():
                    raise
                continue
            for wanted in self._wanted:
                if not wanted.name.is_subdomain(found.zone):
                    raise TenantError(
                        f"{wanted.host} lies outside of {host_text(found.zone)}, the zone of {host_text(self._domain)}.",
                        "Check domain: it must end all names.",
                    )
            return found

    def _until_agreed(self, witnesses: list[Witness]) -> int:
        """Ask those that do not agree until all do or the time is over; returns the number of rounds."""
        pauses, rounds = Pauses(self._deadline), 0
        while pending := [witness for witness in witnesses if not witness.agrees]:
            with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
                list(pool.map(self._look, pending))
            rounds += 1
            if all(witness.agrees for witness in pending) or not pauses.pause():
                break
        return rounds

    def _look(self, witness: Witness) -> None:
        """Ask one server for everything; one that does not answer is not asked for the rest."""
        silent: Answer | None = None
        # A resolver may make up addresses of the other family (DNS64), so only the authorities are asked for them.
        for wanted in self._wanted if witness.recursive else self._wanted + self._unwanted:
            try:
                answer = silent or self._answer(witness, wanted)
            except NoRoute:
                witness.unreachable = True
                return
            witness.answers[wanted] = answer
            silent = answer if answer.silent else None

    def _answer(self, witness: Witness, wanted: RecordSet) -> Answer:
        answer = self._followed(ask(witness.server, wanted.name, wanted.rdtype, witness.recursive), wanted)
        if witness.recursive or not answer.holds(wanted):
            return answer
        # Resolvers turn to TCP for long answers and when a server limits its answers, so both ways must lead there.
        return self._followed(ask(witness.server, wanted.name, wanted.rdtype, over_tcp=True), wanted)

    def _followed(self, answer: Answer, wanted: RecordSet) -> Answer:
        if answer.alias is None:
            return answer
        # The target lies in another zone and is not new, so a resolver may be asked.
        try:
            found = self._resolver.resolve(answer.alias, wanted.rdtype)
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            return Answer(problem=f"{answer}, which has no {wanted.rdtype}")
        except dns.exception.DNSException as error:
            return Answer(problem=f"{answer}, whose {wanted.rdtype} can't be looked up ({error})", speaks=False)
        return Answer(values=frozenset(found.rrset))

    def _refuse_unreachable(self, authorities: dns_authorities.Authorities, servers: list[Witness]) -> None:
        if all(server.unreachable for server in servers):
            shown = ", ".join(str(server.server) for server in servers)
            raise TenantError(
                f"No server of {host_text(authorities.zone)} can be asked from here: {shown} (no network for these "
                "addresses).",
                "Run where the servers can be reached.",
            )

    def _late(self, whom: str, witnesses: list[Witness], zone: Any, result: dict[str, Any]) -> TenantError:
        late = [witness for witness in witnesses if not witness.agrees]
        newest = max((witness.serial for witness in witnesses if witness.serial is not None), default=None)
        said = "; ".join(f"{witness.server}: {', '.join(witness.lacking)}{_age(witness, newest)}" for witness in late)
        after = f" after {self._deadline.timeout:g} s" if self._deadline.timeout else ""
        reason = self._reason(late, zone) if self._by_wildcard else ""
        msg = (
            f"{len(late)} of {len(witnesses)} {whom} do not answer {', '.join(str(each) for each in self._wanted)}"
            f"{after}: {said}.{reason}"
        )
        return TenantError(msg, "" if reason else _REMEDY, **self._told(result))

    def _reason(self, late: list[Witness], zone: Any) -> str:
        """Why the wildcard does not answer, by the first authority that speaks."""
        for witness in late:
            for wanted, answer in witness.answers.items():
                if answer.speaks and not answer.holds(wanted) and not witness.recursive:
                    return " " + explain(partial(ask, witness.server), wanted, self._domain, zone)
        return ""

    def _told(self, result: dict[str, Any]) -> dict[str, Any]:
        told = {kind: [witness.as_result() for witness in result[kind]] for kind in ("servers", "resolvers")}
        return {**result, **told, "elapsed": round(self._deadline.elapsed, 2)}


_REMEDY = (
    "Look for a server that lags behind or was forgotten, and at the records in the zone itself; then run again, "
    "with a longer timeout if it only takes its time."
)


def _age(witness: Witness, newest: int | None) -> str:
    if witness.serial is None or newest is None or witness.serial == newest:
        return ""
    return f" (its copy of the zone is old: serial {witness.serial}, another has {newest})"
