# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How we speak HTTP: where we connect, what we send, and which way of failing is told how; against real servers."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from web_servers import DAY, NOW, Authority, Reply, free_port, serving, socket_saying

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.http_probe import Client, Url, View


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


def local(authority=None, **options):
    ca_file = str(authority.file) if authority else None
    return Client(View(address="127.0.0.1", ca_file=ca_file, timeout=options.pop("timeout", 5), **options))


def fault(client, url):
    with pytest.raises(TenantError) as raised:
        client.request(url)
    assert "\n" not in raised.value.msg
    return raised.value


def test_address_override_keeps_host_header_server_name_and_certificate_check(authority):
    with serving(lambda request: Reply(200, "hello"), authority.context("api.acme.example.com")) as web:
        answer = local(authority).request(f"https://api.acme.example.com:{web.port}/a/b?c=d")
    assert (answer.status, answer.text, answer.address) == (200, "hello", "127.0.0.1")
    assert web.requests[0].path == "/a/b?c=d"
    assert web.requests[0].headers["host"] == f"api.acme.example.com:{web.port}"
    assert answer.certificate == {
        "issuer": "Test CA",
        "names": ["api.acme.example.com"],
        "not_after": (NOW + 10.5 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "days_left": 10,
    }
    assert set(answer.timings) == {"dns", "connect", "tls", "first_byte"}


def test_plain_http_has_no_certificate_and_sends_what_it_is_given():
    with serving(lambda request: Reply(201, request.body)) as web:
        answer = local().request(f"http://acme.test:{web.port}/", "POST", {"X-One": "1"}, b"a=b")
    assert (answer.status, answer.body, answer.certificate) == (201, b"a=b", None)
    assert (web.requests[0].method, web.requests[0].headers["x-one"]) == ("POST", "1")


def test_a_redirect_is_an_answer_and_is_not_followed():
    with serving(lambda request: Reply(302, "", {"Location": "http://other.test/"})) as web:
        answer = local().request(f"http://acme.test:{web.port}/")
    assert (answer.status, answer.headers["location"], len(web.requests)) == (302, "http://other.test/", 1)


def test_cookies_are_read():
    with serving(lambda request: Reply(200, "", {"Set-Cookie": 'sid="Guest"; Path=/; HttpOnly'})) as web:
        assert local().request(f"http://acme.test:{web.port}/").cookies == {"sid": "Guest"}


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with serving(lambda request: Reply(200, "direct")) as web:
        assert local().request(f"http://acme.test:{web.port}/").text == "direct"


def test_certificate_for_another_name_is_named(authority):
    with serving(lambda request: Reply(), authority.context("www.other.test", "other.test")) as web:
        found = fault(local(authority), f"https://acme.test:{web.port}/")
    assert found.details["error"] == "tls_name"
    assert "is for www.other.test, other.test, not for acme.test" in found.msg


def test_unknown_authority(authority, tmp_path):
    with serving(lambda request: Reply(), authority.context("acme.test")) as web:
        other = Authority(tmp_path)
        assert fault(local(other), f"https://acme.test:{web.port}/").details["error"] == "tls_unknown_ca"
        assert fault(local(), f"https://acme.test:{web.port}/").details["error"] == "tls_unknown_ca"


def test_a_server_that_keeps_its_intermediate_to_itself_is_told_to_send_it(authority):
    with serving(lambda request: Reply(), authority.context("acme.test", intermediate=True, whole=False)) as web:
        found = fault(local(authority), f"https://acme.test:{web.port}/")
    assert found.details["error"] == "tls_unknown_ca"
    assert "nginx must serve fullchain.pem" in found.remedy
    with serving(lambda request: Reply(), authority.context("acme.test", intermediate=True)) as web:
        assert local(authority).request(f"https://acme.test:{web.port}/").status == 200


@pytest.mark.parametrize(
    ("begin", "end", "code"),
    [(NOW - 5 * DAY, NOW - DAY, "tls_expired"), (NOW + DAY, NOW + 5 * DAY, "tls_not_yet_valid")],
)
def test_certificate_at_the_wrong_time(authority, begin, end, code):
    with serving(lambda request: Reply(), authority.context("acme.test", begin=begin, end=end)) as web:
        assert fault(local(authority), f"https://acme.test:{web.port}/").details["error"] == code


def test_https_to_a_port_that_speaks_http(authority):
    with serving(lambda request: Reply()) as web:
        assert fault(local(authority), f"https://acme.test:{web.port}/").details["error"] == "tls_failed"


def test_ca_file_that_is_not_there():
    with serving(lambda request: Reply()) as web:
        client = Client(View(address="127.0.0.1", ca_file="/nonexistent/ca.pem"))
        assert fault(client, f"https://acme.test:{web.port}/").details["error"] == "ca_file"


def test_nobody_listens():
    port = free_port()
    found = fault(local(), f"http://acme.test:{port}/")
    assert found.details["error"] == "refused"
    assert f"acme.test port {port} at 127.0.0.1 refused" in found.msg


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing(authority, scheme):
    with socket_saying(None) as port:
        found = fault(local(authority, timeout=0.3), f"{scheme}://acme.test:{port}/")
    assert found.details["error"] == "timeout"
    assert ("TLS handshake" if scheme == "https" else "waiting for the answer") in found.msg


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (b"", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "connection_lost"),
        (b"220 mail.test ESMTP\r\n", "not_http"),
    ],
)
def test_answers_that_are_none(words, code):
    with socket_saying(words) as port:
        assert fault(local(), f"http://acme.test:{port}/").details["error"] == code


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_is_waited_for_beyond_the_deadline(authority, scheme):
    begun = time.monotonic()
    with socket_saying(None) as port:
        client = local(authority, timeout=5)
        with client.within(0.3):
            found = fault(client, f"{scheme}://acme.test:{port}/")
    assert found.details["error"] == "timeout"
    assert "within 0.3 s" in found.msg
    assert time.monotonic() - begun < 2


def test_system_resolver_does_not_know_the_name():
    found = fault(Client(View()), "http://acme.invalid/")
    assert found.details["error"] in ("name_not_found", "dns_failed")
    assert "acme.invalid" in found.msg


def test_resolvers_that_do_not_answer():
    with socket_saying(None) as port:
        client = Client(View(nameservers=(f"127.0.0.1#{port}",), timeout=0.3))
        found = fault(client, "http://acme.test/")
    assert found.details["error"] == "dns_failed"
    assert f"127.0.0.1#{port}" in found.msg


def test_resolver_that_is_no_address():
    assert "resolvers: 'ns1.test'" in fault(Client(View(nameservers=("ns1.test",))), "http://acme.test/").msg


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.test",
        "ftp://acme.test/",
        "http://",
        "http://acme.test:x/",
        "http://a b/",
        "http://a/\r\nX: y",
        "http://u:p@acme.test/",
    ],
)
def test_what_is_no_url(url):
    with pytest.raises(TenantError, match="URL"):
        Url.parse(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://acme.test/", "acme.test"),
        ("https://acme.test:443", "acme.test"),
        ("http://acme.test:443", "acme.test:443"),
        ("https://[::1]:8443/x", "[::1]:8443"),
    ],
)
def test_host_header(url, host):
    assert Url.parse(url).host_header == host


def test_excerpt_of_a_page_is_one_readable_line():
    page = "<html><head><title>no</title></head><style>a{}</style><body><h1>Bad\n Gateway</h1>\x1b[31m nginx</body>"
    with serving(lambda request: Reply(502, page)) as web:
        answer = local().request(f"http://acme.test:{web.port}/")
    assert answer.excerpt() == "Bad Gateway [31m nginx"
    assert answer.excerpt(5) == "Bad G..."
