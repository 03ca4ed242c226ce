# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record sets as people write them: a name, a type and values, checked and compared as the DNS compares them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .dns_library import dns
from .errors import TenantError

#: The types that a tenant can need.
TYPES = ["A", "AAAA", "CNAME", "TXT"]

#: The argument specification of the option that takes them; documented in doc_fragments/dns.py.
RECORDS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "type": {"type": "str", "choices": TYPES, "required": True},
        "value": {"type": "list", "elements": "str", "required": True},
    },
}

#: The types by which a name has an address of its own. All of a name's are one place: a visitor takes whichever he can use.
ADDRESS_TYPES = ("A", "AAAA")

_TXT_STRING = 255
_EXAMPLE = "Example: {name: acme.example.com, type: A, value: [192.0.2.10]}."


@dataclass(frozen=True)
class RecordSet:
    """All values of one name and type.

    :param name: a C(dns.name.Name), absolute.
    :param rdtype: the type as text, such as V(A).
    :param values: C(dns.rdata.Rdata) objects, which compare as the DNS does; empty when there is no such set, or when
        none may be there.
    """

    name: Any
    rdtype: str
    values: frozenset[Any]

    @property
    def host(self) -> str:
        """The name as text, without the dot at its end."""
        return host_text(self.name)

    @property
    def texts(self) -> list[str]:
        """The values as text, sorted."""
        return sorted(value_text(value) for value in self.values)

    def zone_lines(self, ttl: int) -> list[str]:
        """The set as lines of a zone file (RFC 1035 5.1), all names with the dot at their end."""
        return [f"{self.name.to_text()} {ttl} IN {self.rdtype} {text}" for text in sorted(map(str, self.values))]

    def __str__(self) -> str:
        return f"{self.host} {self.rdtype} {' '.join(self.texts) or '(none)'}"

    def as_result(self, ttl: int | None = None) -> dict[str, Any]:
        """The form in which modules take and return it."""
        fields: dict[str, Any] = {"name": self.host, "type": self.rdtype, "value": self.texts}
        return fields if ttl is None else {**fields, "ttl": ttl}


def parse_record_sets(records: Iterable[dict[str, Any]]) -> list[RecordSet]:
    """The record sets of a module's O(records), in their order; refuses what the DNS could not hold."""
    wanted: list[RecordSet] = []
    for position, record in enumerate(records):
        parsed = parse_record_set(record, f"records[{position}]")
        for other in wanted:
            _refuse_clash(other, parsed, f"records[{position}]")
        wanted.append(parsed)
    if not wanted:
        raise TenantError("records: the list is empty.", _EXAMPLE)
    return wanted


def unwanted_families(wanted: Iterable[RecordSet]) -> list[RecordSet]:
    """For each name that shall have addresses of one family only, the empty set of the other.

    Who can use that family would be led elsewhere by what stands there.
    """
    addresses = [each for each in wanted if each.rdtype in ADDRESS_TYPES]
    given = {(each.name, each.rdtype) for each in addresses}
    return [
        RecordSet(name, rdtype, frozenset())
        for name in dict.fromkeys(each.name for each in addresses if each.values)
        for rdtype in ADDRESS_TYPES
        if (name, rdtype) not in given
    ]


def parse_record_set(record: dict[str, Any], field: str, may_be_empty: bool = False) -> RecordSet:
    """One entry of a module's O(records); I(field) is its name for messages."""
    rdtype = record["type"]
    name = parse_name(record["name"], f"{field}.name")
    values = frozenset(parse_value(rdtype, text, f"{field}.value") for text in record["value"])
    if not values and not may_be_empty:
        raise TenantError(f"{field}.value: {host_text(name)} {rdtype} has no value.", _EXAMPLE)
    if rdtype == "CNAME" and len(values) > 1:
        raise TenantError(f"{field}.value: {host_text(name)} CNAME has {len(values)} values; it can have only one.")
    return RecordSet(name, rdtype, values)


def parse_value(rdtype: str, text: str, field: str) -> Any:
    """One value as people and providers write it."""
    if rdtype == "TXT":
        return _txt(text, field)
    if rdtype == "CNAME":
        text = parse_name(text, field).to_text()
    try:
        if rdtype != "CNAME":
            # Zone-file text may have comments and brackets around an address.
            ipaddress.ip_address(text)
        return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), text)
    except (dns.exception.DNSException, ValueError):
        raise TenantError(f"{field}: {text!r} is not a value for the type {rdtype}.", _EXAMPLE) from None


def parse_name(text: str, field: str) -> Any:
    """An absolute name from I(text), with or without the dot at its end."""
    try:
        name = dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise TenantError(f"{field}: {text!r} is not a DNS name: {error}", "Example: acme.example.com.") from None
    if name == dns.name.root:
        raise TenantError(f"{field}: {text!r} is not a DNS name.", "Example: acme.example.com.")
    return name.canonicalize()


def host_text(name: Any) -> str:
    """I(name) without the dot at its end."""
    return str(name.to_text(omit_final_dot=True))


def value_text(value: Any) -> str:
    """A value as people write it: TXT as its plain text, names without the dot at their end."""
    if value.rdtype == dns.rdatatype.TXT:
        return b"".join(value.strings).decode("utf-8", "backslashreplace")
    if value.rdtype == dns.rdatatype.CNAME:
        return host_text(value.target)
    return str(value.to_text())


def _txt(text: str, field: str) -> Any:
    """The text itself, cut into strings of at most 255 bytes (RFC 1035 3.3.14): nothing in it needs quoting."""
    data = text.encode("utf-8")
    if not data:
        raise TenantError(f"{field}: the text of a TXT record is empty.")
    strings = [data[start : start + _TXT_STRING] for start in range(0, len(data), _TXT_STRING)]
    return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings)


def _refuse_clash(first: RecordSet, second: RecordSet, field: str) -> None:
    if first.name != second.name:
        return
    if first.rdtype == second.rdtype:
        raise TenantError(
            f"{field}: {second.host} {second.rdtype} stands in records twice.", "Put all its values into one entry."
        )
    if "CNAME" in (first.rdtype, second.rdtype):
        raise TenantError(f"{field}: {second.host} has a CNAME and a {first.rdtype}; the DNS allows no such pair.")
