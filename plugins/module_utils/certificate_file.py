# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a certificate file with openssl, which every TLS host has."""

from __future__ import annotations

import re
import ssl
import time
from dataclasses import dataclass

from .errors import TenantError, tail
from .tools import Tools

DAY = 86400


@dataclass(frozen=True)
class Certificate:
    """What a person asks of a certificate."""

    names: tuple[str, ...]
    issuer: str
    #: Seconds since the epoch.
    not_after: float

    @property
    def days_left(self) -> int:
        """Whole days; negative when it has expired."""
        return int((self.not_after - time.time()) // DAY)

    @property
    def expired(self) -> bool:
        return self.not_after <= time.time()

    @property
    def not_after_text(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.not_after))


def read(tools: Tools, path: str) -> Certificate:
    """The first certificate in the PEM file I(path)."""
    fields = ["-issuer", "-nameopt", "multiline,-esc_msb,utf8", "-enddate", "-ext", "subjectAltName"]
    outcome = tools.run(["openssl", "x509", "-in", path, "-noout", *fields])
    if outcome.rc != 0:
        raise TenantError(f"The certificate {path} cannot be read.", stderr=tail(outcome.stderr))
    return parse(outcome.stdout)


def parse(text: str) -> Certificate:
    """Understand what C(openssl x509) printed."""
    end = re.search(r"^notAfter=(.+)$", text, re.MULTILINE)
    if end is None:
        raise TenantError("openssl named no end date of the certificate.", stdout=tail(text))
    return Certificate(
        names=tuple(sorted(set(re.findall(r"DNS:([^,\s]+)", text)))),
        issuer=_issuer(text),
        not_after=ssl.cert_time_to_seconds(end.group(1).strip()),
    )


def _issuer(text: str) -> str:
    """The authority's name: its organisation, if it tells one, and its common name."""
    found = dict(re.findall(r"^\s+(organizationName|commonName)\s*= (.+)$", text, re.MULTILINE))
    parts = [found[field].strip() for field in ("organizationName", "commonName") if field in found]
    return " ".join(parts) or "unknown"
