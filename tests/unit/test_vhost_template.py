# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text that makes a tenant's two servers: its own paths only, the site's name always, nothing by default."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vhost_rendering import ACME, VARIABLES, render_vhost

SETTINGS = [
    pytest.param({}, id="https"),
    pytest.param({"proxy_https": False}, id="http"),
    pytest.param({"proxy_desk": True}, id="desk"),
    pytest.param({"proxy_hsts": 31536000, "proxy_https_port": 8443}, id="hsts and port"),
]
each_setting = pytest.mark.parametrize("setting", SETTINGS)


def blocks(text: str, opening: str) -> list[str]:
    """The bodies of the blocks whose first line matches I(opening) as written by the template, one level at a time."""
    found = []
    for match in re.finditer(rf"^( *){opening}.*\{{\n", text, re.MULTILINE):
        end = text.index(f"\n{match.group(1)}}}", match.end() - 1)
        found.append(text[match.end() : end])
    return found


def servers(text: str) -> dict[str, str]:
    """The server blocks by their first name; the one that only redirects is called redirect."""
    named = {}
    for body in blocks(text, "server"):
        names = re.search(r"server_name (.*);", body)
        assert names is not None
        named["redirect" if "return 301" in body else names.group(1)] = body
    return named


@each_setting
def test_every_proxied_location_names_the_site(setting: dict[str, object]) -> None:
    locations = [body for body in blocks(render_vhost(**setting), "location") if "proxy_pass" in body]
    assert len(locations) == (5 if setting.get("proxy_desk") else 4)
    for body in locations:
        assert re.findall(r"X-Frappe-Site-Name (.*);", body) == ['"api.acme.tenants.test"']
        assert re.findall(r"proxy_set_header Host (.*);", body)[0].startswith(('"acme.ten', '"api.acme.ten'))
        assert "proxy_http_version 1.1;" in body


@each_setting
def test_what_is_not_named_is_denied(setting: dict[str, object]) -> None:
    backend = servers(render_vhost(**setting))["api.acme.tenants.test"]
    (rest,) = blocks(backend, "location / ")
    if setting.get("proxy_desk"):
        assert "proxy_pass" in rest
    else:
        assert rest.strip() == "return 404;"


@each_setting
def test_only_the_tenants_own_folders_are_served(setting: dict[str, object]) -> None:
    text = render_vhost(**setting)
    sites = VARIABLES["proxy_sites_path"]
    served = re.findall(r"^\s+(?:root|alias) \"(.*)\";", text, re.MULTILINE)
    own = f"{sites}/api.acme.tenants.test"
    assert set(served) == {
        VARIABLES["proxy_webroot"],
        f"{own}/private/files/",
        f"{own}/public",
        # Below it only /assets/ is reached.
        sites,
    }
    assert [body for body in blocks(text, "location") if f'root "{sites}";' in body] == blocks(
        text, r"location \^~ /assets/"
    )
    assert "internal;" in blocks(text, r"location \^~ /protected/private/files/")[0]


def test_http_leads_to_https_except_for_the_challenge() -> None:
    found = servers(render_vhost(proxy_https_port=28443))
    assert set(found) == {"redirect", "acme.tenants.test", "api.acme.tenants.test"}
    redirect = found["redirect"]
    assert "server_name acme.tenants.test api.acme.tenants.test;" in redirect
    assert "return 301 https://$host:28443$request_uri;" in redirect
    assert "/.well-known/acme-challenge/" in redirect
    assert "return 301 https://$host$request_uri;" in render_vhost()


def test_without_a_certificate_it_is_served_by_http() -> None:
    text = render_vhost(proxy_https=False)
    assert "ssl" not in text and "301" not in text and "443" not in text
    for body in servers(text).values():
        assert "listen *:80;" in body and "/.well-known/acme-challenge/" in body
    assert "X-Forwarded-Proto http;" in text


def test_addresses_are_those_asked_for() -> None:
    assert re.findall(r"listen (.*);", render_vhost(proxy_addresses=["192.0.2.1"])) == [
        "192.0.2.1:80",
        "192.0.2.1:443 ssl",
        "192.0.2.1:443 ssl",
    ]


def test_strict_transport_security_reaches_every_location_with_headers_of_its_own() -> None:
    text = render_vhost(proxy_hsts=600)
    for body in blocks(text, "location"):
        assert ("add_header" in body) == ("Strict-Transport-Security" in body)
    assert "Strict-Transport-Security" not in render_vhost()


DOOR = re.compile(re.search(r'if \(\$args ~\* "(.*)"\)', render_vhost()).group(1), re.IGNORECASE)  # type: ignore[union-attr]


def encoded(word: str) -> st.SearchStrategy[str]:
    """I(word) with any of its letters in any case or percent-encoded."""
    letter = [st.sampled_from([c, c.upper(), f"%{ord(c):02x}", f"%{ord(c):02X}"]) for c in word]
    return st.tuples(*letter).map("".join)


@given(encoded("cmd"), encoded("login"), st.sampled_from(["", "usr=a&", "cmd=x&"]), st.sampled_from(["", "&pwd=b"]))
def test_the_query_door_is_seen_in_every_writing(key: str, value: str, before: str, after: str) -> None:
    assert DOOR.search(f"{before}{key}={value}{after}")


@pytest.mark.parametrize(
    "query", ["", "cmd=logout", "cmd=login_via_key", "xcmd=login", "q=cmd=login", "cmd=frappe.login"]
)
def test_other_queries_pass(query: str) -> None:
    assert not DOOR.search(query)


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True))
def test_any_valid_name_gives_a_text_of_its_own_only(name: str) -> None:
    identity = {
        **ACME,
        "name": name,
        "frontend_host": f"{name}.x.test",
        "backend_host": f"api.{name}.x.test",
        "site": f"api.{name}.x.test",
    }
    text = render_vhost(tenant_identity=identity)
    assert text.count("{") == text.count("}")
    assert "tenants.test" not in text
    assert f'X-Tenant "{name}";' in text
