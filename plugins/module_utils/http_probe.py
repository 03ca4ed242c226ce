# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in which we speak HTTP to a tenant from outside.

A request goes to a public URL, but where its name resolves can be chosen: the system's resolver, given name
servers, or a given address. Host header, TLS server name and certificate check are always those of the URL, so what is
seen is what a person's browser would see. Every way to fail has a code of its own and one clear line.

Nothing is ever sent through a proxy of the environment, and no redirect is followed here.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from . import resolving
from .errors import TenantError

#: More of a body is never read: pages to be probed are small.
BODY_LIMIT = 1024 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHORTEST_WAIT = 0.05

# OpenSSL's numbers (X509_V_ERR_...), which Python passes on in verify_code.
_EXPIRED, _NOT_YET_VALID, _NAME_MISMATCH, _ADDRESS_MISMATCH = 10, 9, 62, 64
_UNKNOWN_CA = {2, 18, 19, 20, 21, 27}
# Nothing sent or trusted has issued the certificate: so it is too where a server keeps its intermediate to itself.
_NO_ISSUER = {20, 21}


@dataclass(frozen=True)
class View:
    """From where and how we look.

    :param address: connect there, whatever the name resolves to.
    :param nameservers: ask these; empty for the system's resolver.
    :param dns_port: the port of the name servers.
    :param ca_file: trust only the CAs of this file; None for the system's.
    :param timeout: seconds for each of looking up, connecting, the TLS handshake and waiting for an answer.
    """

    address: str | None = None
    nameservers: tuple[str, ...] = ()
    dns_port: int = 53
    ca_file: str | None = None
    timeout: float = 10.0


@dataclass(frozen=True)
class Url:
    """An http or https URL, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> Url:
        try:
            parts = urlsplit(text)
            port = parts.port or _DEFAULT_PORTS[parts.scheme]
        except (ValueError, KeyError) as error:
            raise TenantError(f"{text!r} is not an http or https URL.") from error
        if not parts.hostname or parts.username is not None or re.search(r"[\x00-\x20\x7f]", text):
            raise TenantError(f"{text!r} is not an http or https URL with a host name.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, parts.hostname, port, path)

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass
class Answer:
    """What came back, and how.

    :param headers: names in lower case; of repeated ones the last (cookies apart).
    :param cookies: the cookies that were set, by name.
    :param address: the address that answered.
    :param timings: milliseconds: dns, connect, tls, first_byte.
    :param certificate: subject's names, issuer, not_after, days_left; None without TLS.
    """

    url: str
    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes
    address: str
    timings: dict[str, float] = field(default_factory=dict)
    certificate: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")

    def excerpt(self, length: int = 160) -> str:
        """The first readable part of the body, on one line, for a message."""
        text = re.sub(r"<(style|script|head)\b.*?</\1>|<[^>]*>", " ", self.text[:20000], flags=re.S | re.I)
        shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        return shown[:length] + ("..." if len(shown) > length else "")


class Client:
    """Makes requests with one view."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._context: ssl.SSLContext | None = None
        self._end: float | None = None
        self._waited = view.timeout

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Meanwhile nothing is waited for any longer than until I(seconds) from now are over."""
        self._end = time.monotonic() + seconds
        try:
            yield
        finally:
            self._end = None

    def _patience(self) -> float:
        """For how many seconds the next thing is waited for."""
        left = self._view.timeout if self._end is None else self._end - time.monotonic()
        # Never 0, which sockets take for not waiting at all.
        self._waited = min(self._view.timeout, max(left, _SHORTEST_WAIT))
        return self._waited

    def request(
        self, url: str, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request over a connection of its own.

        :raises TenantError: no answer came; C(error) is one of name_not_found, dns_failed, refused, unreachable,
            timeout, tls_name, tls_unknown_ca, tls_expired, tls_not_yet_valid, tls_failed, connection_lost, not_http.
        """
        target = Url.parse(url)
        if self._view.nameservers and not self._view.address:
            # Before the clock runs: an import is no time of the DNS.
            resolving.load_library()
        timings: dict[str, float] = {}
        with _timed(timings, "dns"):
            addresses = self.addresses(target)
        with _timed(timings, "connect"):
            connection, address = self._connect(target, addresses)
        with contextlib.closing(connection):
            certificate = None
            if target.scheme == "https":
                with _timed(timings, "tls"):
                    connection = self._wrap(connection, target, address)
                certificate = describe(connection.getpeercert() or {})
            with contextlib.closing(connection):
                return self._talk(connection, target, url, method, headers or {}, body, address, timings, certificate)

    @property
    def is_led(self) -> bool:
        """Whether we are told where to look, whatever names resolve to."""
        return bool(self._view.address)

    def addresses(self, target: Url) -> list[str]:
        """Where a request to I(target) goes."""
        view = self._view
        if view.address:
            return [view.address]
        return resolving.addresses(target.host, list(view.nameservers), view.dns_port, self._patience())

    def _connect(self, target: Url, addresses: list[str]) -> tuple[socket.socket, str]:
        """The first address that accepts, as a browser would do."""
        failures = []
        for address in addresses:
            try:
                return socket.create_connection((address, target.port), timeout=self._patience()), address
            except OSError as error:
                failures.append(self._no_connection(error, target, address))
        raise failures[-1]

    def _no_connection(self, error: OSError, target: Url, address: str) -> TenantError:
        where = _where(target, address)
        if isinstance(error, ConnectionRefusedError):
            return TenantError(
                f"{where} refused the connection.", "Is nginx running there and listening?", error="refused"
            )
        if isinstance(error, (socket.timeout, TimeoutError)):
            return self._timed_out(where, "connecting")
        return TenantError(
            f"{where} can't be reached: {error.strerror or error}.",
            "Check the address and the way to it.",
            error="unreachable",
        )

    def _timed_out(self, where: str, doing: str) -> TenantError:
        return TenantError(
            f"{where} did not answer within {round(self._waited, 1):g} s ({doing}).",
            "Is a firewall in between, or the server overloaded?",
            error="timeout",
        )

    def _wrap(self, connection: socket.socket, target: Url, address: str) -> ssl.SSLSocket:
        where = _where(target, address)
        connection.settimeout(self._patience())
        try:
            return self._trust().wrap_socket(connection, server_hostname=target.host)
        except ssl.SSLCertVerificationError as error:
            raise self._bad_certificate(error, target, address) from error
        except socket.timeout as error:
            raise self._timed_out(where, "TLS handshake") from error
        except (ssl.SSLError, OSError) as error:
            reason = getattr(error, "reason", None) or str(error)
            raise TenantError(
                f"{where}: no TLS connection ({reason}).",
                "Does this port speak TLS, with a server block for this name?",
                error="tls_failed",
            ) from error

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = ssl.create_default_context(cafile=self._view.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise TenantError(
                    f"The CA file {self._view.ca_file} can't be used: {getattr(error, 'strerror', None) or error}.",
                    "Give a file of CA certificates in PEM form.",
                    error="ca_file",
                ) from error
        return self._context

    def _bad_certificate(self, error: ssl.SSLCertVerificationError, target: Url, address: str) -> TenantError:
        where, code = _where(target, address), error.verify_code
        if code in (_NAME_MISMATCH, _ADDRESS_MISMATCH):
            names = self._names_of(target, address)
            shown = f"is for {', '.join(names)}, not for {target.host}" if names else f"is not for {target.host}"
            return TenantError(
                f"{where}: the certificate {shown}.",
                "Has the tenant's certificate been made, and is the tenant published in nginx?",
                error="tls_name",
                names=names,
            )
        if code == _EXPIRED:
            return TenantError(
                f"{where}: the certificate has expired.", "Renew it, and reload nginx.", error="tls_expired"
            )
        if code == _NOT_YET_VALID:
            return TenantError(
                f"{where}: the certificate is not valid yet.", "Check both clocks.", error="tls_not_yet_valid"
            )
        if code in _UNKNOWN_CA:
            trusted = f"the CAs of {self._view.ca_file}" if self._view.ca_file else "the CAs that this host trusts"
            remedy = "For a private or staging CA give its root as the CA file: verify_ca_file on the controller."
            if code in _NO_ISSUER:
                remedy = f"Does the server send the intermediate? nginx must serve fullchain.pem. {remedy}"
            return TenantError(
                f"{where}: the certificate does not come from {trusted} ({error.verify_message}).",
                remedy,
                error="tls_unknown_ca",
            )
        return TenantError(
            f"{where}: the certificate is refused: {error.verify_message}.",
            "Look at the certificate with: openssl s_client -connect HOST:PORT -servername NAME.",
            error="tls_failed",
        )

    def _names_of(self, target: Url, address: str) -> list[str]:
        """The names in a certificate of a trusted CA that is for another host; only for the message."""
        context = ssl.create_default_context(cafile=self._view.ca_file)
        context.check_hostname = False
        try:
            plain = socket.create_connection((address, target.port), timeout=self._patience())
            with plain, context.wrap_socket(plain, server_hostname=target.host) as connection:
                return list(describe(connection.getpeercert() or {})["names"])
        except OSError:
            return []

    def _talk(
        self,
        connection: socket.socket,
        target: Url,
        url: str,
        method: str,
        headers: dict[str, str],
        body: bytes | None,
        address: str,
        timings: dict[str, float],
        certificate: dict[str, Any] | None,
    ) -> Answer:
        where = _where(target, address)
        speaker = http.client.HTTPConnection(target.host, target.port)
        speaker.sock = connection
        connection.settimeout(self._patience())
        sent = {"Host": target.host_header, "User-Agent": "frappeops.tenants", "Connection": "close", **headers}
        try:
            with _timed(timings, "first_byte"):
                speaker.request(method, target.path, body=body, headers=sent)
                response = speaker.getresponse()
            content = self._read(connection, response, where)
        except socket.timeout as error:
            raise self._timed_out(where, "waiting for the answer") from error
        except (OSError, http.client.IncompleteRead) as error:
            raise TenantError(
                f"{where} closed the connection without a whole answer ({error}).",
                "Look into the error log of nginx and of the bench.",
                error="connection_lost",
            ) from error
        except http.client.HTTPException as error:
            raise TenantError(
                f"{where} does not answer in HTTP ({type(error).__name__}).",
                "Is another service listening on this port?",
                error="not_http",
            ) from error
        fields = {name.lower(): value for name, value in response.getheaders()}
        cookies = dict(_cookies(response.headers.get_all("Set-Cookie") or []))
        return Answer(url, response.status, fields, cookies, content, address, timings, certificate)

    def _read(self, connection: socket.socket, response: http.client.HTTPResponse, where: str) -> bytes:
        """The body up to the limit; a server that trickles is not waited for longer than for a silent one."""
        end = time.monotonic() + self._patience()
        content = b""
        while len(content) < BODY_LIMIT:
            with contextlib.suppress(OSError):  # it is closed as soon as everything has come
                connection.settimeout(max(end - time.monotonic(), _SHORTEST_WAIT))
            part = response.read1(64 * 1024)
            if not part:
                if response.length:
                    raise http.client.IncompleteRead(content, response.length)
                break
            content += part
            if time.monotonic() > end:
                raise self._timed_out(where, "reading the answer")
        return content[:BODY_LIMIT]


def describe(certificate: dict[str, Any]) -> dict[str, Any]:
    """The parts of a certificate, as ssl gives it, that people ask for."""
    issuer = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    not_after = ssl.cert_time_to_seconds(certificate["notAfter"]) if "notAfter" in certificate else 0
    return {
        "issuer": issuer.get("commonName") or issuer.get("organizationName") or "",
        "names": names,
        "not_after": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(not_after)),
        "days_left": int((not_after - time.time()) // 86400),
    }


def _where(target: Url, address: str) -> str:
    shown = f"{target.host} port {target.port}"
    return shown if address == target.host else f"{shown} at {address}"


def _cookies(headers: list[str]) -> Iterator[tuple[str, str]]:
    for header in headers:
        name, _equals, value = header.partition(";")[0].partition("=")
        yield name.strip(), value.strip().strip('"')


@contextlib.contextmanager
def _timed(timings: dict[str, float], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    timings[name] = round((time.monotonic() - begun) * 1000, 1)
