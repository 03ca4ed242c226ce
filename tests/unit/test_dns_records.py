# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record sets as people write them, and server addresses."""

from __future__ import annotations

from typing import Any

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_ask import Answer, Endpoint, parse_endpoint
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import parse_record_sets, value_text
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError


def record(name: str, rdtype: str, *values: str) -> dict[str, Any]:
    """An entry of a module's records."""
    return {"name": name, "type": rdtype, "value": list(values)}


def values(rdtype: str, *texts: str) -> frozenset[Any]:
    """Values as a server would send them."""
    return frozenset(dns.rdata.from_text("IN", rdtype, text) for text in texts)


def test_forms_of_one_set_are_equal() -> None:
    (plain,) = parse_record_sets([record("acme.example.com", "AAAA", "2001:db8::1", "2001:db8::2")])
    (other,) = parse_record_sets([record("ACME.Example.com.", "AAAA", "2001:DB8:0:0::2", "2001:db8::1", "2001:db8::1")])
    assert plain == other
    assert other.as_result(60) == {**record("acme.example.com", "AAAA", "2001:db8::1", "2001:db8::2"), "ttl": 60}
    assert str(other) == "acme.example.com AAAA 2001:db8::1 2001:db8::2"


def test_cname_without_dot_is_absolute() -> None:
    (parsed,) = parse_record_sets([record("acme.example.com", "CNAME", "edge.example.net")])
    assert parsed.values == values("CNAME", "edge.example.net.")
    assert parsed.texts == ["edge.example.net"]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=700))
def test_txt_is_any_text_and_comes_back_as_it_is(text: str) -> None:
    (parsed,) = parse_record_sets([record("acme.example.com", "TXT", text)])
    (value,) = parsed.values
    assert value_text(value) == text
    assert all(len(string) <= 255 for string in value.strings)
    # What travels is what was meant.
    wire = value.to_wire()
    assert dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.TXT, wire, 0, len(wire)) == value


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=600))
def test_zone_lines_of_any_text_are_read_back_by_a_name_server(text: str) -> None:
    (parsed,) = parse_record_sets([record("acme.example.com", "TXT", text)])
    (line,) = parsed.zone_lines(300)
    zone = dns.zone.from_text(line, origin="example.com", relativize=False, check_origin=False)
    assert set(zone.get_rdataset("acme.example.com.", "TXT")) == parsed.values


def test_zone_lines() -> None:
    sets = [
        record("acme.example.com", "A", "192.0.2.20", "192.0.2.10"),
        record("acme.example.com", "AAAA", "2001:db8::10"),
        record("www.example.com", "CNAME", "acme.example.com"),
    ]
    assert [line for each in parse_record_sets(sets) for line in each.zone_lines(60)] == [
        "acme.example.com. 60 IN A 192.0.2.10",
        "acme.example.com. 60 IN A 192.0.2.20",
        "acme.example.com. 60 IN AAAA 2001:db8::10",
        "www.example.com. 60 IN CNAME acme.example.com.",
    ]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "records: the list is empty"),
        ([record("acme.example.com", "A", "localhost")], "records[0].value: 'localhost' is not a value for the type A"),
        ([record("acme.example.com", "A", "::1")], "'::1' is not a value for the type A"),
        ([record("acme.example.com", "AAAA", "127.0.0.1")], "'127.0.0.1' is not a value for the type AAAA"),
        ([record("acme.example.com", "A", "127.0.0.1 ; x")], "is not a value for the type A"),
        ([record("acme.example.com", "A")], "acme.example.com A has no value"),
        ([record("acme.example.com", "TXT", "")], "the text of a TXT record is empty"),
        ([record("acme..example.com", "A", "127.0.0.1")], "records[0].name: 'acme..example.com' is not a DNS name"),
        ([record("a" * 64 + ".example.com", "A", "127.0.0.1")], "is not a DNS name"),
        ([record(".", "A", "127.0.0.1")], "'.' is not a DNS name"),
        ([record("", "A", "127.0.0.1")], "'' is not a DNS name"),
        ([record("a.test", "CNAME", "b.test", "c.test")], "a.test CNAME has 2 values"),
        ([record("a.test", "A", "127.0.0.1"), record("A.test.", "A", "127.0.0.2")], "a.test A stands in records twice"),
        ([record("a.test", "A", "127.0.0.1"), record("a.test", "CNAME", "b.test")], "a.test has a CNAME and a A"),
    ],
)
def test_refused(records: list[dict[str, Any]], expected: str) -> None:
    with pytest.raises(TenantError) as refused:
        parse_record_sets(records)
    assert expected in refused.value.msg


@given(st.text(max_size=300), st.sampled_from(["A", "AAAA", "CNAME", "TXT"]), st.text(max_size=300))
def test_any_input_is_parsed_or_refused_with_words(name: str, rdtype: str, value: str) -> None:
    try:
        (parsed,) = parse_record_sets([record(name, rdtype, value)])
    except TenantError as refused:
        assert refused.msg.startswith("records[0].")
    else:
        assert parse_record_sets([parsed.as_result()]) == [parsed]


@pytest.mark.parametrize(
    ("text", "endpoint", "shown"),
    [
        ("192.0.2.53", Endpoint("192.0.2.53", 53), "192.0.2.53"),
        ("192.0.2.53#5353", Endpoint("192.0.2.53", 5353), "192.0.2.53#5353"),
        ("2001:db8::53#1", Endpoint("2001:db8::53", 1), "2001:db8::53#1"),
    ],
)
def test_endpoint(text: str, endpoint: Endpoint, shown: str) -> None:
    assert parse_endpoint(text, 53, "resolvers") == endpoint
    assert str(endpoint) == shown
    assert str(Endpoint(endpoint.address, endpoint.port, "ns1.example.com")) == f"ns1.example.com ({shown})"


@pytest.mark.parametrize("text", ["", "ns1.example.com", "192.0.2.53#0", "192.0.2.53#65536", "192.0.2.53#x", "1.2.3#4"])
def test_endpoint_refused(text: str) -> None:
    with pytest.raises(TenantError, match="resolvers: .* is not an IP address"):
        parse_endpoint(text, 53, "resolvers")


def test_an_address_set_must_be_equal_and_a_txt_set_may_have_more() -> None:
    (address,) = parse_record_sets([record("acme.example.com", "A", "127.0.0.1")])
    assert Answer(values("A", "127.0.0.1")).holds(address)
    assert not Answer(values("A", "127.0.0.1", "127.0.0.2")).holds(address)
    assert not Answer(problem="NXDOMAIN").holds(address)
    (text,) = parse_record_sets([record("_acme-challenge.example.com", "TXT", "token")])
    assert Answer(values("TXT", "token", "other")).holds(text)
    assert not Answer(values("TXT", "other")).holds(text)
