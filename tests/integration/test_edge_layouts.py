# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people and attackers get from a tenant's hosts, in both layouts alike: the role edge_host in a real nginx.

The servers behind nginx only tell what reached them.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import http2
import pytest
from edge_servers import Edge, has_ipv6, need_programs
from edge_world import BACKEND, FRONTEND, OTHER, World, unverified
from sudo_rules import sudo_of
from vhost_rendering import identity


def workers(world: World) -> list[str]:
    master = world.edge.nginx.pid_file.read_text().strip()
    return Path(f"/proc/{master}/task/{master}/children").read_text().split()


@pytest.fixture(scope="module", params=["vhost", "shared"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    need_programs()
    edge = Edge(tmp_path_factory.mktemp("edge"))
    try:
        edge.nginx.start()
        world = World(edge, request.param)
        world.prepare_edge()
        world.publish()
        yield world
    finally:
        edge.servers.stop()


def test_the_edge_is_prepared_once(world: World) -> None:
    before = world.edge.nginx.tree()
    # Check mode sees the same; once is enough, for the layout with more files.
    assert "changed=0" in world.prepare_edge(*(["--check", "--diff"] if world.layout == "shared" else []))
    assert world.edge.nginx.tree() == before
    assert (world.edge.nginx.prefix / "frappe_tenants" / "unknown-host.key").stat().st_mode & 0o777 == 0o600


def test_an_ordinary_user_works_as_root_by_ansibles_command_only(world: World) -> None:
    shell = "/bin/sh -c 'echo BECOME-SUCCESS-abc ; id -un'"
    with sudo_of(world.edge.folder) as sudo:
        listed = sudo(f"-u root {shell}")
        assert (listed.returncode, listed.stdout.split()) == (0, ["BECOME-SUCCESS-abc", "root"]), listed.stderr
        for other in ("id", "/bin/sh -c id", "-s", f"-u nobody {shell}"):
            refused = sudo(other)
            assert (refused.returncode, refused.stdout) == (1, ""), other


@pytest.mark.parametrize("host", ["unknown.tenants.test", "api.unknown.tenants.test", "elsewhere.test", "tenants.test"])
def test_unknown_hosts_get_nothing(world: World, host: str) -> None:
    assert world.ask("/", tls=False, Host=host).status == 404
    assert world.ask("/api/method/ping", tls=False, Host=host).status == 404
    # In the layout shared a host that fits a pattern has no certificate, so there is not even a handshake.
    with pytest.raises((http.client.RemoteDisconnected, ssl.SSLError)):
        world.ask("/", host=host, Host=host)
    with pytest.raises(http.client.RemoteDisconnected):
        world.ask("/api/method/ping", host=BACKEND, Host=host)


def test_a_host_that_fits_nothing_sees_nobodys_certificate(world: World) -> None:
    with (
        socket.create_connection(("127.0.0.1", world.edge.https), 5) as plain,
        unverified().wrap_socket(plain, server_hostname="elsewhere.test") as stream,
    ):
        assert b"unknown-host.invalid" in (stream.getpeercert(binary_form=True) or b"")


def test_http_leads_to_https_except_for_the_challenge(world: World) -> None:
    (world.edge.nginx.webroot / ".well-known" / "acme-challenge").mkdir(parents=True, exist_ok=True)
    (world.edge.nginx.webroot / ".well-known" / "acme-challenge" / "token").write_text("answer")
    for host in (FRONTEND, BACKEND):
        moved = world.ask("/some/page?x=1", tls=False, Host=host)
        assert (moved.status, moved.headers["Location"]) == (301, f"https://{host}:{world.edge.https}/some/page?x=1")
    for host in (FRONTEND, BACKEND, "not-yet.tenants.test"):
        assert world.ask("/.well-known/acme-challenge/token", tls=False, Host=host).text == "answer"


def test_the_longest_name_has_room(world: World) -> None:
    longest = identity("a" * 63)
    world.publish(tenant_identity=longest)
    host = longest["backend_host"]
    seen = world.ask("/api/method/ping", host=host, Host=host).seen
    assert (seen["x-tenant"], seen["x-frappe-site-name"]) == (longest["name"], host)
    assert world.withdraw(longest)["changed"]
    assert not world.withdraw(longest)["changed"]
    assert world.ask("/", tls=False, Host=host).status == 404


def test_http2_is_offered(world: World) -> None:
    context = unverified()
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", world.edge.https), 5)
    with context.wrap_socket(plain, server_hostname=BACKEND) as stream:
        assert stream.selected_alpn_protocol() == "h2"
        assert stream.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize(
    ("fields", "site"),
    [
        ([(":authority", BACKEND), ("x-frappe-site-name", OTHER)], BACKEND),
        ([(":authority", BACKEND), ("host", OTHER)], None),
        ([(":authority", OTHER), ("host", BACKEND)], None),
        ([("host", BACKEND), ("x-forwarded-host", OTHER)], BACKEND),
    ],
    ids=["site name", "other host", "other authority", "no authority"],
)
def test_http2_leads_nowhere_else_either(world: World, fields: list[tuple[str, str]], site: str | None) -> None:
    context = unverified()
    context.set_alpn_protocols(["h2"])
    plain = socket.create_connection(("127.0.0.1", world.edge.https), 5)
    with context.wrap_socket(plain, server_hostname=BACKEND) as stream:
        body = http2.ask(stream, [(":method", "GET"), (":scheme", "https"), (":path", "/api/x"), *fields])
    if site is None:
        # Of two hosts one might be taken; that of another tenant never is.
        assert (
            body is None or b"400 Bad Request" in body or json.loads(body)["headers"]["x-frappe-site-name"] == BACKEND
        )
    else:
        assert body is not None and json.loads(body)["headers"]["x-frappe-site-name"] == site
    assert body is None or OTHER.encode() not in body


def handshake(world: World, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", world.edge.https), 5)
    return context.wrap_socket(plain, server_hostname=BACKEND, session=session)


@pytest.mark.parametrize(
    ("version", "ciphers", "refusal"),
    [
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", ""),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA", "HANDSHAKE_FAILURE"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256", "HANDSHAKE_FAILURE"),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", "PROTOCOL_VERSION"),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_what_is_weak_in_tls_is_refused(world: World, version: ssl.TLSVersion, ciphers: str, refusal: str) -> None:
    context = unverified()
    context.set_ciphers(ciphers)
    context.minimum_version = context.maximum_version = version
    if refusal:
        with pytest.raises(ssl.SSLError, match=refusal):
            handshake(world, context)
    else:
        handshake(world, context).close()


def test_a_session_is_resumed(world: World) -> None:
    context = unverified()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with handshake(world, context) as first:
        session = first.session
    with handshake(world, context, session) as second:
        assert second.session_reused


def test_a_name_in_capitals_in_the_handshake(world: World) -> None:
    """No browser writes it so. The layout shared looks for the certificate by the name as it was written."""
    client = ["openssl", "s_client", "-connect", f"127.0.0.1:{world.edge.https}", "-servername", BACKEND.upper()]
    seen = subprocess.run(client, input="", capture_output=True, text=True, check=False, timeout=10)
    if world.layout == "shared":
        assert "no peer certificate available" in seen.stdout and " alert " in seen.stderr
    else:
        assert f"subject=CN = {FRONTEND}" in seen.stdout


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
        "/COMMON_SITE_CONFIG.JSON",
        "/Site_Config.json",
        f"/{OTHER}/Private/Backups/dump.sql.gz",
        "/FILES/../../site_config.json",
        "/%2fcommon_site_config.json",
        "/files%2f..%2f..%2fsite_config.json",
        "/files/%252e%252e/%252e%252e/site_config.json",
        "/files/..%5c..%5csite_config.json",
        "/files/%2e%2e%2f%2e%2e%2fsite_config.json%00.txt",
        f"/files/%2E%2E/%2E%2E/%2E%2E/{OTHER}/site_config.json",
        "/private/files/%2e%2e/backups/dump.sql.gz",
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
    path, size = "/api/method/upload_file", 49 * 2**20
    taken = world.ask(path, method="POST", body=bytes(size), Host=BACKEND, Content_Length=str(size))
    assert taken.seen["content-length"] == str(size)
    assert world.ask(path, method="POST", Host=BACKEND, Content_Length=str(51 * 2**20)).status == 413


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Content-Length: 3\r\nContent-Length: 30",
        "Content-Length: 3, 30",
        "Content-Length: +3",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity, chunked",
    ],
)
def test_a_request_whose_end_can_be_seen_in_two_ways_is_refused(world: World, head: str) -> None:
    """The basis of request smuggling."""
    answer = world.send(f"POST /api/x HTTP/1.1\r\nHost: {BACKEND}\r\n{head}\r\nConnection: close\r\n\r\n0\r\n\r\n")
    assert answer.splitlines()[0].split()[1] in ("400", "501")


@pytest.mark.parametrize(
    "head",
    [
        "Transfer-Encoding : chunked",
        " Transfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\x00Transfer-Encoding: chunked",
    ],
)
def test_a_disguised_length_reaches_nobody(world: World, head: str) -> None:
    """What follows the request is never taken for a request that nginx did not look at."""
    hidden = f"GET /desk HTTP/1.1\r\nHost: {OTHER}\r\n\r\n"
    answer = world.send(
        f"POST /api/x HTTP/1.1\r\nHost: {BACKEND}\r\nContent-Length: {len(hidden)}\r\n{head}\r\n"
        f"Connection: close\r\n\r\n{hidden}"
    )
    status = answer.splitlines()[0].split()[1]
    assert status == "400" or "transfer-encoding" not in answer.lower().partition("\r\n\r\n")[2]
    assert answer.count("HTTP/1.1 ") == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["bare", "whole"])
def test_a_line_that_ends_with_a_bare_line_feed_carries_no_header_past_nginx(world: World, end: str) -> None:
    """nginx may take it for the end of a line or refuse it, but what is behind gets nothing that nginx did not read."""
    answer = world.send(
        f"GET /api/x HTTP/1.1{end}Host: {BACKEND}{end}X: y\nX-Frappe-Site-Name: {OTHER}{end}Connection: close{end}{end}"
    )
    assert answer.splitlines()[0].split()[1] in ("200", "400")
    assert OTHER not in answer and answer.count("HTTP/1.1 ") == 1


def test_nothing_hides_behind_the_last_chunk(world: World) -> None:
    hidden = f"GET /desk HTTP/1.1\r\nHost: {OTHER}\r\n\r\n"
    for chunks in ("0\n\n", "0\r\n\n", "0;x\n\r\n", "00000000000000000\r\n\r\n", "0x0\r\n\r\n", "-1\r\n\r\n"):
        answer = world.send(
            f"POST /api/x HTTP/1.1\r\nHost: {BACKEND}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            f"{chunks}{hidden}"
        )
        assert answer.count("HTTP/1.1 ") == 1 and OTHER not in answer, chunks


def test_a_second_request_on_the_connection_is_looked_at_as_well(world: World) -> None:
    first = f"GET /api/x HTTP/1.1\r\nHost: {BACKEND}\r\n\r\n"
    second = f"GET /api/method/login HTTP/1.1\r\nHost: {BACKEND}\r\nConnection: close\r\n\r\n"
    assert "Password login disabled" in world.send(first + second)


def test_no_other_protocol_opens_a_way_past_nginx(world: World) -> None:
    for path, protocol in (("/api/x", "h2c"), ("/api/x", "websocket"), ("/socket.io/", "h2c")):
        seen = world.ask(path, Host=BACKEND, Upgrade=protocol, Connection="Upgrade, HTTP2-Settings").seen
        assert "upgrade" not in seen and seen.get("connection", "") in ("", "close")


@pytest.mark.parametrize(
    "head",
    [
        f"GET http://{OTHER}/api/x HTTP/1.1\r\nHost: {BACKEND}",
        f"GET /api/x HTTP/1.1\r\nHost: {BACKEND}\r\nHost: {OTHER}",
        "GET /api/x HTTP/1.1",
        "GET /api/x HTTP/1.0",
        f"GET /api/x HTTP/1.1\r\nHost: {OTHER}/../{BACKEND}",
        f"GET /api/x HTTP/1.1\r\nHost: ..\r\nX-Forwarded-Host: {OTHER}",
        "GET /api/x HTTP/1.1\r\nHost: api..tenants.test",
        f"GET /api/x HTTP/1.1\r\nHost: {BACKEND}@{OTHER}",
    ],
)
def test_tricks_with_the_host_lead_nowhere(world: World, head: str) -> None:
    answer = world.send(f"{head}\r\nConnection: close\r\n\r\n")
    assert not answer or answer.splitlines()[0].split()[1] == "400"


def test_the_host_is_the_same_in_any_writing(world: World) -> None:
    for host in (BACKEND.upper(), f"{BACKEND}.", f"{BACKEND}:9"):
        seen = world.ask("/api/x", Host=host, X_Forwarded_Host=OTHER, Forwarded=f"host={OTHER}").seen
        assert seen["x-frappe-site-name"] == BACKEND
        assert seen["host"] == seen["x-forwarded-host"] == f"{BACKEND}:{world.edge.https}"


def test_ipv6_is_served_alike(world: World) -> None:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.create_connection(("::1", world.edge.https), 5) as plain:
        stream = unverified().wrap_socket(plain, server_hostname=BACKEND)
        stream.sendall(f"GET /api/x HTTP/1.1\r\nHost: {BACKEND}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: stream.recv(4096), b"")).decode()
    assert BACKEND in answer and '"x-forwarded-for": "::1"' in answer


def test_strict_transport_security_stands_at_every_answer_by_https(world: World) -> None:
    for path in ("/api/x", "/files/logo.txt", "/assets/app.css", "/login", "/nothing"):
        assert world.ask(path, Host=BACKEND).headers["Strict-Transport-Security"] == "max-age=600"
    assert "Strict-Transport-Security" not in world.ask("/", tls=False, Host=BACKEND).headers


def test_a_suspended_tenant_is_told_so_everywhere(world: World) -> None:
    before = workers(world)
    try:
        assert world.publish(proxy_state="suspended")["changed"]
        for host in (FRONTEND, BACKEND):
            for path in ("/", "/api/method/ping", "/files/logo.txt", "/login", "/private/files/letter.txt"):
                answer = world.ask(path, host=host, Host=host)
                assert (answer.status, answer.text) == (
                    402,
                    "This account is suspended. Please contact support.\n",
                )
        assert not world.publish(proxy_state="suspended")["changed"]
        world.publish(proxy_state="suspended", proxy_https=False)
        assert world.ask("/api/method/ping", tls=False, Host=BACKEND).status == 402
    finally:
        world.publish()
    assert world.ask("/api/method/ping", Host=BACKEND).status == 200
    if world.layout == "shared":
        assert workers(world) == before, "no reload was needed"


def test_password_login_is_a_switch_and_opens_no_other_door(world: World) -> None:
    try:
        world.publish(proxy_password_login=True)
        for path in ("/login", "/update-password?key=x", "/", "/api/method/login", "/api/method/ping?a=b&cmd=login"):
            assert world.ask(path, Host=BACKEND).seen["x-frappe-site-name"] == BACKEND
        assert world.ask("/signup", Host=BACKEND).status == 403
        for path in ("/desk", "/login/x", "/update-password/x", "/site_config.json"):
            assert world.ask(path, Host=BACKEND).status == 404
    finally:
        world.publish()
    assert world.ask("/api/method/ping?a=b&cmd=login", Host=BACKEND).status == 403
    assert world.ask("/update-password", Host=BACKEND).status == 404


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


def test_tenants_of_former_patterns_are_not_left_without_a_server(world: World) -> None:
    """The last of this file: it leaves the edge with other patterns."""
    if world.layout == "vhost":
        pytest.skip("each tenant has servers of its own there")
    hosts = {"frontend": "{tenant}.{domain}", "backend": "{tenant}-api.{domain}"}
    refused = world.run_edge("-e", json.dumps({"tenant_hosts": hosts}))
    told = " ".join((refused.stdout + refused.stderr).split())
    assert refused.returncode != 0 and f"no server would serve {BACKEND}" in told, told
    assert world.ask("/api/method/ping", Host=BACKEND).status == 200

    former = [{"frontend": "{tenant}.tenants.test", "backend": "api.{tenant}.tenants.test"}]
    changed = {"tenant_domain": "other.test", "tenant_hosts": hosts, "edge_host_former_patterns": former}
    world.prepare_edge("-e", json.dumps(changed))
    seen = world.ask("/api/method/ping", Host=BACKEND).seen
    assert (seen["x-tenant"], seen["x-frappe-site-name"]) == ("acme", BACKEND)
    assert world.ask("/dashboard", host=FRONTEND, Host=FRONTEND).seen["x-tenant"] == "acme"
