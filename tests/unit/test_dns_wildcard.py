# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a wildcard does not answer, against a small zone that follows RFC 4592."""

from __future__ import annotations

from typing import Any

import dns.name
import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_ask import Answer
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import parse_record_sets, unwanted_families
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_wildcard import explain

ZONE = dns.name.from_text("wild.test")
Zone = dict[tuple[str, str], str]


def ask_zone(zone: Zone, name: Any, rdtype: str) -> Answer:
    """What an authority with the records of I(zone) answers (RFC 4592 3.3)."""
    owners = {dns.name.from_text(owner) for owner, _rdtype in zone} | {ZONE}
    existing = {ancestor for owner in owners for ancestor in ancestors(owner)}
    if name not in existing:
        encloser = next(ancestor for ancestor in ancestors(name) if ancestor in existing)
        name = dns.name.Name((b"*", *encloser.labels))
        if name not in existing:
            return Answer(problem="NXDOMAIN")
    value = zone.get((name.to_text(omit_final_dot=True), rdtype))
    if value is None:
        return Answer(problem=f"no {rdtype} record")
    return Answer(frozenset([dns.rdata.from_text("IN", rdtype, value)]))


def ancestors(name: Any) -> list[Any]:
    """I(name) and the names above it in the zone."""
    return [name, *(ancestors(name.parent()) if name != ZONE else [])]


def wanted(host: str) -> Any:
    return parse_record_sets([{"name": host, "type": "A", "value": ["127.0.0.1"]}])[0]


def why(zone: Zone, host: str) -> str:
    return explain(lambda name, rdtype: ask_zone(zone, name, rdtype), wanted(host), ZONE, ZONE)


WILDCARD = {("*.wild.test", "A"): "127.0.0.1"}


@pytest.mark.parametrize(
    ("records", "host", "expected"),
    [
        ({}, "acme.wild.test", "There is no wildcard record: add *.wild.test A 127.0.0.1"),
        ({("*.wild.test", "TXT"): "x"}, "api.acme.wild.test", "There is no wildcard record"),
        ({("*.wild.test", "A"): "192.0.2.1"}, "acme.wild.test", "The wildcard *.wild.test answers 192.0.2.1: change"),
        (
            {**WILDCARD, ("acme.wild.test", "A"): "127.0.0.1"},
            "api.acme.wild.test",
            "The record acme.wild.test A 127.0.0.1 hides the wildcard *.wild.test from that name and all below it.",
        ),
        (
            {**WILDCARD, ("acme.wild.test", "MX"): "10 mail.wild.test."},
            "acme.wild.test",
            "The record acme.wild.test MX 10 mail.wild.test. hides",
        ),
        (
            {**WILDCARD, ("_acme-challenge.acme.wild.test", "TXT"): "token"},
            "acme.wild.test",
            "The record _acme-challenge.acme.wild.test TXT makes acme.wild.test an empty name",
        ),
        (
            {**WILDCARD, ("_acme-challenge.acme.wild.test", "TXT"): "token"},
            "api.acme.wild.test",
            "The record _acme-challenge.acme.wild.test TXT makes acme.wild.test an empty name",
        ),
        (
            {**WILDCARD, ("x.y.acme.wild.test", "A"): "192.0.2.1"},
            "api.acme.wild.test",
            "acme.wild.test is an empty name: a record below it hides",
        ),
        (
            {**WILDCARD, ("acme.wild.test", "A"): "192.0.2.7", ("*.acme.wild.test", "A"): "127.0.0.1"},
            "acme.wild.test",
            "The record acme.wild.test A 192.0.2.7 hides",
        ),
        (
            {**WILDCARD, ("acme.wild.test", "A"): "127.0.0.1", ("*.acme.wild.test", "A"): "192.0.2.7"},
            "api.acme.wild.test",
            "The wildcard *.acme.wild.test answers 192.0.2.7: change it",
        ),
    ],
)
def test_reason(records: Zone, host: str, expected: str) -> None:
    assert not ask_zone(records, dns.name.from_text(host), "A").holds(wanted(host))
    assert expected in why(records, host)


def test_what_the_wildcard_has_beside_what_is_wanted() -> None:
    (unwanted,) = unwanted_families([wanted("acme.wild.test")])
    assert explain(lambda name, rdtype: ask_zone(WILDCARD, name, rdtype), unwanted, ZONE, ZONE).startswith(
        "Remove the AAAA record that answers for acme.wild.test, be it its own or a wildcard's, or add its address"
    )


OWNERS = ["*.wild.test", "acme.wild.test", "*.acme.wild.test", "api.acme.wild.test", "_acme-challenge.acme.wild.test"]


@given(
    st.dictionaries(st.sampled_from([(owner, "A") for owner in OWNERS]), st.sampled_from(["127.0.0.1", "192.0.2.7"])),
    st.sampled_from(["acme.wild.test", "api.acme.wild.test"]),
)
def test_the_remedy_is_never_that_all_is_well(zone: Zone, host: str) -> None:
    if not ask_zone(zone, dns.name.from_text(host), "A").holds(wanted(host)):
        assert "itself answers as wanted" not in why(zone, host)
