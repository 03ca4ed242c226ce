# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Speaks to the server of a zone that takes updates (RFC 2136), every message signed by a key (RFC 8945).

Reads are signed too: a server may show another view of the zone to those without the key.
"""

from __future__ import annotations

import binascii
import socket
from typing import Any

from .dns_library import dns
from .dns_records import RecordSet, host_text, parse_name
from .errors import TenantError

ALGORITHMS = ["hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha1"]


class PrerequisiteFailed(Exception):
    """The zone is not as the update expected it; nothing was changed."""


class UpdateServer:
    """The server of one zone.

    :param server: address or host name.
    :param key: from L(make_key).
    :param timeout: seconds for one exchange.
    :param protocol: V(tcp) or V(udp).
    """

    def __init__(self, server: str, port: int, zone: str, key: Any, timeout: float, protocol: str) -> None:
        self.zone = parse_name(zone, "zone")
        self._address = address_of(server)
        self._port = port
        self._key = key
        self._timeout = timeout
        self._protocol = protocol
        self._shown = f"DNS server {server} port {port}"

    def read(self, name: Any, rdtype: str) -> tuple[RecordSet, int]:
        """What the server answers for I(name) and I(rdtype), and its TTL.

        The set has another type when a CNAME stands there, and no values when nothing does. A wildcard's answer
        looks like a record of the name's own.
        """
        query = dns.message.make_query(name, rdtype, use_edns=0, payload=1232)
        query.flags &= ~dns.flags.RD
        what = f"reading {host_text(name)} {rdtype}"
        reply = self._exchange(query, what)
        if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise self._refused(reply.rcode(), what)
        if not reply.flags & dns.flags.AA:
            raise self._failed(what, "it is not an authority for that name.", "Check server and zone.")
        self._require_signature(reply, what)
        for found in (rdtype, "CNAME"):
            rrset = reply.get_rrset(reply.answer, name, dns.rdataclass.IN, dns.rdatatype.from_text(found))
            if rrset is not None:
                return RecordSet(name, found, frozenset(rrset)), rrset.ttl
        return RecordSet(name, rdtype, frozenset()), 0

    def new_update(self) -> Any:
        """An empty update message for the zone."""
        return dns.update.UpdateMessage(self.zone)

    def send(self, update: Any, what: str) -> None:
        """Send I(update); raises PrerequisiteFailed when the zone is not as it says.

        :param what: the action for messages, such as V(publishing acme.example.com A).
        """
        reply = self._exchange(update, what)
        changed = (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN)
        if reply.rcode() not in (dns.rcode.NOERROR, *changed):
            raise self._refused(reply.rcode(), what)
        self._require_signature(reply, what)
        if reply.rcode() in changed:
            raise PrerequisiteFailed

    def _exchange(self, message: Any, what: str) -> Any:
        message.use_tsig(self._key)
        try:
            if self._protocol == "tcp":
                return dns.query.tcp(message, self._address, self._timeout, self._port)
            return dns.query.udp_with_fallback(message, self._address, self._timeout, self._port)[0]
        except dns.tsig.PeerBadKey:
            reason = f"it does not know the key {self._key_text()} (NOTAUTH, BADKEY)."
            remedy = "Key name and algorithm must be those of the server's configuration."
        except (dns.tsig.PeerBadSignature, dns.tsig.PeerBadTruncation):
            reason = f"the secret of the key {self._key_text()} is not the server's (NOTAUTH, BADSIG)."
            remedy = "Copy the secret from the server's configuration."
        except dns.tsig.PeerBadTime:
            reason = "its clock and ours differ by more than the signature allows (NOTAUTH, BADTIME)."
            remedy = "Set both clocks by NTP."
        except dns.exception.Timeout:
            reason = f"no answer within {self._timeout:g} s over {self._protocol.upper()}."
            remedy = "Check that the server runs and that no firewall is in between, then run again."
        except OSError as error:
            reason = f"it cannot be reached over {self._protocol.upper()}: {error.strerror or error}."
            remedy = "Check address and port, that the server runs and that no firewall is in between."
        except EOFError:
            reason, remedy = "it closed the connection without an answer.", "See the server's log."
        except dns.exception.DNSException as error:
            reason = f"its answer is not valid: {error}"
            remedy = "Check that this address is a DNS server with this key."
        raise self._failed(what, reason, remedy)

    def _require_signature(self, reply: Any, what: str) -> None:
        if not reply.had_tsig:
            raise self._failed(what, "its answer is not signed by the key.", "Check that nothing stands in between.")

    def _refused(self, rcode: Any, what: str) -> TenantError:
        zone, key = host_text(self.zone), self._key_text()
        reasons = {
            dns.rcode.REFUSED: (
                f"the server refuses this to the key {key} (REFUSED).",
                f"Allow it in the server's update policy of {zone} (in BIND: update-policy), for this name and type.",
            ),
            dns.rcode.NOTAUTH: (
                f"the server is not an authority for the zone {zone} (NOTAUTH).",
                "Check zone and server: the zone is the name that has the SOA record, the server its primary.",
            ),
            dns.rcode.NOTZONE: (
                f"a name lies outside of the zone {zone} (NOTZONE).",
                "Check zone: it must end all names.",
            ),
            dns.rcode.NOTIMP: ("the server takes no updates (NOTIMP).", "Name a server that takes RFC 2136 updates."),
            dns.rcode.SERVFAIL: (
                "the server failed (SERVFAIL).",
                "See the server's log; often it may not write into the folder of its zone files.",
            ),
        }
        default = (f"the server answered {dns.rcode.to_text(rcode)}.", "See the server's log.")
        reason, remedy = reasons.get(rcode, default)
        return self._failed(what, reason, remedy, rcode=dns.rcode.to_text(rcode))

    def _failed(self, what: str, reason: str, remedy: str, **details: Any) -> TenantError:
        return TenantError(f"{self._shown}, {what}: {reason}", remedy, **details)

    def _key_text(self) -> str:
        return f"{host_text(self._key.name)} ({host_text(self._key.algorithm)})"


def make_key(name: str, secret: str, algorithm: str) -> Any:
    """The key by which messages are signed."""
    try:
        return dns.tsig.Key(parse_name(name, "key_name"), secret.strip(), algorithm)
    except (binascii.Error, ValueError):
        raise TenantError(
            f"key_secret: the secret of the key {name} is not Base64.",
            "Copy it as it stands in the server's configuration, without quotes.",
        ) from None


def address_of(server: str) -> str:
    """The address of a server that is given by address or by name."""
    try:
        return str(socket.getaddrinfo(server, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise TenantError(
            f"server: {server!r} has no address: {error.strerror or error}.", "Give the server's IP address."
        ) from None
