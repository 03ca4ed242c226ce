# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frontend stand-in: which tenant it takes a request for."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer

import pytest

from lab.servers.frontend import make_server, tenant_of

Get = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def get(serve: Callable[[ThreadingHTTPServer], int]) -> Get:
    port = serve(make_server("127.0.0.1", 0, https_port=28443))

    def get(path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    return get


def test_the_page_names_the_tenant(get: Get) -> None:
    status, _headers, body = get("/", Host="acme.tenants.test", X_Tenant="acme")
    assert status == 200
    assert "<h1>acme</h1>" in body


def test_the_tenant_as_json(get: Get) -> None:
    _status, _headers, body = get("/api/tenant", Host="acme.tenants.test:28443")
    assert json.loads(body) == {
        "tenant": "acme",
        "frontend_url": "https://acme.tenants.test:28443",
        "backend_url": "https://api.acme.tenants.test:28443",
    }


def test_the_dashboard_works(get: Get) -> None:
    assert get("/dashboard", Host="acme.tenants.test")[0] == 200


def test_login_leads_to_the_auth_host(get: Get) -> None:
    status, headers, _body = get("/auth/login?next=/dashboard", Host="acme.tenants.test")
    assert status == 302
    assert headers["Location"] == (
        "https://auth.tenants.test/login?tenant=acme&redirect_to=https%3A%2F%2Facme.tenants.test%3A28443%2Fdashboard"
    )


@pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test/", "/%5Cevil.test"])
def test_login_leads_back_to_no_other_host(get: Get, back: str) -> None:
    assert "evil" not in get(f"/auth/login?next={back}", Host="acme.tenants.test")[1]["Location"]


@pytest.mark.parametrize(
    ("host", "header"), [("localhost", None), ("<b>.tenants.test", None), ("acme.tenants.test", "globex"), ("", None)]
)
def test_no_tenant(host: str, header: str | None) -> None:
    assert tenant_of(host, header, 443) is None


def test_an_unknown_host_is_404(get: Get) -> None:
    assert get("/", Host="localhost")[0] == 404
