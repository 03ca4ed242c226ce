# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An edge that the role edge_host prepared, with a tenant in one of the two layouts and servers that mirror what they get."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from edge_servers import Edge, has_ipv6, make_certificate
from sudo_rules import LOGIN_USER
from vhost_rendering import ACME, ROOT, render_vhost

# Where the machine has IPv6, nginx listens there too.
ADDRESSES = ["127.0.0.1", "[::1]"] if has_ipv6() else ["127.0.0.1"]
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

    def __init__(self, edge: Edge, layout: str) -> None:
        self.edge = edge
        self.layout = layout
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
        done = self.run_edge(*options)
        assert done.returncode == 0, done.stdout + done.stderr
        return next(line for line in done.stdout.splitlines() if line.startswith("edge1") and "changed=" in line)

    def run_edge(self, *options: str) -> subprocess.CompletedProcess[str]:
        """The same, and it may fail."""
        (self.edge.folder / "sudoers.d").mkdir(exist_ok=True)
        nginx, upstream = self.edge.nginx, f"127.0.0.1:{self.mirror.server_port}"
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "proxy_nginx_command": ["nginx", "-p", str(nginx.prefix)],
            "proxy_nginx_config": str(nginx.config),
            "proxy_nginx_pid_file": str(nginx.pid_file),
            "proxy_nginx_conf_d": str(nginx.conf_d),
            "proxy_layout": self.layout,
            "proxy_addresses": ADDRESSES,
            "proxy_hsts": 600,
            "tenant_domain": "tenants.test",
            "proxy_frontend_upstream": upstream,
            "proxy_bench_upstream": upstream,
            "proxy_socketio_upstream": upstream,
            "tenant_http_port": self.edge.http,
            "tenant_https_port": self.edge.https,
            "certificate_webroot": str(nginx.webroot),
            "certificate_config_dir": str(self.edge.folder / "certbot" / "config"),
            "edge_host_login_user": LOGIN_USER,
            "edge_host_sudoers_dir": str(self.edge.folder / "sudoers.d"),
        }
        inventory = self.edge.folder / "inventory.json"
        groups = {
            "edges": {"hosts": {"edge1": variables}},
            "benches": {"hosts": {"bench1": {"frappe_bench_edge": "edge1"}}},
        }
        inventory.write_text(json.dumps({"all": {"children": groups}}))
        return subprocess.run(
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

    def publish(self, reload_timeout: int = 10, **changes: Any) -> dict[str, Any]:
        """Publish the tenant as the role proxy does. What is given replaces what it takes from its variables."""
        identity = changes.get("tenant_identity", ACME)
        options = {
            "answers": {"host": identity["backend_host"], "port": self.edge.http},
            "reload_timeout": reload_timeout,
        }
        if self.layout == "shared":
            return self.edge.tenant(**self.entry(**changes), **options)
        return self.edge.vhost(name=f"{identity['frontend_host']}.conf", content=self.text(**changes), **options)

    def text(self, **changes: Any) -> str:
        """The tenant's file in the layout vhost."""
        return render_vhost(
            **{
                "proxy_addresses": ADDRESSES,
                "proxy_http_port": self.edge.http,
                "proxy_https_port": self.edge.https,
                "proxy_sites_path": str(self.sites),
                "certificate_result": {"fullchain": str(self.certificate), "privkey": str(self.key)},
                **changes,
            }
        )

    def entry(self, **changes: Any) -> dict[str, Any]:
        """What the tenant's entry says in the layout shared."""
        options = {
            "proxy_desk": False,
            "proxy_password_login": False,
            "proxy_https": True,
            "proxy_state": "active",
            "tenant_identity": ACME,
            **changes,
        }
        return {
            "tenant": options["tenant_identity"]["name"],
            "state": options["proxy_state"],
            "frontend_host": options["tenant_identity"]["frontend_host"],
            "backend_host": options["tenant_identity"]["backend_host"],
            "bench": "bench1",
            "sites_path": str(self.sites),
            "fullchain": str(self.certificate) if options["proxy_https"] else "",
            "privkey": str(self.key) if options["proxy_https"] else "",
            "desk": options["proxy_desk"],
            "password_login": options["proxy_password_login"],
        }

    def withdraw(self, identity: dict[str, str]) -> dict[str, Any]:
        if self.layout == "shared":
            hosts = {name: identity[name] for name in ("frontend_host", "backend_host")}
            return self.edge.tenant(tenant=identity["name"], state="absent", **hosts)
        return self.edge.vhost(name=f"{identity['frontend_host']}.conf", state="absent")

    def ask(
        self, path: str, host: str = BACKEND, method: str = "GET", tls: bool = True, body: bytes = b"", **headers: str
    ) -> Answer:
        """Send exactly I(path); nothing is made tidy on the way."""
        port = self.edge.https if tls else self.edge.http
        plain = socket.create_connection(("127.0.0.1", port), 10)
        stream = unverified().wrap_socket(plain, server_hostname=host) if tls else plain
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.sock = stream
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body or None)
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
