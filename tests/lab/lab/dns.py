# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Talking to the lab's BIND: a question, and the key for updates."""

from __future__ import annotations

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.tsigkeyring

from lab.settings import TSIG_KEY, Settings


def ask(settings: Settings, name: str, kind: str) -> list[str]:
    """What the lab's server says; [] for nothing. Raises OSError when there is no answer."""
    query = dns.message.make_query(name, kind)
    try:
        # TCP: a server that is not there is noticed at once.
        answer = dns.query.tcp(query, settings.address, port=settings.ports["dns"], timeout=2)
    except (dns.exception.DNSException, EOFError) as error:
        raise ConnectionError(f"no answer for {name} {kind}: {error}") from error
    wanted = dns.rdatatype.from_text(kind)
    return [data.to_text() for rrset in answer.answer if rrset.rdtype == wanted for data in rrset]


def keyring(settings: Settings) -> dict[dns.name.Name, object]:
    """The key that may update the lab's zones."""
    return dns.tsigkeyring.from_text({TSIG_KEY: settings.secret("tsig_secret")})
