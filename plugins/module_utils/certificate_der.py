# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few fields of an X.509 certificate that operators ask for, read from its DER form (RFC 5280 4.1).

Python's standard library reads certificates only from connections, and one C(openssl x509) for each of 2,000
lineages takes half a minute. Reading them here takes a tenth of a second.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator
from dataclasses import dataclass

_SEQUENCE = 0x30
_OID = 0x06
_OCTETS = 0x04
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_VERSION = 0xA0
_EXTENSIONS = 0xA3
_DNS_NAME = 0x82

_ORGANISATION = bytes.fromhex("55040a")
_COMMON_NAME = bytes.fromhex("550403")
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")

#: The character sets of ASN.1's kinds of text that are not UTF-8 or a part of it.
_ENCODINGS = {0x14: "latin-1", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}


@dataclass(frozen=True)
class Fields:
    """What stands in a certificate. Times are seconds since the epoch."""

    names: tuple[str, ...]
    issuer: str
    not_before: float
    not_after: float


@dataclass(frozen=True)
class _Element:
    tag: int
    content: bytes

    def inside(self) -> list[_Element]:
        return list(_elements(self.content))


def read(der: bytes) -> Fields:
    """The fields of the certificate I(der).

    :raises ValueError: it is no certificate.
    """
    (certificate,) = _elements(der)
    signed = _expect(_expect(certificate, _SEQUENCE).inside()[0], _SEQUENCE).inside()
    if signed and signed[0].tag == _VERSION:
        signed = signed[1:]
    # What follows: serial number, signature, issuer, validity, subject, public key, extensions.
    if len(signed) < 6:
        raise ValueError("parts are missing")
    begin, end = signed[3].inside()
    return Fields(_names(signed[6:]), _issuer(signed[2]), _moment(begin), _moment(end))


def _elements(data: bytes) -> Iterator[_Element]:
    """What stands one after the other in I(data)."""
    position = 0
    while position < len(data):
        tag = data[position]
        start, length = _length(data, position + 1)
        position = start + length
        if position > len(data):
            raise ValueError("it is cut off")
        yield _Element(tag, data[start:position])


def _length(data: bytes, position: int) -> tuple[int, int]:
    """Where the content begins, and how long it is."""
    first = data[position] if position < len(data) else 0xFF
    if first < 0x80:
        return position + 1, first
    end = position + 1 + (first & 0x7F)
    if first == 0x80 or end > len(data):
        raise ValueError("it is cut off")
    return end, int.from_bytes(data[position + 1 : end], "big")


def _expect(element: _Element, tag: int) -> _Element:
    if element.tag != tag:
        raise ValueError(f"a tag {tag:#x} was expected where {element.tag:#x} stands")
    return element


def _issuer(name: _Element) -> str:
    """The authority's organisation, if it tells one, and its common name."""
    found = {}
    for relative in name.inside():
        for attribute in relative.inside():
            kind, value = attribute.inside()
            found[kind.content] = value.content.decode(_ENCODINGS.get(value.tag, "utf-8"), "replace")
    return " ".join(found[kind] for kind in (_ORGANISATION, _COMMON_NAME) if kind in found) or "unknown"


def _moment(element: _Element) -> float:
    text = element.content.decode("ascii")
    if element.tag == _UTC_TIME:
        # RFC 5280 4.1.2.5.1: 50 and above are of the last century.
        text = ("19" if text[:2] >= "50" else "20") + text
    else:
        _expect(element, _GENERALIZED_TIME)
    return float(calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ")))


def _names(rest: list[_Element]) -> tuple[str, ...]:
    """The DNS names that the certificate is for, sorted."""
    names = set()
    for extensions in (element for element in rest if element.tag == _EXTENSIONS):
        for extension in extensions.inside()[0].inside():
            parts = extension.inside()
            if _expect(parts[0], _OID).content == _ALTERNATIVE_NAMES:
                (listed,) = _elements(_expect(parts[-1], _OCTETS).content)
                names |= {name.content.decode("ascii") for name in listed.inside() if name.tag == _DNS_NAME}
    return tuple(sorted(names))
