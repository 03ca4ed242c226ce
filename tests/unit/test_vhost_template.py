# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text that names a tenant's two servers, and the pattern that finds the login door in a query.

How the servers behave is tested in a real nginx (tests/integration/test_edge_layouts.py).
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vhost_rendering import ACME, ROOT, render_vhost


def servers(text: str) -> dict[str, str]:
    """The server blocks by their name."""
    bodies = re.findall(r"^server \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    return {re.search(r"server_name (.*);", body).group(1): body for body in bodies}  # type: ignore[union-attr]


def settings(body: str) -> dict[str, str]:
    return dict(re.findall(r"set \$frappe_tenants_(\w+) \"?([^\";]*)", body))


def test_each_host_has_a_server_that_says_whose_it_is() -> None:
    found = servers(render_vhost())
    assert list(found) == ["acme.tenants.test", "api.acme.tenants.test"]
    assert settings(found["acme.tenants.test"]) == {"name": "acme", "state": "active", "https": "1"}
    assert settings(found["api.acme.tenants.test"]) == {
        "name": "acme",
        "state": "active",
        "https": "1",
        "desk": "0",
        "password": "0",
        "bench": "bench1",
        "site": "/home/frappe/frappe-bench/sites/api.acme.tenants.test",
        "assets": "/home/frappe/frappe-bench/sites",
    }
    assert "include frappe_tenants/frontend.conf;" in found["acme.tenants.test"]
    assert "include frappe_tenants/backend.conf;" in found["api.acme.tenants.test"]


def test_it_listens_where_it_is_told() -> None:
    text = render_vhost(proxy_addresses=["192.0.2.1", "[::1]"], proxy_https_port=8443)
    assert re.findall(r"listen (.*);", text) == 2 * ["192.0.2.1:80", "192.0.2.1:8443 ssl", "[::1]:80", "[::1]:8443 ssl"]


def test_without_a_certificate_there_is_no_tls() -> None:
    text = render_vhost(proxy_https=False)
    assert "ssl" not in text and "443" not in text and "tls.conf" not in text
    assert all(settings(body)["https"] == "0" for body in servers(text).values())


def test_state_desk_and_password_login_are_said() -> None:
    found = servers(render_vhost(proxy_state="suspended", proxy_desk=True, proxy_password_login=True))
    assert [settings(body)["state"] for body in found.values()] == ["suspended", "suspended"]
    assert settings(found["api.acme.tenants.test"])["desk"] == "1"
    assert settings(found["api.acme.tenants.test"])["password"] == "1"
    assert all("include frappe_tenants/gate.conf;" in body for body in found.values())


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True))
def test_any_valid_name_gives_a_text_of_its_own_only(name: str) -> None:
    hosts = {"frontend_host": f"{name}.x.test", "backend_host": f"api.{name}.x.test", "site": f"api.{name}.x.test"}
    text = render_vhost(tenant_identity={**ACME, "name": name, **hosts})
    assert text.count("{") == text.count("}") == 2
    assert "tenants.test" not in text
    assert f"set $frappe_tenants_name {name};" in text


SHARED = (ROOT / "roles" / "edge_host" / "templates" / "frappe_tenants.conf.j2").read_text()
DOOR = re.compile(
    re.search(r'"~\*(.*)" "Password login', SHARED.partition("password $args")[2]).group(1), re.IGNORECASE
)  # type: ignore[union-attr]


def encoded(word: str) -> st.SearchStrategy[str]:
    """I(word) with any of its letters in any case or percent-encoded."""
    letter = [st.sampled_from([c, c.upper(), f"%{ord(c):02x}", f"%{ord(c):02X}"]) for c in word]
    return st.tuples(*letter).map("".join)


@given(encoded("cmd"), encoded("login"), st.sampled_from(["", "usr=a&", "cmd=x&"]), st.sampled_from(["", "&pwd=b"]))
def test_the_query_door_is_seen_in_every_writing(key: str, value: str, before: str, after: str) -> None:
    query = f"{before}{key}={value}{after}"
    # Closed too where nobody said whether people sign in by password.
    assert DOOR.search(f"0 {query}") and DOOR.search(f" {query}")
    assert not DOOR.search(f"1 {query}")


@pytest.mark.parametrize(
    "query", ["", "cmd=logout", "cmd=login_via_key", "xcmd=login", "q=cmd=login", "cmd=frappe.login"]
)
def test_other_queries_pass(query: str) -> None:
    assert not DOOR.search(f"0 {query}")
