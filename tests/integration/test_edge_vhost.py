# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people and attackers get from a tenant's servers, with the role edge_host and the vhost template in a real nginx.

The servers behind nginx only tell what reached them.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from edge_servers import Edge, make_certificate, need_programs
from vhost_rendering import ROOT, render_vhost

BACKEND, FRONTEND, OTHER = "api.acme.tenants.test", "acme.tenants.test", "api.other.tenants.test"


class Mirror(BaseHTTPRequestHandler):
    """Answers with what it was asked; for a private file it lets nginx send one, as Frappe does."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200)
        if self.path.startswith("/private/files/"):
            self.send_header("X-Accel-Redirect", f"/protected{self.path}")
        if "accel=" in self.path:
            self.send_header("X-Accel-Redirect", self.path.partition("accel=")[2])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET

    def log_message(self, *args: Any) -> None:
        """Nothing to log."""


class World:
    """The edge with one tenant published, and one that is not: its site's folder lies beside."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.sites = edge.folder / "sites"
        for site in (BACKEND, OTHER):
            for name, text in (
                ("site_config.json", "SECRET"),
                ("private/backups/dump.sql.gz", "SECRET"),
                ("private/files/letter.txt", f"private of {site}"),
                ("public/files/logo.txt", f"logo of {site}"),
                ("public/files/page.html", "<script>"),
            ):
                (self.sites / site / name).parent.mkdir(parents=True, exist_ok=True)
                (self.sites / site / name).write_text(text)
        (self.sites / "assets").mkdir()
        (self.sites / "assets" / "app.css").write_text("css")
        (self.sites / "common_site_config.json").write_text("SECRET")
        self.mirror = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        threading.Thread(target=self.mirror.serve_forever, daemon=True).start()
        self.certificate, self.key = edge.folder / "tenant.pem", edge.folder / "tenant.key"
        make_certificate(self.certificate, self.key, FRONTEND, f"DNS:{FRONTEND},DNS:{BACKEND}")

    def prepare_edge(self, *options: str) -> str:
        """Run the playbook edge.yml. Returns the recap line."""
        nginx, upstream = self.edge.nginx, f"127.0.0.1:{self.mirror.server_port}"
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "proxy_nginx_command": ["nginx", "-p", str(nginx.prefix)],
            "proxy_nginx_config": str(nginx.config),
            "proxy_nginx_pid_file": str(nginx.pid_file),
            "proxy_nginx_conf_d": str(nginx.conf_d),
            "proxy_addresses": ["127.0.0.1"],
            "proxy_frontend_upstream": upstream,
            "proxy_bench_upstream": upstream,
            "proxy_socketio_upstream": upstream,
            "tenant_http_port": self.edge.http,
            "tenant_https_port": self.edge.https,
            "certificate_webroot": str(nginx.webroot),
        }
        inventory = self.edge.folder / "inventory.json"
        groups = {
            "edges": {"hosts": {"edge1": variables}},
            "benches": {"hosts": {"bench1": {"frappe_bench_edge": "edge1"}}},
        }
        inventory.write_text(json.dumps({"all": {"children": groups}}))
        done = subprocess.run(
            [
                Path(sys.executable).with_name("ansible-playbook"),
                ROOT / "playbooks" / "edge.yml",
                "-i",
                inventory,
                *options,
            ],
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return next(line for line in done.stdout.splitlines() if line.startswith("edge1") and "changed=" in line)

    def publish(self, **variables: Any) -> None:
        content = render_vhost(
            **{
                "proxy_addresses": ["127.0.0.1"],
                "proxy_http_port": self.edge.http,
                "proxy_https_port": self.edge.https,
                "proxy_webroot": str(self.edge.nginx.webroot),
                "proxy_sites_path": str(self.sites),
                "certificate_result": {"fullchain": str(self.certificate), "privkey": str(self.key)},
                **variables,
            }
        )
        self.edge.vhost(name=f"{FRONTEND}.conf", content=content)

    def ask(self, path: str, host: str = BACKEND, method: str = "GET", tls: bool = True, **headers: str) -> Answer:
        """Send exactly I(path); nothing is made tidy on the way."""
        port = self.edge.https if tls else self.edge.http
        plain = socket.create_connection(("127.0.0.1", port), 10)
        stream = unverified().wrap_socket(plain, server_hostname=host) if tls else plain
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.sock = stream
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        answer = Answer(response.status, response.read().decode(), dict(response.getheaders()))
        connection.close()
        return answer

    def send(self, request: str) -> str:
        """Send bytes that no client library would."""
        plain = socket.create_connection(("127.0.0.1", self.edge.https), 5)
        with unverified().wrap_socket(plain, server_hostname=BACKEND) as stream:
            stream.sendall(request.encode())
            return b"".join(iter(lambda: stream.recv(4096), b"")).decode()


class Answer:
    def __init__(self, status: int, text: str, headers: dict[str, str]) -> None:
        self.status, self.text, self.headers = status, text, headers

    @property
    def seen(self) -> dict[str, str]:
        """The headers that reached the server behind nginx."""
        return json.loads(self.text)["headers"]


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    need_programs()
    edge = Edge(tmp_path_factory.mktemp("edge"))
    try:
        edge.nginx.start()
        world = World(edge)
        world.prepare_edge()
        world.publish()
        yield world
    finally:
        edge.servers.stop()


def test_the_edge_is_prepared_once(world: World) -> None:
    before = world.edge.nginx.tree()
    assert "changed=0" in world.prepare_edge()
    assert "changed=0" in world.prepare_edge("--check", "--diff")
    assert world.edge.nginx.tree() == before
    assert (world.edge.nginx.prefix / "frappe_tenants" / "unknown-host.key").stat().st_mode & 0o777 == 0o600


def test_unknown_hosts_get_nothing(world: World) -> None:
    assert world.ask("/", host="unknown.tenants.test", tls=False, Host="unknown.tenants.test").status == 404
    with pytest.raises(http.client.RemoteDisconnected):
        world.ask("/", host="unknown.tenants.test", Host="unknown.tenants.test")
    with pytest.raises(http.client.RemoteDisconnected):
        world.ask("/api/method/ping", Host="unknown.tenants.test")


def test_http_leads_to_https_except_for_the_challenge(world: World) -> None:
    (world.edge.nginx.webroot / ".well-known" / "acme-challenge").mkdir(parents=True, exist_ok=True)
    (world.edge.nginx.webroot / ".well-known" / "acme-challenge" / "token").write_text("answer")
    for host in (FRONTEND, BACKEND):
        moved = world.ask("/some/page?x=1", tls=False, Host=host)
        assert (moved.status, moved.headers["Location"]) == (301, f"https://{host}:{world.edge.https}/some/page?x=1")
    for host in (FRONTEND, BACKEND, "not-yet.tenants.test"):
        assert world.ask("/.well-known/acme-challenge/token", tls=False, Host=host).text == "answer"


def test_the_longest_name_has_room(world: World) -> None:
    name = "a" * 63
    hosts = {"frontend_host": f"{name}.tenants.test", "backend_host": f"api.{name}.tenants.test"}
    try:
        world.publish(tenant_identity={"name": name, "site": hosts["backend_host"], **hosts})
        assert world.ask("/api/method/ping", Host=hosts["backend_host"]).seen["x-tenant"] == name
    finally:
        world.publish()


def test_http2_is_offered(world: World) -> None:
    context = unverified()
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", world.edge.https), 5)
    with context.wrap_socket(plain, server_hostname=BACKEND) as stream:
        assert stream.selected_alpn_protocol() == "h2"
        assert stream.version() in ("TLSv1.2", "TLSv1.3")


def test_the_frontend_knows_its_tenant(world: World) -> None:
    seen = world.ask("/dashboard", host=FRONTEND, Host=FRONTEND, X_Tenant="other", X_Forwarded_For="10.9.8.7").seen
    assert seen["x-tenant"] == "acme"
    assert seen["host"] == seen["x-forwarded-host"] == f"{FRONTEND}:{world.edge.https}"
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "https")


def test_websockets_are_upgraded(world: World) -> None:
    for host, path in ((FRONTEND, "/_next/webpack-hmr"), (BACKEND, "/socket.io/?transport=websocket")):
        seen = world.ask(path, host=host, Host=host, Upgrade="websocket", Connection="Upgrade").seen
        assert (seen["upgrade"], seen["connection"]) == ("websocket", "upgrade")


@pytest.mark.parametrize("path", ["/api/method/ping", "/api/v2/document/User", "/socket.io/?EIO=4"])
def test_a_spoofed_site_name_is_ignored(world: World, path: str) -> None:
    seen = world.ask(path, Host=BACKEND, X_Frappe_Site_Name=OTHER).seen
    assert seen["x-frappe-site-name"] == BACKEND
    assert OTHER not in seen.values()


def test_the_site_name_cannot_be_spelt_with_underscores(world: World) -> None:
    answer = world.send(
        f"GET /api/x HTTP/1.1\r\nHost: {BACKEND}\r\nX_Frappe_Site_Name: {OTHER}\r\nConnection: close\r\n\r\n"
    )
    assert " 200 " in answer.splitlines()[0] and OTHER not in answer


def test_files_of_the_tenant(world: World) -> None:
    assert world.ask("/files/logo.txt", Host=BACKEND).text == f"logo of {BACKEND}"
    assert world.ask("/assets/app.css", Host=BACKEND).text == "css"
    page = world.ask("/files/page.html", Host=BACKEND)
    assert page.headers["Content-Disposition"] == "attachment"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in world.ask("/files/logo.txt", Host=BACKEND).headers


def test_private_files_only_through_the_application(world: World) -> None:
    assert world.ask("/private/files/letter.txt", Host=BACKEND).text == f"private of {BACKEND}"
    assert world.ask("/protected/private/files/letter.txt", Host=BACKEND).status == 404
    for elsewhere in (
        "/protected/private/backups/dump.sql.gz",
        "/protected/site_config.json",
        f"/protected/../{OTHER}/x",
    ):
        assert world.ask(f"/api/method/x?accel={elsewhere}", Host=BACKEND).status in (400, 404, 500)


@pytest.mark.parametrize(
    "path",
    [
        "/common_site_config.json",
        "/site_config.json",
        f"/{OTHER}/site_config.json",
        f"/{BACKEND}/site_config.json",
        f"/{OTHER}/private/backups/dump.sql.gz",
        "/private/backups/dump.sql.gz",
        "/backups/dump.sql.gz",
        "/files/../../site_config.json",
        "/files/%2e%2e/%2e%2e/site_config.json",
        "/files/..%2f..%2fsite_config.json",
        "/files../private/backups/dump.sql.gz",
        "/files//..//..//site_config.json",
        f"/files/../../../{OTHER}/public/files/logo.txt",
        "/assets/../common_site_config.json",
        "/assets/%2e%2e/common_site_config.json",
        "/assets..%2fcommon_site_config.json",
        f"/assets/..%2f{OTHER}/site_config.json",
        "/private/files/../../site_config.json",
        "/private/files/..%2f..%2fsite_config.json",
        "/protected/private/backups/dump.sql.gz",
        "/PROTECTED/private/files/letter.txt",
        "//common_site_config.json",
        "/./common_site_config.json",
        "/Assets/../common_site_config.json",
        "/desk",
        "/app",
        "/",
        "/.git/config",
    ],
)
def test_everything_else_is_denied(world: World, path: str) -> None:
    answer = world.ask(path, Host=BACKEND)
    assert answer.status in (400, 403, 404)
    assert "SECRET" not in answer.text and OTHER not in answer.text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/login", "Login disabled. Use OAuth authentication."),
        ("/login/", "Login disabled. Use OAuth authentication."),
        ("/Login?x=1", "Login disabled. Use OAuth authentication."),
        ("//login", "Login disabled. Use OAuth authentication."),
        ("/%6cogin", "Login disabled. Use OAuth authentication."),
        ("/signup", "Signup disabled."),
        ("/api/method/login", "Password login disabled. Use OAuth tokens."),
        ("/api/method//login", "Password login disabled. Use OAuth tokens."),
        ("/api/x/../method/login", "Password login disabled. Use OAuth tokens."),
        ("/api/method/%6Cogin", "Password login disabled. Use OAuth tokens."),
        ("/assets/../api/method/login", "Password login disabled. Use OAuth tokens."),
        ("/api/v1/method/login", "Password login disabled. Use OAuth tokens."),
        ("/api/v2/method/login?usr=a", "Password login disabled. Use OAuth tokens."),
        ("/api/method/ping?cmd=login&usr=a&pwd=b", "Password login disabled. Use OAuth tokens."),
        ("/?cmd=lo%67in", "Password login disabled. Use OAuth tokens."),
    ],
)
def test_password_doors_are_closed(world: World, path: str, text: str) -> None:
    for method in ("GET", "POST"):
        answer = world.ask(path, method=method, Host=BACKEND, Content_Length="0")
        assert (answer.status, answer.text) == (403, text)
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_other_calls_of_the_api_pass(world: World) -> None:
    for path in (
        "/api/method/logout",
        "/api/method/frappe.integrations.oauth2_logins.custom/x",
        "/api/method/login_x?cmd=x",
    ):
        assert world.ask(path, Host=BACKEND).status == 200


def test_uploads_up_to_50_mb(world: World) -> None:
    assert (
        world.ask("/api/method/upload_file", method="POST", Host=BACKEND, Content_Length=str(51 * 2**20)).status == 413
    )


def test_a_request_with_two_lengths_is_refused(world: World) -> None:
    """The basis of request smuggling: two ways to see where a request ends."""
    lengths = "Content-Length: 3\r\nTransfer-Encoding: chunked"
    answer = world.send(f"POST /api/x HTTP/1.1\r\nHost: {BACKEND}\r\n{lengths}\r\nConnection: close\r\n\r\n0\r\n\r\n")
    assert " 400 " in answer.splitlines()[0]


def test_desk_is_a_switch(world: World) -> None:
    try:
        world.publish(proxy_desk=True)
        assert world.ask("/desk", Host=BACKEND).seen["x-frappe-site-name"] == BACKEND
        assert world.ask("/login", Host=BACKEND).status == 403
        assert world.ask("/protected/private/files/letter.txt", Host=BACKEND).status == 404
        assert "SECRET" not in world.ask("/site_config.json", Host=BACKEND).text
    finally:
        world.publish()


def test_without_a_certificate_the_tenant_is_served_by_http(world: World) -> None:
    try:
        world.publish(proxy_https=False)
        seen = world.ask("/api/method/ping", tls=False, Host=BACKEND).seen
        assert (seen["x-frappe-site-name"], seen["x-forwarded-proto"]) == (BACKEND, "http")
        assert world.ask("/site_config.json", tls=False, Host=BACKEND).status == 404
    finally:
        world.publish()
