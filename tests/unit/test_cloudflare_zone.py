# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records at Cloudflare, by the SDK against the lab's stand-in, which runs in the test's own process."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils import pauses
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_plan import Plan, Settings
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_zone import ensure
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils import cloudflare_api
from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_api import CloudflareApi
from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_zone import CloudflareZone, _filter, marked
from lab.servers.cloudflare import queries
from lab.servers.cloudflare.access import Access
from lab.servers.cloudflare.api import PREFIX, Api, Handler, make_server
from lab.servers.cloudflare.store import Store
from lab.servers.cloudflare.trials import Limit, Order

FIVE_MINUTES = Settings(300)
ZONE = {"id": "0" * 32, "name": "example.com", "name_servers": ["ns1.example.com"]}
TOKEN = {"api_token": "right", "api_email": None, "api_key": None}
ACME = [
    {"name": "acme.example.com", "type": "A", "value": ["192.0.2.10"]},
    {"name": "api.acme.example.com", "type": "A", "value": ["192.0.2.10"]},
]


class Cloudflare:
    """The stand-in, and our zone at it."""

    def __init__(self, api: Api, port: int) -> None:
        self.api = api
        self.url = f"http://127.0.0.1:{port}{PREFIX}"
        self.requests = 0

    def ensure(
        self,
        records: list[dict[str, Any]],
        state: str = "present",
        *,
        overwrite: bool = False,
        apply: bool = True,
        owner: str = "ada",
        credentials: dict[str, str | None] | None = None,
        settings: Settings = FIVE_MINUTES,
        zone: str = "example.com",
        zone_id: str | None = None,
        timeout: float = 60,
    ) -> Plan:
        api = CloudflareApi(credentials or TOKEN, self.url, timeout)
        try:
            found = CloudflareZone(api, zone, zone_id or api.zone_id(zone, changes=True), owner, settings)
            return ensure(found, {"records": records, "state": state, "overwrite": overwrite}, apply)
        finally:
            self.requests = api.requests

    def undo(self, made: Plan, **options: Any) -> Plan:
        return self.ensure(made.as_result()["created"][::-1], "absent", **options)

    def put(self, name: str, kind: str, content: str, **fields: Any) -> None:
        """Let somebody else make a record."""
        self.api.store.create({"name": name, "type": kind, "content": content, **fields})

    def order(self, **order: Any) -> None:
        self.api.trials.orders.append(Order.of(order))

    def contents(self, name: str = "acme.example.com") -> list[tuple[str, str]]:
        found = self.api.store.records.values()
        return sorted((record["type"], record["content"]) for record in found if record["name"] == name)

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [(one["method"], one["path"].rpartition("/")[2]) for one in self.api.trials.requests]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloudflare]:
    api = Api(
        store=Store(ZONE, tmp_path / "records.json", lambda _keys, _records: None),
        access=Access(token="right", read_token="reader", email="ops@example.com", api_key="key"),
    )
    server = make_server("127.0.0.1", 0, api)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Cloudflare(api, server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.fixture
def pauses_made(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses, which pass at once: a clock that only they move."""
    made: list[float] = []
    monkeypatch.setattr(pauses.time, "monotonic", lambda: sum(made))
    monkeypatch.setattr(pauses.time, "sleep", made.append)
    return made


def test_created_left_alone_and_removed(cloud: Cloudflare) -> None:
    foretold = cloud.ensure(ACME, apply=False)
    assert cloud.contents() == []
    made = cloud.ensure(ACME)
    assert foretold.as_result() == made.as_result()
    assert [each["name"] for each in made.as_result()["created"]] == ["acme.example.com", "api.acme.example.com"]
    assert made.as_result()["diff"]["before"] == ""
    assert {record["comment"] for record in cloud.api.store.records.values()} == {"frappeops.tenants ada"}
    assert {record["ttl"] for record in cloud.api.store.records.values()} == {300}
    assert not cloud.ensure(ACME).changed
    gone = cloud.undo(made)
    assert [each.host for each in gone.removed] == ["api.acme.example.com", "acme.example.com"]
    assert cloud.api.store.records == {}
    assert not cloud.undo(made).changed


def test_a_tenant_costs_one_listing_and_one_batch(cloud: Cloudflare) -> None:
    cloud.ensure(ACME, zone_id=ZONE["id"])
    assert cloud.calls == [("GET", "dns_records"), ("POST", "batch")]
    assert cloud.requests == 2


def test_the_records_of_all_owners_are_one_listing_and_others_are_left_out(cloud: Cloudflare) -> None:
    cloud.ensure([*ACME, {"name": "acme.example.com", "type": "AAAA", "value": ["2001:db8::2", "2001:db8::1"]}])
    cloud.ensure([{"name": "globex.example.com", "type": "CNAME", "value": ["a.example.com"]}], owner="eve")
    cloud.put("www.example.com", "A", "192.0.2.1", comment="by hand")
    cloud.put("blog.example.com", "A", "192.0.2.1")
    cloud.api.trials.requests.clear()
    assert marked(CloudflareApi(TOKEN, cloud.url, 60), ZONE["id"]) == [
        {"name": "acme.example.com", "type": "A", "value": ["192.0.2.10"], "owner": "ada"},
        {"name": "acme.example.com", "type": "AAAA", "value": ["2001:db8::1", "2001:db8::2"], "owner": "ada"},
        {"name": "api.acme.example.com", "type": "A", "value": ["192.0.2.10"], "owner": "ada"},
        {"name": "globex.example.com", "type": "CNAME", "value": ["a.example.com"], "owner": "eve"},
    ]
    assert cloud.calls == [("GET", "dns_records")]


def test_settings_are_changed_in_place(cloud: Cloudflare) -> None:
    cloud.ensure(ACME)
    before = set(cloud.api.store.records)
    changed = cloud.ensure(ACME, settings=Settings(300, proxied=True))
    assert len(changed.updated) == 2
    assert changed.created == []
    assert "acme.example.com 300 A 192.0.2.10\n" in changed.as_result()["diff"]["before"]
    assert "acme.example.com 1 A 192.0.2.10 proxied\n" in changed.as_result()["diff"]["after"]
    assert {(record["proxied"], record["ttl"]) for record in cloud.api.store.records.values()} == {(True, 1)}
    assert set(cloud.api.store.records) == before
    assert not cloud.ensure(ACME, settings=Settings(300, proxied=True)).changed


def test_an_equal_record_of_anothers_making_keeps_its_settings(cloud: Cloudflare) -> None:
    cloud.put("acme", "A", "192.0.2.10", ttl=600, proxied=False)
    made = cloud.ensure(ACME, settings=Settings(300, proxied=True))
    assert [each.records.host for each in made.created] == ["api.acme.example.com"]
    assert made.updated == []
    assert not cloud.ensure(ACME, settings=Settings(300, proxied=True)).changed
    cloud.undo(made)
    assert cloud.contents() == [("A", "192.0.2.10")]


def test_another_address_of_our_own_record_needs_no_permission(cloud: Cloudflare) -> None:
    first = cloud.ensure(ACME)
    moved = [{**record, "value": ["192.0.2.20"]} for record in ACME]
    second = cloud.ensure(moved)
    assert cloud.contents() == [("A", "192.0.2.20")]
    # As the journal has it: all that was made, the latest first.
    made = [*second.as_result()["created"], *first.as_result()["created"]]
    assert cloud.ensure(made, "absent").restored == []
    assert cloud.api.store.records == {}


@pytest.mark.parametrize(
    ("kind", "content"), [("A", "198.51.100.7"), ("CNAME", "shop.example.net"), ("A", "192.0.2.10, and another")]
)
def test_a_foreign_record_is_refused_or_gives_way_and_comes_back(cloud: Cloudflare, kind: str, content: str) -> None:
    contents = ["192.0.2.10", "198.51.100.7"] if "," in content else [content]
    for each in contents:
        cloud.put("acme", kind, each, ttl=600, comment="the old shop", proxied=False)
    before = cloud.contents()
    with pytest.raises(TenantError, match=r"Zone example.com has records of another's making: acme.example.com") as no:
        cloud.ensure(ACME)
    assert no.value.details["conflicts"][0]["present"] == contents
    assert cloud.contents() == before

    made = cloud.ensure(ACME, overwrite=True)
    assert cloud.contents() == [("A", "192.0.2.10")]
    assert not cloud.ensure(ACME, overwrite=True).changed
    undone = cloud.undo(made)
    assert cloud.contents() == before
    assert cloud.contents("api.acme.example.com") == []
    assert [each.records.rdtype for each in undone.restored] == [kind]
    kept = next(iter(cloud.api.store.records.values()))
    assert (kept["ttl"], kept["comment"]) == (600, "the old shop")


def test_a_cname_in_the_way_of_both_families_comes_back_once(cloud: Cloudflare) -> None:
    cloud.put("acme", "CNAME", "shop.example.net")
    both = [ACME[0], {**ACME[0], "type": "AAAA", "value": ["2001:db8::10"]}]
    made = cloud.ensure(both, overwrite=True)
    assert cloud.contents() == [("A", "192.0.2.10"), ("AAAA", "2001:db8::10")]
    cloud.undo(made)
    assert cloud.contents() == [("CNAME", "shop.example.net")]


def test_addresses_of_the_other_family_give_way_and_come_back(cloud: Cloudflare) -> None:
    for address in ("2001:db8::7", "2001:db8::8"):
        cloud.put("acme", "AAAA", address, ttl=600)
    with pytest.raises(TenantError, match="acme.example.com AAAA 2001:db8::7 2001:db8::8, wanted no AAAA"):
        cloud.ensure(ACME)
    made = cloud.ensure(ACME, overwrite=True)
    assert cloud.contents() == [("A", "192.0.2.10")]
    assert not cloud.ensure(ACME).changed
    cloud.undo(made)
    assert cloud.contents() == [("AAAA", "2001:db8::7"), ("AAAA", "2001:db8::8")]


def test_our_own_of_a_family_that_is_no_longer_wanted_go(cloud: Cloudflare) -> None:
    cloud.put("acme", "AAAA", "2001:db8::7")
    both = [*ACME, {**ACME[0], "type": "AAAA", "value": ["2001:db8::10"]}]
    first = cloud.ensure(both, overwrite=True)
    second = cloud.ensure(ACME)
    assert [str(each) for each in second.removed] == ["acme.example.com AAAA 2001:db8::10"]
    assert str(second) == "removing acme.example.com AAAA"
    assert cloud.contents() == [("A", "192.0.2.10")]
    # What it had replaced comes back all the same.
    cloud.undo(first)
    assert cloud.contents() == [("AAAA", "2001:db8::7")]


def test_what_gave_way_is_not_put_beside_an_address_that_came_since(cloud: Cloudflare) -> None:
    cloud.put("acme", "CNAME", "shop.example.net")
    made = cloud.ensure(ACME, overwrite=True)
    cloud.put("acme", "AAAA", "2001:db8::9")
    undone = cloud.undo(made)
    assert cloud.contents() == [("AAAA", "2001:db8::9")]
    assert [str(each) for each in undone.left] == ["acme.example.com AAAA 2001:db8::9"]


def test_undo_leaves_what_others_made_since(cloud: Cloudflare) -> None:
    cloud.put("acme", "A", "198.51.100.7")
    made = cloud.ensure(ACME, overwrite=True)
    cloud.put("acme", "A", "203.0.113.5")
    undone = cloud.undo(made)
    # The former address is not put beside the new one.
    assert cloud.contents() == [("A", "203.0.113.5")]
    assert [str(each) for each in undone.left] == ["acme.example.com A 203.0.113.5"]


def test_a_page_that_is_not_the_apis(cloud: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "page", lambda found, _query: (found, None))
    with pytest.raises(TenantError, match="reading the records: the answer is not the API's"):
        cloud.ensure(ACME)


def test_a_record_of_another_owner_is_never_removed(cloud: Cloudflare) -> None:
    cloud.ensure(ACME, owner="bob")
    assert not cloud.ensure(ACME, owner="ada").changed
    undone = cloud.ensure(ACME, "absent", owner="ada")
    assert not undone.changed
    assert len(undone.left) == 2
    assert cloud.contents() == [("A", "192.0.2.10")]


def test_a_cname_never_takes_the_place_of_an_address(cloud: Cloudflare) -> None:
    cloud.put("acme", "A", "198.51.100.7")
    with pytest.raises(TenantError, match="records of another's making"):
        cloud.ensure([{"name": "acme.example.com", "type": "CNAME", "value": ["a.example.net"]}], overwrite=True)


def test_texts_come_back_as_they_are(cloud: Cloudflare) -> None:
    text = [{"name": "acme.example.com", "type": "TXT", "value": ["v=spf1 -all; 'x'"]}]
    cloud.put("acme", "TXT", '"quoted by the API"')
    assert not cloud.ensure([{**text[0], "value": ["quoted by the API"]}]).created
    assert cloud.ensure(text, overwrite=True, settings=Settings(300, proxied=True)).created
    assert not cloud.ensure(text, settings=Settings(300, proxied=True)).changed


@pytest.mark.parametrize("where", ["ours", "the API's"])
def test_all_pages_are_read(cloud: Cloudflare, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(*((cloudflare_api, "PER_PAGE", 2) if where == "ours" else (queries, "MOST_PER_PAGE", 2)))
    for number in range(5):
        cloud.put(f"{number}.acme", "A", "192.0.2.1")
    cloud.put("acme", "A", "198.51.100.7")
    with pytest.raises(TenantError, match="acme.example.com A 198.51.100.7"):
        cloud.ensure(ACME)


def test_many_tenants_go_in_batches_of_200(cloud: Cloudflare) -> None:
    records = [{**record, "name": f"{n}.{record['name']}"} for n in range(150) for record in ACME]
    cloud.ensure(records)
    assert len(cloud.api.store.records) == 300
    assert cloud.calls.count(("POST", "batch")) == 2
    assert not cloud.ensure(records).changed


class TestPatience:
    def test_the_pause_that_the_api_asks_for_is_made(self, cloud: Cloudflare, pauses_made: list[float]) -> None:
        cloud.order(status=429, retry_after=40)
        cloud.order(status=503)
        assert cloud.ensure(ACME).changed
        assert pauses_made == [40, 0.5]

    def test_who_asks_for_none_is_not_asked_at_once(self, cloud: Cloudflare, pauses_made: list[float]) -> None:
        cloud.order(status=429, retry_after=0, times=1000)
        with pytest.raises(TenantError, match="HTTP 429, Please wait"):
            cloud.ensure(ACME)
        assert pauses_made[:3] == [0.25, 0.5, 1]
        assert sum(pauses_made) == 60

    def test_it_may_be_asked_for_by_a_date(self, cloud: Cloudflare, pauses_made: list[float]) -> None:
        for seconds in (40, -40):
            cloud.order(status=429, retry_after=formatdate(time.time() + seconds, usegmt=True))
        cloud.order(status=429, retry_after="soon")
        assert cloud.ensure(ACME).changed
        assert 37 < pauses_made[0] <= 40
        assert pauses_made[1:] == [0.5, 1]

    def test_not_beyond_the_deadline(self, cloud: Cloudflare, pauses_made: list[float]) -> None:
        cloud.order(status=429, retry_after=300)
        with pytest.raises(
            TenantError, match=r"HTTP 429, Please wait .* asks for 300 s of patience; given up within 60"
        ):
            cloud.ensure(ACME)
        assert pauses_made == []

    def test_not_for_ever(self, cloud: Cloudflare, pauses_made: list[float]) -> None:
        cloud.order(status=500, times=1000)
        with pytest.raises(TenantError, match="finding the zone example.com: HTTP 500"):
            cloud.ensure(ACME)
        assert 60 <= sum(pauses_made) < 70
        assert len(pauses_made) > 10

    def test_the_limit_of_requests_is_waited_out(self, cloud: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
        cloud.api.trials.limit = Limit(requests=2, seconds=0.3)
        assert cloud.ensure(ACME, zone_id=ZONE["id"]).changed
        assert not cloud.ensure(ACME, zone_id=ZONE["id"]).changed

    @pytest.mark.parametrize("status", [500, 502, 504])
    def test_a_change_whose_answer_was_lost_is_told_and_not_made_twice(
        self, cloud: Cloudflare, pauses_made: list[float], status: int
    ) -> None:
        cloud.order(status=status, method="POST", after=True)
        made = cloud.ensure(ACME)
        assert len(made.created) == 2
        assert len(cloud.api.store.records) == 2
        assert cloud.calls.count(("POST", "batch")) == 1

    def test_a_change_that_was_not_made_is_made_again(self, cloud: Cloudflare, pauses_made: list[float]) -> None:
        cloud.order(status=502, method="POST")
        assert len(cloud.ensure(ACME).created) == 2
        assert cloud.calls.count(("POST", "batch")) == 2

    def test_a_server_that_is_not_there(self, pauses_made: list[float]) -> None:
        nobody = Cloudflare(Api(None, None), 9)  # type: ignore[arg-type]
        with pytest.raises(TenantError, match="it does not answer: .*refused"):
            nobody.ensure(ACME, timeout=3)


def test_a_server_that_is_not_the_api(cloud: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Handler, "_send", lambda self, *_given: self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    )
    with pytest.raises(TenantError, match="finding the zone example.com: the answer is not the API's"):
        cloud.ensure(ACME)


# An equal record is no error, which the API says by 81058, or by 81057 when TTL or proxy differ.
@pytest.mark.parametrize("ttl", [300, 600])
def test_a_record_made_in_between_is_seen(cloud: Cloudflare, monkeypatch: pytest.MonkeyPatch, ttl: int) -> None:
    read = CloudflareZone.read
    rivals = iter([lambda: cloud.put("acme", "A", "192.0.2.10", ttl=ttl, comment="frappeops.tenants ada")])

    def read_and_let_others_write(zone: CloudflareZone, wanted: Any) -> Any:
        found = read(zone, wanted)
        next(rivals, lambda: None)()
        return found

    monkeypatch.setattr(CloudflareZone, "read", read_and_let_others_write)
    made = cloud.ensure(ACME)
    assert [each.records.host for each in made.created] == ["api.acme.example.com"]
    assert [one["code"] for one in cloud.api.trials.requests if one["status"] != 200] == [
        81058 if ttl == 300 else 81057
    ]
    assert {record["ttl"] for record in cloud.api.store.records.values()} == {300}


REFUSALS: list[tuple[dict[str, Any], str]] = [
    (
        {"credentials": {**TOKEN, "api_token": "wrong"}},
        r"Invalid access token \(9109\)\. Give a token with the permission",
    ),
    (
        {"credentials": {"api_token": None, "api_email": "ops@example.com", "api_key": "wrong"}},
        r"Unknown X-Auth-Key or X-Auth-Email \(9103\)",
    ),
    (
        {"credentials": {**TOKEN, "api_token": "reader"}},
        "read the zone example.com, but not change its records. Give a token with the permission DNS Edit",
    ),
    # Of a zone that is not looked for, the rights are not known before.
    (
        {"credentials": {**TOKEN, "api_token": "reader"}, "zone_id": ZONE["id"]},
        r"publishing acme.example.com A.*Authentication error \(10000\)",
    ),
    ({"zone": "example.net"}, "Cloudflare shows no zone example.net to these credentials"),
    ({"zone_id": "1" * 32}, r"\(7003\)\. Check zone_id"),
    ({"settings": Settings(30)}, r"Invalid TTL.* \(9021\)\. Give a TTL of 60"),
]


@pytest.mark.parametrize(("options", "said"), REFUSALS)
def test_a_refusal_says_what_and_what_next(cloud: Cloudflare, options: dict[str, Any], said: str) -> None:
    with pytest.raises(TenantError) as refused:
        cloud.ensure(ACME, **options)
    told = refused.value.as_result()["msg"]
    assert re.search(said, told), told
    assert "wrong" not in told
    assert cloud.api.store.records == {}


def test_the_old_pair_of_mail_and_key(cloud: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the environment holds is not sent beside what is given.
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "of somebody else")
    pair = {"api_token": None, "api_email": "ops@example.com", "api_key": "key"}
    assert cloud.ensure(ACME, credentials=pair).changed
    monkeypatch.setenv("CLOUDFLARE_EMAIL", "eve@example.com")
    monkeypatch.setenv("CLOUDFLARE_API_KEY", "of eve")
    assert not cloud.ensure(ACME).changed


def test_check_mode_only_reads(cloud: Cloudflare) -> None:
    cloud.api.trials.read_only = True
    cloud.put("acme", "A", "198.51.100.7")
    foretold = cloud.ensure(ACME, overwrite=True, apply=False)
    assert len(foretold.created) == 2
    assert {method for method, _path in cloud.calls} == {"GET"}


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.lists(st.lists(LABEL, min_size=1, max_size=3).map(".".join), min_size=1, max_size=4))
def test_the_filter_lets_all_wanted_names_through(names: list[str]) -> None:
    hosts = [f"{name}.example.com" for name in names]
    query = {f"name.{how}": text for how, text in _filter(hosts, "example.com").get("name", {}).items()}
    blank = {"content": "", "comment": "", "type": "A", "proxied": False, "ttl": 1, "id": "0"}
    listed = queries.select([{**blank, "name": host} for host in hosts], query)
    assert {record["name"] for record in listed} == set(hosts)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["acme.example.com", "api.acme.example.com"], {"name": {"endswith": "acme.example.com"}}),
        (["acme.example.com", "acme-api.example.com"], {"name": {"startswith": "acme"}}),
        (["acme.example.com", "globex.example.com"], {"name": {"endswith": ".example.com"}}),
        (["acme.example.com", "example.com"], {}),
    ],
)
def test_the_filter_is_narrow(hosts: list[str], expected: dict[str, Any]) -> None:
    assert _filter(hosts, "example.com") == expected
