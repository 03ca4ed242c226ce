# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order and the end of the wait for name servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dns.message
import dns.name
import dns.rdata
import dns.rdataset
import dns.resolver
import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import dns_authorities, dns_propagation, pauses
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_ask import Answer, Endpoint, NoRoute
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_authorities import Authorities, LookupFailed
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_propagation import Propagation
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import parse_record_sets
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

ZONE = dns.name.from_text("example.com")
FIRST, SECOND, IPV6, RESOLVER = (
    Endpoint(address, 53) for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.9")
)
RECORDS = [
    {"name": "acme.example.com", "type": "A", "value": ["192.0.2.10"]},
    {"name": "api.acme.example.com", "type": "A", "value": ["192.0.2.10"]},
]
GOOD = Answer(frozenset([dns.rdata.from_text("IN", "A", "192.0.2.10")]))
MISSING = Answer(problem="NXDOMAIN")
SILENT = Answer(problem="no answer", silent=True, speaks=False)


class World:
    """Servers whose answers a test sets, a clock that only pauses move, and a record of who was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.servers = [FIRST, SECOND]
        self.answers: dict[Endpoint, Callable[[float], Answer]] = {}
        self.ipv6: dict[Endpoint, Answer] = {}
        self.without_tcp: list[Endpoint] = []
        self.asked: list[Endpoint] = []
        self.clock = 0.0
        monkeypatch.setattr(dns_authorities, "find", lambda *_given: Authorities(ZONE, self.servers))
        monkeypatch.setattr(dns_propagation, "ask", self.ask)
        monkeypatch.setattr(dns_propagation, "serial", lambda server, _zone: 7 if server == SECOND else 8)
        monkeypatch.setattr(pauses.time, "monotonic", lambda: self.clock)
        monkeypatch.setattr(pauses.time, "sleep", self.sleep)

    def ask(self, server: Endpoint, _name: Any, rdtype: str, recursive: bool = False, over_tcp: bool = False) -> Answer:
        self.asked.append(server)
        if rdtype == "AAAA" and not recursive and server in self.ipv6:
            return self.ipv6[server]
        if over_tcp and server in self.without_tcp:
            return Answer(problem="no answer", silent=True, speaks=False, over_tcp=True)
        answer = self.answers.get(server, lambda _now: GOOD)(self.clock)
        return Answer(problem="no AAAA record") if rdtype == "AAAA" and answer is GOOD else answer

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.clock += seconds

    def wait(self, timeout: float, records: list[dict[str, Any]] | None = None, **options: Any) -> dict[str, Any]:
        options = {"resolvers": [RESOLVER], "port": 53, "by_wildcard": False, **options}
        return Propagation(parse_record_sets(records or RECORDS), ZONE, timeout=timeout, **options).wait()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_resolvers_are_asked_only_after_all_authorities_agree(world: World) -> None:
    world.answers[SECOND] = lambda now: GOOD if now >= 10 else MISSING
    told = world.wait(60)
    assert world.asked[-2:] == [RESOLVER, RESOLVER]
    assert RESOLVER not in world.asked[:-2]
    # One that agreed is left in peace: each of two names once by UDP and once by TCP, for both families.
    assert world.asked.count(FIRST) == 8
    assert 10 <= told["elapsed"] < 20
    assert told["rounds"] > 2


def test_late_server_is_told_with_every_servers_answer(world: World) -> None:
    world.answers[SECOND] = lambda _now: MISSING
    with pytest.raises(TenantError) as late:
        world.wait(30)
    assert late.value.msg == (
        "1 of 2 servers of example.com do not answer acme.example.com A 192.0.2.10, api.acme.example.com A 192.0.2.10 "
        "after 30 s: 192.0.2.2: NXDOMAIN for acme.example.com A and api.acme.example.com A (its copy of the zone is "
        "old: serial 7, another has 8)."
    )
    assert [server["agrees"] for server in late.value.details["servers"]] == [True, False]
    assert RESOLVER not in world.asked
    assert world.clock == 30


def test_an_address_of_the_other_family_leads_elsewhere_and_is_told(world: World) -> None:
    world.ipv6[SECOND] = Answer(frozenset([dns.rdata.from_text("IN", "AAAA", "2001:db8::7")]))
    with pytest.raises(TenantError, match="192.0.2.2: 2001:db8::7 for acme.example.com AAAA, where none is wanted and"):
        world.wait(0)
    both = [*RECORDS, *({**each, "type": "AAAA", "value": ["2001:db8::7"]} for each in RECORDS)]
    world.ipv6[FIRST] = world.ipv6[SECOND]
    assert world.wait(0, both, resolvers=[])["rounds"] == 1
    # A question that got no answer does not tell that there is none.
    world.ipv6[SECOND] = SILENT
    with pytest.raises(TenantError, match="192.0.2.2: no answer for acme.example.com AAAA, where none is wanted"):
        world.wait(0)


def test_timeout_0_looks_once(world: World) -> None:
    world.answers[SECOND] = lambda _now: MISSING
    with pytest.raises(TenantError) as late:
        world.wait(0)
    assert late.value.details["rounds"] == 1
    assert world.clock == 0
    assert "after" not in late.value.msg.split(":")[0]


def test_silent_server_is_asked_once_a_round(world: World) -> None:
    world.answers[SECOND] = lambda _now: SILENT
    with pytest.raises(TenantError, match="192.0.2.2: no answer for acme.example.com A and api.acme.example.com A"):
        world.wait(0)
    assert world.asked.count(SECOND) == 1


def test_server_that_answers_only_by_udp_is_told(world: World) -> None:
    world.without_tcp = [SECOND]
    with pytest.raises(TenantError, match="192.0.2.2: no answer over TCP for acme.example.com A and api.acme"):
        world.wait(0)


def test_resolver_that_lags_is_told(world: World) -> None:
    world.answers[RESOLVER] = lambda _now: MISSING
    with pytest.raises(TenantError, match="1 of 1 resolvers do not answer .* after 5 s: 192.0.2.9: NXDOMAIN"):
        world.wait(5)


def test_address_without_a_route_is_skipped_and_told(world: World) -> None:
    def no_route(_now: float) -> Answer:
        raise NoRoute

    world.servers = [FIRST, IPV6]
    world.answers[IPV6] = no_route
    told = world.wait(0)
    assert [(server["agrees"], server["skipped"]) for server in told["servers"]] == [(True, False), (False, True)]
    world.servers = [IPV6]
    with pytest.raises(TenantError, match="No server of example.com can be asked from here: 2001:db8::1"):
        world.wait(60)
    assert world.clock == 0


def test_alias_into_another_zone_is_looked_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    alias = Answer(problem="CNAME edge.example.net", alias=dns.name.from_text("edge.example.net"))
    world.answers = {FIRST: lambda _now: alias, SECOND: lambda _now: alias}
    looked_up = []

    class Found:
        rrset = dns.rdataset.from_text("IN", "A", 60, "192.0.2.10")

    def resolve(_self: Any, name: Any, rdtype: str) -> Any:
        looked_up.append(name.to_text())
        if rdtype == "AAAA":
            raise dns.resolver.NoAnswer(response=dns.message.make_query(name, rdtype))
        return Found

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", resolve)
    assert all(server["agrees"] for server in world.wait(0)["servers"])
    assert set(looked_up) == {"edge.example.net."}


def test_wildcard_is_explained_by_a_server_that_speaks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.answers = {FIRST: lambda _now: SILENT, SECOND: lambda _now: MISSING}
    monkeypatch.setattr(dns_propagation, "explain", lambda look, *_given: f"Because {look(ZONE, 'A')}.")
    with pytest.raises(TenantError, match=r"Because NXDOMAIN\.$"):
        world.wait(0, by_wildcard=True)
    world.answers[SECOND] = lambda _now: SILENT
    with pytest.raises(TenantError) as late:
        world.wait(0, by_wildcard=True)
    assert "Because" not in late.value.msg
    assert late.value.remedy


def test_name_outside_of_the_zone(world: World) -> None:
    with pytest.raises(TenantError, match="acme.example.net lies outside of example.com"):
        world.wait(60, records=[{"name": "acme.example.net", "type": "A", "value": ["192.0.2.10"]}])


def test_resolver_that_fails_for_a_moment_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_given: Any) -> Authorities:
        if world.clock < 3:
            raise LookupFailed("The resolver did not answer.")
        return Authorities(ZONE, world.servers)

    monkeypatch.setattr(dns_authorities, "find", find)
    assert world.wait(10)["zone"] == "example.com"
    world.clock = 0
    with pytest.raises(LookupFailed):
        world.wait(2)


def test_domain_in_no_zone_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns.resolver, "zone_for_name", lambda *_given, **_options: dns.name.root)
    monkeypatch.setattr(dns.resolver.Resolver, "resolve", lambda *_given: [])
    resolver = dns_authorities.make_resolver([RESOLVER])
    with pytest.raises(TenantError, match="The resolver 192.0.2.9 knows no zone for example.com"):
        dns_authorities.find(resolver, ZONE, 53)
