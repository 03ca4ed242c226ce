# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records as BIND is to serve them: what Cloudflare's name servers would answer."""

from __future__ import annotations

from http import HTTPStatus

import dns.exception
import dns.query
import dns.rcode
import dns.update

from lab.dns import keyring
from lab.servers.cloudflare.errors import ApiError
from lab.servers.cloudflare.records import AUTOMATIC, Record
from lab.settings import CLOUDFLARE_ZONE, Settings

# A proxied name answers with the proxy's addresses, never with the origin's. These stand for them; on Linux all of
# 127.0.0.0/8 is this machine.
PROXY = {"A": "127.0.0.2", "AAAA": "::1"}
AUTOMATIC_TTL = 300


class BindMirror:
    """Puts whole record sets into the lab's BIND by signed updates."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, keys: set[tuple[str, str]], records: list[Record]) -> None:
        update = dns.update.UpdateMessage(CLOUDFLARE_ZONE, keyring=keyring(self.settings))
        # A proxied CNAME is shown as an address.
        touched = keys | {(name, "A") for name, kind in keys if kind == "CNAME"}
        for name, kind in sorted(touched):
            update.delete(f"{name}.", kind)
        for name, kind, content, ttl in map(shown_as, records):
            if (name, kind) in touched:
                update.add(f"{name}.", ttl, kind, content)
        try:
            answer = dns.query.tcp(update, self.settings.address, port=self.settings.ports["dns"], timeout=5)
        except (dns.exception.DNSException, OSError) as error:
            raise ApiError(
                HTTPStatus.INTERNAL_SERVER_ERROR, 1002, f"The lab's BIND did not answer: {error!r}"
            ) from error
        if answer.rcode() != dns.rcode.NOERROR:
            reason = dns.rcode.to_text(answer.rcode())
            raise ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, 1002, f"The lab's BIND refused the update: {reason}")


def shown_as(record: Record) -> tuple[str, str, str, int]:
    """Name, type, content and TTL of what the name servers say for a record."""
    ttl = AUTOMATIC_TTL if record["ttl"] == AUTOMATIC else int(record["ttl"])
    kind, content = str(record["type"]), str(record["content"])
    if record["proxied"]:
        kind = "A" if kind == "CNAME" else kind
        return record["name"], kind, PROXY[kind], ttl
    if kind == "CNAME":
        content += "."
    elif kind == "TXT":
        content = _quoted(content)
    return record["name"], kind, content, ttl


def _quoted(text: str) -> str:
    """Character strings of at most 255 bytes each (RFC 1035, 3.3.14)."""
    plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    escaped = [plain[at : at + 255].replace("\\", "\\\\").replace('"', '\\"') for at in range(0, len(plain), 255)]
    return " ".join(f'"{piece}"' for piece in escaped)
