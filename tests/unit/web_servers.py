# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small real servers on loopback for tests of what looks at a tenant: HTTP, HTTPS with a CA of its own, or just a socket."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    status: int = 200
    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)


class Authority:
    """A certificate authority for one test session."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = _named("Test CA")
        self._certificate = self._authority(name, name, self._key)
        self.file = folder / "ca.pem"
        self.file.write_bytes(_pem(self._certificate))
        self._intermediate_key = ec.generate_private_key(ec.SECP256R1())
        self._intermediate = self._authority(_named("Test Intermediate"), name, self._intermediate_key)

    def context(
        self,
        *names: str,
        begin: datetime.datetime = NOW - DAY,
        end: datetime.datetime = NOW + 10.5 * DAY,
        intermediate: bool = False,
        whole: bool = True,
    ):
        """A server's TLS context with a certificate for I(names).

        :param intermediate: an authority between issues it.
        :param whole: the server sends that one's certificate too, as it should.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issuer_key = self._intermediate_key if intermediate else self._key
        issuer = self._intermediate if intermediate else self._certificate
        builder = self._builder(_named(names[0]), issuer.subject, key.public_key(), begin, end)
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        certificate = builder.add_extension(authority_id, critical=False).sign(issuer_key, hashes.SHA256())
        file = self._folder / f"{names[0]}-{certificate.serial_number}.pem"
        file.write_bytes(
            _pem(certificate)
            + (_pem(issuer) if intermediate and whole else b"")
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _authority(self, name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        """The certificate of an authority, issued by the root."""
        builder = self._builder(name, issuer, key.public_key(), NOW - 30 * DAY, NOW + 30 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = dict.fromkeys(
            [
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ],
            False,
        )
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(key_id, critical=False)
        issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return builder.add_extension(issuer_id, critical=False).sign(self._key, hashes.SHA256())

    @staticmethod
    def _builder(subject, issuer, key, begin, end):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Web:
    """A web server that answers what I(answer) says and remembers what it was asked."""

    def __init__(self, answer: Callable[[Request], Reply], context: ssl.SSLContext | None) -> None:
        self.requests: list[Request] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def _reply(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                fields = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, fields, self.rfile.read(length))
                web.requests.append(request)
                reply = answer(request)
                body = reply.body.encode() if isinstance(reply.body, str) else reply.body
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _reply

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            # Handshakes in the handler's thread, so that one that fails stops nobody else.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]
        self.port = self.server.server_port


@contextlib.contextmanager
def serving(answer: Callable[[Request], Reply], context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A running web server."""
    web = Web(answer, context)
    thread = threading.Thread(target=web.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        web.server.shutdown()
        web.server.server_close()
        thread.join()


@contextlib.contextmanager
def socket_saying(words: bytes | None) -> Iterator[int]:
    """The port of a server that accepts, says I(words) (None: nothing, and stays) and closes."""
    end = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)

    def serve() -> None:
        open_connections = []
        while not end.is_set():
            with contextlib.suppress(OSError):
                connection, _peer = listener.accept()
                open_connections.append(connection)
                if words is not None:
                    # Read first: closing with unread bytes would reset the connection before the words arrive.
                    connection.settimeout(1)
                    connection.recv(65536)
                    connection.sendall(words)
                    connection.close()
        for connection in open_connections:
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        end.set()
        thread.join()
        listener.close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
