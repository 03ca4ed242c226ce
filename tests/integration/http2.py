# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request by HTTP/2 (RFC 9113), with header fields that no client library would send."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Iterable, Iterator

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS = 1, 4


def ask(stream: ssl.SSLSocket, fields: Iterable[tuple[str, str]]) -> bytes | None:
    """The body of the answer to a request with exactly these fields; None when the server refuses to answer."""
    block = b"".join(_literal(name, value) for name, value in fields)
    stream.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END_STREAM | _END_HEADERS, 1, block))
    body = b""
    for kind, flags, number, payload in _frames(stream):
        if kind in (_RESET, _GOAWAY):
            return None
        if kind == _DATA:
            body += payload
        if number == 1 and flags & _END_STREAM and kind in (_DATA, _HEADERS):
            return body
    return None


def _literal(name: str, value: str) -> bytes:
    """A field that is neither indexed nor compressed (RFC 7541 6.2.2); texts of up to 126 bytes."""
    return b"\0" + b"".join(bytes([len(text)]) + text.encode() for text in (name, value))


def _frame(kind: int, flags: int, number: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, number) + payload


def _frames(stream: ssl.SSLSocket) -> Iterator[tuple[int, int, int, bytes]]:
    """What comes, frame by frame, until the server closes the connection."""
    received = b""
    while chunk := stream.recv(65536):
        received += chunk
        while len(received) >= 9 and len(received) >= (end := 9 + int.from_bytes(received[:3], "big")):
            kind, flags, number = struct.unpack(">BBI", received[3:9])
            yield kind, flags, number & 0x7FFFFFFF, received[9:end]
            received = received[end:]
