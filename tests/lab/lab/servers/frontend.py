# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the tenants' frontend, which is one Next.js application for all of them.

It keeps to what that application does with a request: it learns the tenant from the host name (X-Tenant, when the proxy sends
it, must agree), needs no change for a new tenant, talks to the tenant's API at C(https://api.TENANT.DOMAIN), and leads
C(/auth/login) to the one auth host.
"""

from __future__ import annotations

import html
import json
import re
import sys
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

from lab.settings import Settings

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True)
class Tenant:
    """Which tenant a request is for, and where its other addresses are."""

    name: str
    domain: str
    port: int

    @property
    def frontend(self) -> str:
        return self._url(f"{self.name}.{self.domain}")

    @property
    def backend(self) -> str:
        return self._url(f"api.{self.name}.{self.domain}")

    @property
    def auth(self) -> str:
        # The auth host is not part of the lab: its address is the plain one.
        return f"https://auth.{self.domain}"

    def _url(self, host: str) -> str:
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"


def tenant_of(host: str, header: str | None, port: int) -> Tenant | None:
    """The tenant that the host name stands for; None when it is no tenant's, or when X-Tenant says another."""
    name, _dot, domain = host.lower().partition(":")[0].partition(".")
    if not _LABEL.match(name) or not domain or not all(_LABEL.match(label) for label in domain.split(".")):
        return None
    if header is not None and header != name:
        return None
    return Tenant(name, domain, port)


class Handler(BaseHTTPRequestHandler):
    """The pages."""

    protocol_version = "HTTP/1.1"
    server_version = "lab-frontend"
    https_port = 443

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        tenant = tenant_of(self.headers.get("Host", ""), self.headers.get("X-Tenant"), self.https_port)
        if tenant is None:
            self._html(HTTPStatus.NOT_FOUND, "No such tenant", "This host name belongs to no tenant.")
        elif url.path == "/":
            self._html(
                HTTPStatus.OK, tenant.name, '<a href="/dashboard">Dashboard</a> <a href="/auth/login">Log in</a>'
            )
        elif url.path == "/dashboard":
            self._html(HTTPStatus.OK, f"{tenant.name}: dashboard", f"The API is at {html.escape(tenant.backend)}.")
        elif url.path == "/api/tenant":
            self._json(tenant)
        elif url.path == "/auth/login":
            back = parse_qs(url.query).get("next", ["/dashboard"])[0]
            # Only a path of this host: a whole address here would send the user's login elsewhere.
            path = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/dashboard"
            self._redirect(
                f"{tenant.auth}/login?tenant={tenant.name}&redirect_to={quote(tenant.frontend + path, safe='')}"
            )
        else:
            self._html(HTTPStatus.NOT_FOUND, "No such page", "")

    do_HEAD = do_GET

    def _json(self, tenant: Tenant) -> None:
        values = {"tenant": tenant.name, "frontend_url": tenant.frontend, "backend_url": tenant.backend}
        self._send(HTTPStatus.OK, "application/json", json.dumps(values))

    def _html(self, status: HTTPStatus, title: str, body: str) -> None:
        safe = html.escape(title)
        text = f"<!doctype html><html lang=en><title>{safe}</title><h1>{safe}</h1><p>{body}</p></html>\n"
        self._send(status, "text/html; charset=utf-8", text)

    def _redirect(self, target: str) -> None:
        self._send(HTTPStatus.FOUND, "text/plain", "", {"Location": target})

    def _send(self, status: HTTPStatus, kind: str, text: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode("utf-8")
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def make_server(address: str, port: int, https_port: int) -> ThreadingHTTPServer:
    """The server, ready to serve; https_port is where the tenants' addresses are."""
    handler = type("Handler", (Handler,), {"https_port": https_port})
    return ThreadingHTTPServer((address, port), handler)


def main() -> int:
    settings = Settings.load()
    make_server(settings.address, settings.ports["frontend"], settings.ports["https"]).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
