# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Cloudflare API stand-in: what a client of the real API relies on."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab.servers.cloudflare.access import Access
from lab.servers.cloudflare.api import PREFIX, Api, make_server
from lab.servers.cloudflare.mirror import shown_as
from lab.servers.cloudflare.records import Record
from lab.servers.cloudflare.store import Store

ZONE = {"id": "0" * 32, "name": "tenants.test", "name_servers": ["ns1.tenants.test"]}
RECORDS = f"/zones/{ZONE['id']}/dns_records"
BEARER = {"Authorization": "Bearer right"}
ACME = {"type": "A", "name": "acme.tenants.test", "content": "192.0.2.1"}


class Client:
    """As much of a client as the tests need."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.headers = dict(BEARER)
        self.last_headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: Any = None, prefix: str = PREFIX) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, prefix + path, json.dumps(body) if body is not None else None, self.headers)
            answer = connection.getresponse()
            self.last_headers = dict(answer.getheaders())
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def result(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.call(method, path, body)
        assert (status, answer["success"]) == (200, True), answer
        return answer["result"]

    def error(self, method: str, path: str, body: Any = None) -> tuple[int, int]:
        status, answer = self.call(method, path, body)
        assert answer["success"] is False
        return status, answer["errors"][0]["code"]

    def lab(self, method: str, path: str, body: Any = None) -> Any:
        return self.call(method, path, body, prefix="/_lab")[1]


class MirrorLog:
    """Takes the place of BIND."""

    def __init__(self) -> None:
        self.calls: list[tuple[set[tuple[str, str]], list[str]]] = []

    def __call__(self, keys: set[tuple[str, str]], records: list[Record]) -> None:
        self.calls.append((keys, sorted(record["content"] for record in records)))


@pytest.fixture
def mirror() -> MirrorLog:
    return MirrorLog()


@pytest.fixture
def client(tmp_path: Path, mirror: MirrorLog, serve: Callable[[ThreadingHTTPServer], int]) -> Client:
    api = Api(
        store=Store(ZONE, tmp_path / "records.json", mirror),
        access=Access(token="right", read_token="reader", email="ops@tenants.test", api_key="key"),
    )
    return Client(serve(make_server("127.0.0.1", 0, api)))


def test_a_record_is_made_changed_replaced_and_deleted(client: Client) -> None:
    made = client.result("POST", RECORDS, {**ACME, "comment": "ours"})
    assert made | {**ACME, "ttl": 1, "proxied": False, "comment": "ours", "zone_name": "tenants.test"} == made
    path = f"{RECORDS}/{made['id']}"

    patched = client.result("PATCH", path, {"content": "192.0.2.2"})
    assert (patched["content"], patched["comment"], patched["id"]) == ("192.0.2.2", "ours", made["id"])

    replaced = client.result("PUT", path, ACME)
    assert (replaced["content"], replaced["comment"], replaced["id"]) == ("192.0.2.1", None, made["id"])

    assert client.result("DELETE", path) == {"id": made["id"]}
    assert client.error("GET", path) == (404, 81044)
    assert client.error("DELETE", path) == (404, 81044)


@pytest.mark.parametrize("name", ["acme", "ACME.tenants.test", "acme.tenants.test."])
def test_names_are_completed_to_the_zone(client: Client, name: str) -> None:
    assert client.result("POST", RECORDS, {**ACME, "name": name})["name"] == "acme.tenants.test"


def test_the_zone_itself_is_at(client: Client) -> None:
    assert client.result("POST", RECORDS, {**ACME, "name": "@"})["name"] == "tenants.test"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**ACME, "content": "not an address"}, 9005),
        ({**ACME, "content": "2001:db8::1"}, 9005),
        ({**ACME, "type": "AAAA"}, 9006),
        ({**ACME, "ttl": 30}, 9021),
        ({**ACME, "type": "TXT", "content": "x", "proxied": True}, 9004),
        ({**ACME, "type": "NONSENSE"}, 9000),
        ({**ACME, "name": "bad name"}, 9000),
    ],
)
def test_what_the_api_refuses(client: Client, body: dict[str, Any], code: int) -> None:
    assert client.error("POST", RECORDS, body) == (400, code)
    assert client.result("GET", RECORDS) == []


def test_the_same_record_twice(client: Client) -> None:
    client.result("POST", RECORDS, ACME)
    assert client.error("POST", RECORDS, ACME) == (400, 81058)
    assert client.error("POST", RECORDS, {**ACME, "ttl": 300}) == (400, 81057)


def test_a_cname_shares_its_name_with_no_address(client: Client) -> None:
    cname = {"type": "CNAME", "name": "acme", "content": "edge.tenants.test"}
    address = client.result("POST", RECORDS, ACME)
    assert client.error("POST", RECORDS, cname) == (400, 81053)
    client.result("DELETE", f"{RECORDS}/{address['id']}")
    client.result("POST", RECORDS, cname)
    assert client.error("POST", RECORDS, ACME) == (400, 81054)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=acme.tenants.test", ["192.0.2.1", "192.0.2.2"]),
        ("name.exact=acme.tenants.test&type=A&content=192.0.2.2", ["192.0.2.2"]),
        ("name.endswith=.globex.tenants.test", ["192.0.2.3"]),
        ("comment=frappeops:globex", ["192.0.2.3"]),
        ("proxied=true", ["192.0.2.2"]),
        ("match=any&content=192.0.2.1&content.contains=.3", ["192.0.2.1", "192.0.2.3"]),
        ("type=TXT", []),
        ("order=content&direction=desc", ["192.0.2.3", "192.0.2.2", "192.0.2.1"]),
    ],
)
def test_filters(client: Client, query: str, found: list[str]) -> None:
    client.result("POST", RECORDS, ACME)
    client.result("POST", RECORDS, {**ACME, "content": "192.0.2.2", "proxied": True})
    globex = {"name": "api.globex", "content": "192.0.2.3", "comment": "frappeops:globex"}
    client.result("POST", RECORDS, {**ACME, **globex})
    contents = [record["content"] for record in client.result("GET", f"{RECORDS}?{query}")]
    assert contents == found if "order" in query else sorted(contents) == found


def test_pages_hold_every_record_once(client: Client) -> None:
    for number in range(5):
        client.result("POST", RECORDS, {**ACME, "name": f"t{number}"})
    names, info = [], {}
    for page in (1, 2, 3):
        _status, answer = client.call("GET", f"{RECORDS}?per_page=2&page={page}")
        names += [record["name"] for record in answer["result"]]
        info = answer["result_info"]
    assert names == [f"t{number}.tenants.test" for number in range(5)]
    assert info == {"page": 3, "per_page": 2, "count": 1, "total_count": 5, "total_pages": 3}


def test_a_batch_deletes_first_and_posts_last(client: Client) -> None:
    old = client.result("POST", RECORDS, ACME)
    cname = {"type": "CNAME", "name": "acme", "content": "edge.tenants.test"}
    done = client.result("POST", f"{RECORDS}/batch", {"posts": [cname], "deletes": [{"id": old["id"]}]})
    assert [record["id"] for record in done["deletes"]] == [old["id"]]
    assert [record["type"] for record in client.result("GET", RECORDS)] == ["CNAME"]


def test_a_batch_is_done_as_a_whole_or_not_at_all(client: Client, mirror: MirrorLog) -> None:
    old = client.result("POST", RECORDS, ACME)
    change = {"deletes": [{"id": old["id"]}], "posts": [{**ACME, "content": "no address"}]}
    assert client.error("POST", f"{RECORDS}/batch", change) == (400, 9005)
    assert [record["id"] for record in client.result("GET", RECORDS)] == [old["id"]]
    assert mirror.calls[-1][1] == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("headers", "method", "expected"),
    [
        ({"Authorization": "Bearer wrong"}, "GET", (403, 9109)),
        ({"Authorization": "Basic right"}, "GET", (400, 6003)),
        ({}, "GET", (400, 9106)),
        ({"Authorization": "Bearer reader"}, "POST", (403, 10000)),
        ({"X-Auth-Email": "ops@tenants.test", "X-Auth-Key": "wrong"}, "GET", (403, 9103)),
    ],
)
def test_who_may_not(client: Client, headers: dict[str, str], method: str, expected: tuple[int, int]) -> None:
    client.headers = headers
    assert client.error(method, RECORDS, ACME if method == "POST" else None) == expected


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer reader"}, {"X-Auth-Email": "ops@tenants.test", "X-Auth-Key": "key"}]
)
def test_who_may_read(client: Client, headers: dict[str, str]) -> None:
    client.headers = headers
    (zone,) = client.result("GET", "/zones?name=tenants.test")
    assert zone["id"] == ZONE["id"]
    assert ("#dns_records:edit" in zone["permissions"]) == ("X-Auth-Key" in headers)


def test_another_zone_is_no_route(client: Client) -> None:
    assert client.error("GET", f"/zones/{'1' * 32}/dns_records") == (404, 7003)
    assert client.result("GET", "/zones?name=example.com") == []


def test_ordered_errors_come_as_often_as_ordered(client: Client) -> None:
    client.lab("POST", "/errors", {"status": 429, "times": 2, "retry_after": 7})
    client.lab("POST", "/errors", {"status": 503, "method": "POST"})
    assert client.error("GET", RECORDS) == (429, 971)
    assert client.last_headers["Retry-After"] == "7"
    assert client.error("GET", RECORDS)[0] == 429
    assert client.result("GET", RECORDS) == []
    assert client.error("POST", RECORDS, ACME)[0] == 503
    client.result("POST", RECORDS, ACME)


def test_an_error_after_the_work_is_done(client: Client) -> None:
    client.lab("POST", "/errors", {"status": 502, "method": "POST", "after": True})
    assert client.error("POST", RECORDS, ACME)[0] == 502
    assert [record["content"] for record in client.result("GET", RECORDS)] == ["192.0.2.1"]


def test_past_the_limit_all_is_refused(client: Client) -> None:
    client.lab("PUT", "/limit", {"requests": 2, "seconds": 300})
    client.result("GET", RECORDS)
    client.result("GET", RECORDS)
    assert client.error("GET", RECORDS) == (429, 971)
    assert client.last_headers["Retry-After"] == "300"
    client.lab("PUT", "/limit", {})
    client.result("GET", RECORDS)


def test_read_only_refuses_every_change(client: Client) -> None:
    client.lab("PUT", "/read_only", {"read_only": True})
    assert client.error("POST", RECORDS, ACME)[0] == 409
    assert client.result("GET", RECORDS) == []


def test_the_request_log_has_no_token(client: Client) -> None:
    client.result("POST", RECORDS, ACME)
    log = client.lab("GET", "/requests")
    assert [(one["method"], one["path"], one["body"], one["status"]) for one in log] == [
        ("POST", PREFIX + RECORDS, ACME, 200)
    ]
    assert "right" not in json.dumps(log)


def test_records_survive_a_restart_and_reach_the_mirror_again(client: Client, tmp_path: Path) -> None:
    client.result("POST", RECORDS, ACME)
    mirror = MirrorLog()
    again = Store(ZONE, tmp_path / "records.json", mirror)
    assert [record["content"] for record in again.records.values()] == ["192.0.2.1"]
    assert mirror.calls == [({("acme.tenants.test", "A")}, ["192.0.2.1"])]


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        ({"type": "A", "content": "192.0.2.1", "ttl": 1, "proxied": False}, ("A", "192.0.2.1", 300)),
        ({"type": "A", "content": "192.0.2.1", "ttl": 1, "proxied": True}, ("A", "127.0.0.2", 300)),
        ({"type": "CNAME", "content": "edge.test", "ttl": 60, "proxied": False}, ("CNAME", "edge.test.", 60)),
        ({"type": "CNAME", "content": "edge.test", "ttl": 1, "proxied": True}, ("A", "127.0.0.2", 300)),
        ({"type": "TXT", "content": 'say "hi"', "ttl": 60, "proxied": False}, ("TXT", '"say \\"hi\\""', 60)),
    ],
)
def test_what_the_name_servers_say(record: Record, shown: tuple[str, str, int]) -> None:
    assert shown_as({"name": "acme.tenants.test", **record}) == ("acme.tenants.test", *shown)
