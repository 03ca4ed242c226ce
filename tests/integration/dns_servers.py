# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS servers of a test's own: a primary, and a secondary that hears of a change only when it is told.

BIND on the two loopback addresses and one free port, beside the lab's, so that tests may break what they like. Two more
name servers pass every question on to the primary: one has no TCP, one is no authority.
"""

from __future__ import annotations

import base64
import secrets
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rdatatype
import dns.tsig
import dns.update

# BIND listens only on addresses that an interface has, so the second one is IPv6.
PRIMARY, SECONDARY, NOBODY = "127.0.0.1", "::1", "127.0.0.3"
WITHOUT_TCP, CACHE = "127.0.0.4", "127.0.0.5"
KEY_NAME = "frappeops-tenants."

#: Zone and its name servers. Only the types of POLICY may be changed, and nothing in frozen.test.
ZONES = {
    "tenants.test": {"ns1": PRIMARY},
    "wild.test": {"ns1": PRIMARY},
    "two.test": {"ns1": PRIMARY, "ns2": SECONDARY},
    "dead.test": {"ns1": PRIMARY, "ns2": NOBODY},
    "udp.test": {"ns1": PRIMARY, "ns2": WITHOUT_TCP},
    "cache.test": {"ns1": PRIMARY, "ns2": CACHE},
    "frozen.test": {"ns1": PRIMARY},
}
POLICY = "A AAAA CNAME TXT CAA"
RECORDS = {"wild.test": "* A 127.0.0.1\n"}
#: Also copied to the secondary, where they are not looked for by NS: there it plays a resolver that lags.
COPIED = ("tenants.test", "two.test")


class Servers:
    """The running servers."""

    def __init__(self, folder: Path, port: int, secret: str) -> None:
        self.folder = folder
        self.port = port
        self.secret = secret

    def options(self, zone: str = "tenants.test") -> dict[str, Any]:
        """How rfc2136_records reaches them; also the role's dns_rfc2136."""
        return {
            "server": PRIMARY,
            "port": self.port,
            "zone": zone,
            "key_name": KEY_NAME,
            "key_secret": self.secret,
        }

    def change(self, zone: str, action: str, *arguments: Any) -> None:
        """Let somebody else change a zone: I(action) is a method of dnspython's update message."""
        update = dns.update.UpdateMessage(zone)
        getattr(update, action)(*arguments)
        update.use_tsig(dns.tsig.Key(KEY_NAME, self.secret, "hmac-sha256"))
        reply = dns.query.tcp(update, PRIMARY, 5, self.port)
        assert reply.rcode() == 0, reply

    def values(self, name: str, rdtype: str, server: str = PRIMARY) -> list[str]:
        """What a server answers."""
        reply = dns.query.tcp(dns.message.make_query(name, rdtype), server, 5, self.port)
        return sorted(value.to_text() for rrset in reply.answer for value in rrset)

    def serial(self, zone: str, server: str = PRIMARY) -> int:
        """The serial number of a server's copy."""
        return int(self.values(zone, "SOA", server)[0].split()[2])

    def was_asked(self, name: str) -> bool:
        """Whether anybody asked the primary for I(name)."""
        return f"query: {name} " in (self.folder / "primary" / "named.log").read_text()

    def notify(self, zone: str) -> None:
        """Tell the secondary that the zone changed, and wait until it has the change."""
        message = dns.message.make_query(zone, "SOA")
        message.set_opcode(dns.opcode.NOTIFY)
        message.flags |= dns.flags.AA
        message.flags &= ~dns.flags.RD
        dns.query.udp(message, SECONDARY, 5, self.port)
        _wait_until(lambda: self.serial(zone, SECONDARY) == self.serial(zone), f"{zone} on the secondary")


@contextmanager
def running(folder: Path) -> Iterator[Servers]:
    """Start the servers; they end with the block."""
    servers = Servers(folder, _free_port(), base64.b64encode(secrets.token_bytes(32)).decode())
    started: list[subprocess.Popen[bytes]] = []
    try:
        for name, address in (("primary", PRIMARY), ("secondary", SECONDARY)):
            home = folder / name
            home.mkdir()
            configuration = _options(home, address, servers.port) + _zones(name, home, servers)
            (home / "named.conf").write_text(configuration)
            with (home / "named.log").open("wb") as log:
                command = [str(_program()), "-g", "-c", str(home / "named.conf")]
                started.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
            for zone in ZONES if name == "primary" else COPIED:
                _wait_until(lambda z=zone, a=address: servers.values(z, "SOA", a), f"{zone} on {address}")
        with ExitStack() as forwarders:
            forwarders.enter_context(_forwarder(WITHOUT_TCP, servers.port, is_authority=True))
            forwarders.enter_context(_forwarder(CACHE, servers.port, is_authority=False))
            yield servers
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)


@contextmanager
def _forwarder(address: str, port: int, is_authority: bool) -> Iterator[None]:
    """A server that takes questions by UDP alone and passes the primary's answers on, as an authority or as a cache does."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            question, mine = self.request
            reply = dns.query.udp(dns.message.from_wire(question), PRIMARY, 5, port)
            if not is_authority:
                reply.flags &= ~dns.flags.AA
            mine.sendto(reply.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer((address, port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield
        server.shutdown()


def is_installed() -> bool:
    """Whether BIND is there."""
    return _program() is not None


def has_ipv6() -> bool:
    """Whether the secondary has an address to listen on."""
    return _is_free(SECONDARY, 0)


def _program() -> str | None:
    return shutil.which("named", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def _options(home: Path, address: str, port: int) -> str:
    listen = "listen-on-v6" if ":" in address else "listen-on"
    other = "listen-on" if ":" in address else "listen-on-v6"
    return f"""
options {{
    directory "{home}"; pid-file "{home}/named.pid"; session-keyfile "{home}/session.key";
    {listen} port {port} {{ {address}; }}; {other} {{ none; }};
    querylog yes; recursion no; notify no; dnssec-validation no; allow-notify {{ localhost; }}; allow-transfer {{ localhost; }};
}};
controls {{ }};
"""


def _zones(name: str, home: Path, servers: Servers) -> str:
    if name == "secondary":
        return "".join(
            f'zone {zone} {{ type secondary; primaries {{ {PRIMARY} port {servers.port}; }}; file "{zone}.zone"; }};\n'
            for zone in COPIED
        )
    text = f'key {KEY_NAME} {{ algorithm hmac-sha256; secret "{servers.secret}"; }};\n'
    for zone, hosts in ZONES.items():
        lines = ["$TTL 60", "@ SOA ns1 hostmaster 1 3600 3600 86400 5", "auth A 127.0.0.1"]
        for host, address in hosts.items():
            lines += [f"@ NS {host}", f"{host} {'AAAA' if ':' in address else 'A'} {address}"]
        (home / f"{zone}.zone").write_text("\n".join(lines) + "\n" + RECORDS.get(zone, ""))
        policy = "" if zone == "frozen.test" else f"update-policy {{ grant {KEY_NAME} zonesub {POLICY}; }};"
        text += f'zone {zone} {{ type primary; file "{zone}.zone"; {policy} }};\n'
    return text


def _free_port() -> int:
    """A port that is free over UDP and TCP on both addresses."""
    while True:
        with socket.socket() as probe:
            probe.bind((PRIMARY, 0))
            port = int(probe.getsockname()[1])
        if all(_is_free(address, port) for address in (PRIMARY, SECONDARY)):
            return port


def _is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def _wait_until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            if condition():
                return
        except (OSError, IndexError, EOFError, dns.exception.DNSException):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come up")
        time.sleep(0.05)
