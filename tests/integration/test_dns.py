# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rfc2136_records, dns_propagation and role dns against real name servers, driven through ansible-playbook."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import dns.query
import dns.update
import pytest

from lab.dns import ask, keyring
from lab.servers.cloudflare.__main__ import ZONE_ID
from lab.settings import CLOUDFLARE_EMAIL, Settings

sys.path.insert(0, str(Path(__file__).parent))
import dns_servers
import lab_parts
import traces
from dns_servers import CACHE, NOBODY, PRIMARY, SECONDARY, WITHOUT_TCP, Servers

ROOT = Path(__file__).parents[2]
_numbers = count(1)
LAB = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "lab")}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The name servers."""
    if not dns_servers.is_installed():
        pytest.skip("not installed: named (Debian package bind9)")
    if not dns_servers.has_ipv6():
        pytest.skip("this machine has no ::1 for the second name server")
    with dns_servers.running(tmp_path_factory.mktemp("dns")) as running:
        yield running


@pytest.fixture
def tenant() -> str:
    """A name that no other test uses."""
    return f"acme{next(_numbers)}"


@pytest.fixture
def play(tmp_path: Path) -> Any:
    """Run tasks on the controller; returns their results in order, one for each task and host."""

    def run(
        *tasks: dict[str, Any],
        variables: dict[str, Any] | None = None,
        hosts: list[str] | None = None,
        check: bool = False,
        inventory: Path | None = None,
    ) -> list[dict[str, Any]]:
        playbook = tmp_path / f"play{next(_numbers)}.yml"
        named = [{"name": f"Task {number}", "ignore_errors": True, **task} for number, task in enumerate(tasks)]
        play = {"name": "Test", "hosts": hosts or "all", "gather_facts": False, "vars": variables or {}, "tasks": named}
        playbook.write_text(json.dumps([play]))
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        # The interpreter is set as in the inventory: modules run with the controller's Python.
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "-i",
            str(inventory or ",".join(hosts or ["localhost"]) + ","),
            "-c",
            "local",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
            "--forks=10",
            *(["--check"] if check else []),
            str(playbook),
        ]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        try:
            told = json.loads(done.stdout[done.stdout.index("{") :])
        except ValueError:
            pytest.fail(f"no result: {done.stdout}\n{done.stderr}")
        return [result for play in told["plays"] for task in play["tasks"] for result in task["hosts"].values()]

    return run


def records(tenant: str, zone: str = "tenants.test", address: str = "127.0.0.1") -> list[dict[str, Any]]:
    """A tenant's records."""
    return [
        {"name": f"{tenant}.{zone}", "type": "A", "value": [address]},
        {"name": f"api.{tenant}.{zone}", "type": "A", "value": [address]},
    ]


def as_made(*sets: dict[str, Any]) -> list[dict[str, Any]]:
    """Sets as a module tells that it made them, where nothing stood before."""
    return [{**each, "former": []} for each in sets]


def failures(results: list[dict[str, Any]]) -> list[str]:
    """What failed, by its message."""
    return [result["msg"] for result in results if result.get("failed")]


def update(
    servers: Servers, wanted: list[dict[str, Any]], zone: str = "tenants.test", **options: Any
) -> dict[str, Any]:
    """A task of rfc2136_records; check_mode and diff go to the task."""
    keywords = {name: options.pop(name) for name in ("check_mode", "diff") if name in options}
    module = {**servers.options(zone), "records": wanted, **options}
    return {"frappeops.tenants.rfc2136_records": module, **keywords}


def wait(servers: Servers, wanted: list[dict[str, Any]], zone: str = "tenants.test", **options: Any) -> dict[str, Any]:
    """A task of dns_propagation that looks once."""
    module = {
        "domain": zone,
        "resolvers": [PRIMARY],
        "port": servers.port,
        "timeout": 0,
        "records": wanted,
        **options,
    }
    return {"frappeops.tenants.dns_propagation": module}


class TestPresent:
    def test_check_run_check_again_and_run_again(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant)
        before = servers.serial("tenants.test")
        checked, published, checked_again, again = play(
            update(servers, wanted, check_mode=True, diff=True),
            update(servers, wanted, ttl=120, diff=True),
            update(servers, wanted, ttl=120, check_mode=True),
            update(servers, wanted, ttl=120),
        )
        assert [result["changed"] for result in (checked, published, checked_again, again)] == [
            True,
            True,
            False,
            False,
        ]
        assert checked["created"] == published["created"] == as_made(*wanted)
        assert again["created"] == []
        assert published["diff"]["before"] == ""
        assert f"{tenant}.tenants.test 120 A 127.0.0.1" in published["diff"]["after"].splitlines()
        # One message for all records: the zone's serial went up once, and neither looking nor repeating moved it.
        assert servers.serial("tenants.test") == before + 1
        assert servers.values(f"api.{tenant}.tenants.test", "A") == ["127.0.0.1"]

    def test_check_mode_leaves_the_zone_alone(self, servers: Servers, tenant: str, play: Any) -> None:
        before = servers.serial("tenants.test")
        play(update(servers, records(tenant), check_mode=True))
        assert servers.values(f"{tenant}.tenants.test", "A") == []
        assert servers.serial("tenants.test") == before

    def test_all_types(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = [
            {"name": f"{tenant}.tenants.test", "type": "A", "value": ["127.0.0.1", "127.0.0.2"]},
            {"name": f"{tenant}.tenants.test", "type": "AAAA", "value": ["::1"]},
            {"name": f"api.{tenant}.tenants.test", "type": "CNAME", "value": [f"{tenant}.tenants.test"]},
            {"name": f"txt.{tenant}.tenants.test", "type": "TXT", "value": ['two words; "quoted"', "x" * 300]},
        ]
        made, again, seen, gone = play(
            update(servers, wanted),
            update(servers, wanted),
            wait(servers, wanted),
            update(servers, wanted, state="absent"),
        )
        assert (made["changed"], again["changed"], gone["changed"]) == (True, False, True)
        assert made["created"] == as_made(*wanted)
        assert gone["removed"] == wanted
        assert not seen.get("failed"), seen
        assert servers.values(f"txt.{tenant}.tenants.test", "TXT") == []

    def test_another_ttl_is_set(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant)
        _made, changed, again = play(*(update(servers, wanted, ttl=ttl) for ttl in (60, 90, 90)))
        assert [{**each, "former": []} for each in changed["updated"]] == as_made(*wanted)
        assert [each["former"][0]["ttl"] for each in changed["updated"]] == [60, 60]
        assert changed["created"] == []
        assert not again["changed"]

    def test_record_of_anothers_making_is_refused_and_nothing_is_made(
        self, servers: Servers, tenant: str, play: Any
    ) -> None:
        servers.change("tenants.test", "add", f"api.{tenant}", 60, "A", "192.0.2.7")
        for result in play(
            update(servers, records(tenant), check_mode=True),
            update(servers, records(tenant)),
        ):
            assert result["failed"]
            assert f"api.{tenant}.tenants.test A 192.0.2.7, wanted A 127.0.0.1" in result["msg"]
            assert "\n" not in result["msg"]
            assert result["conflicts"][0]["present"] == ["192.0.2.7"]
        assert servers.values(f"{tenant}.tenants.test", "A") == []
        assert servers.values(f"api.{tenant}.tenants.test", "A") == ["192.0.2.7"]

    def test_cname_in_the_place_of_an_address_is_refused(self, servers: Servers, tenant: str, play: Any) -> None:
        servers.change("tenants.test", "add", tenant, 60, "CNAME", "auth.tenants.test.")
        (refused,) = play(update(servers, records(tenant)))
        assert f"{tenant}.tenants.test CNAME auth.tenants.test, wanted A" in refused["msg"]

    def test_address_in_the_place_of_a_cname_is_refused(self, servers: Servers, tenant: str, play: Any) -> None:
        # BIND drops such a CNAME without an error, so only a prerequisite can tell.
        servers.change("tenants.test", "add", tenant, 60, "TXT", "hello")
        wanted = [{"name": f"{tenant}.tenants.test", "type": "CNAME", "value": ["auth.tenants.test"]}]
        (refused,) = play(update(servers, wanted))
        assert f"{tenant}.tenants.test TXT hello, wanted CNAME" in refused["msg"]

    def test_wildcard_is_not_taken_for_a_record(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant, "wild.test")
        made, again, gone, gone_again = play(
            update(servers, wanted, "wild.test"),
            update(servers, wanted, "wild.test"),
            update(servers, wanted, "wild.test", state="absent"),
            update(servers, wanted, "wild.test", state="absent"),
        )
        assert [result["changed"] for result in (made, again, gone, gone_again)] == [True, False, True, False]

    def test_one_of_many_runs_wins(self, servers: Servers, tenant: str, play: Any) -> None:
        # The same names from several hosts of one play, each with an address of its own.
        wanted = {f"h{number}": records(tenant, address=f"127.0.0.{number}") for number in range(1, 9)}
        results = play(
            update(servers, "{{ wanted[inventory_hostname] }}"),
            variables={"wanted": wanted},
            hosts=list(wanted),
        )
        made = [result for result in results if not result.get("failed")]
        assert len(results) == 8
        assert [result["created"] for result in made] == [
            as_made(*records(tenant, address=servers.values(f"{tenant}.tenants.test", "A")[0]))
        ]
        refused = [result for result in results if result.get("failed")]
        assert all("records of another's making" in result["msg"] for result in refused)


class TestAbsent:
    def test_removes_only_what_is_given(self, servers: Servers, tenant: str, play: Any) -> None:
        name = f"{tenant}.tenants.test"
        servers.change("tenants.test", "add", tenant, 60, "A", "127.0.0.1", "192.0.2.7")
        servers.change("tenants.test", "add", f"api.{tenant}", 60, "A", "192.0.2.8")
        checked, gone, again = play(
            update(servers, records(tenant), state="absent", check_mode=True),
            update(servers, records(tenant), state="absent"),
            update(servers, records(tenant), state="absent"),
        )
        assert [result["changed"] for result in (checked, gone, again)] == [True, True, False]
        assert checked["removed"] == gone["removed"] == [{"name": name, "type": "A", "value": ["127.0.0.1"]}]
        assert [left["value"] for left in gone["left"]] == [["192.0.2.7"], ["192.0.2.8"]]
        assert servers.values(name, "A") == ["192.0.2.7"]


class TestOverwrite:
    @pytest.mark.parametrize(("rdtype", "former"), [("A", "192.0.2.7"), ("CNAME", "auth.tenants.test.")])
    def test_what_gave_way_comes_back(self, servers: Servers, tenant: str, play: Any, rdtype: str, former: str) -> None:
        servers.change("tenants.test", "add", tenant, 600, rdtype, former)
        wanted = [*records(tenant), {"name": f"{tenant}.tenants.test", "type": "AAAA", "value": ["::1"]}]
        (made,) = play(update(servers, wanted, overwrite=True, diff=True))
        assert not made.get("failed"), made
        assert servers.values(f"{tenant}.tenants.test", "A") == ["127.0.0.1"]
        assert f"600 {rdtype}" in made["diff"]["before"]
        again, checked, undone = play(
            update(servers, wanted, overwrite=True),
            update(servers, made["created"][::-1], state="absent", check_mode=True),
            update(servers, made["created"][::-1], state="absent"),
        )
        assert not again["changed"]
        assert checked["restored"] == undone["restored"]
        assert [(each["type"], each["ttl"]) for each in undone["restored"]] == [(rdtype, 600)]
        assert servers.values(f"{tenant}.tenants.test", rdtype) == [former]
        assert servers.values(f"{tenant}.tenants.test", "AAAA") != ["::1"]
        assert servers.values(f"api.{tenant}.tenants.test", "A") == []

    def test_an_address_of_the_other_family_gives_way_and_comes_back(
        self, servers: Servers, tenant: str, play: Any
    ) -> None:
        name, wanted = f"{tenant}.tenants.test", records(tenant)
        servers.change("tenants.test", "add", tenant, 600, "AAAA", "2001:db8::7")
        servers.change("tenants.test", "add", tenant, 600, "A", "127.0.0.1")
        foreign, refused, made, seen, again, undone = play(
            wait(servers, wanted[:1]),
            update(servers, wanted),
            {**update(servers, wanted, ttl=600, overwrite=True), "register": "made"},
            wait(servers, wanted),
            update(servers, wanted, ttl=600),
            update(servers, "{{ made.created | reverse }}", state="absent"),  # type: ignore[arg-type]
        )
        assert f"2001:db8::7 for {name} AAAA, where none is wanted" in foreign["msg"]
        assert f"{name} AAAA 2001:db8::7, wanted no AAAA" in refused["msg"]
        assert failures([made, seen, again, undone]) == []
        assert not again["changed"]
        assert [(each["type"], each["ttl"]) for each in undone["restored"]] == [("AAAA", 600)]
        assert (servers.values(name, "A"), servers.values(name, "AAAA")) == (["127.0.0.1"], ["2001:db8::7"])

    def test_a_record_that_was_there_gets_its_ttl_back_and_stays(
        self, servers: Servers, tenant: str, play: Any
    ) -> None:
        for name in (tenant, f"api.{tenant}"):
            servers.change("tenants.test", "add", name, 600, "A", "127.0.0.1")
        (taken,) = play(update(servers, records(tenant), ttl=60))
        servers.change("tenants.test", "add", f"api.{tenant}", 60, "A", "192.0.2.7")
        checked, undone, again = play(
            update(servers, taken["updated"], state="absent", check_mode=True),
            update(servers, taken["updated"], state="absent", diff=True),
            update(servers, taken["updated"], state="absent"),
        )
        assert [result["changed"] for result in (checked, undone, again)] == [True, True, False]
        assert undone["removed"] == []
        assert [(each["name"], each["ttl"]) for each in undone["restored"]] == [(f"{tenant}.tenants.test", 600)]
        assert f"{tenant}.tenants.test 600 A 127.0.0.1" in undone["diff"]["after"].splitlines()
        # Somebody has put another address beside it since: all of it stays as it is.
        assert [each["value"] for each in undone["left"]] == [["127.0.0.1", "192.0.2.7"]]
        assert servers.values(f"{tenant}.tenants.test", "A") == ["127.0.0.1"]
        assert servers.values(f"api.{tenant}.tenants.test", "A") == ["127.0.0.1", "192.0.2.7"]


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"key_secret": "AAAA"}, "(NOTAUTH, BADSIG). Copy the secret"),
    ({"key_name": "other."}, "does not know the key other (hmac-sha256) (NOTAUTH, BADKEY)"),
    ({"key_algorithm": "hmac-sha512"}, "(NOTAUTH, BADKEY). Key name and algorithm"),
    ({"key_secret": "not base 64"}, "is not Base64"),
    ({"zone": "elsewhere.test"}, "lies outside of the zone elsewhere.test"),
    ({"zone": "test"}, "(NOTAUTH). Check zone"),
    ({"server": NOBODY, "timeout": 2}, "cannot be reached over TCP: Connection refused"),
    ({"server": "no-such-host.invalid"}, "has no address"),
    ({"zone": "frozen.test", "records": records("refused", "frozen.test")}, "(REFUSED). Allow it in"),
]


class TestRefusals:
    @pytest.mark.parametrize("check_mode", [True, False])
    def test_say_what_and_what_next_in_one_line(self, servers: Servers, play: Any, check_mode: bool) -> None:
        wanted = records("refused")
        results = play(*(update(servers, wanted, check_mode=check_mode, **options) for options, _said in REFUSALS))
        for result, (_options, expected) in zip(results, REFUSALS):
            assert result["failed"]
            assert expected in result["msg"]
            assert result["msg"].endswith(".")
            assert "\n" not in result["msg"]
            assert servers.secret not in json.dumps(result)
        assert len(results) == len(REFUSALS)
        assert servers.values("refused.tenants.test", "A") == []

    def test_server_that_says_nothing(self, servers: Servers, play: Any) -> None:
        with socket.socket() as mute:
            mute.bind((NOBODY, servers.port))
            mute.listen()
            (refused,) = play(update(servers, records("refused"), server=NOBODY, timeout=1))
        assert "no answer within 1 s over TCP" in refused["msg"]


class TestPropagation:
    def test_agreed(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant, "two.test")
        play(update(servers, wanted, "two.test"))
        servers.notify("two.test")
        (seen,) = play(wait(servers, wanted, "two.test"))
        assert [(server["server"], server["agrees"]) for server in seen["servers"]] == [
            ("ns1.two.test", True),
            ("ns2.two.test", True),
        ]
        assert seen["resolvers"][0]["agrees"]
        assert not seen["changed"]

    def test_stale_secondary_is_named_with_its_answer_and_serial(
        self, servers: Servers, tenant: str, play: Any
    ) -> None:
        wanted = records(tenant, "two.test")
        old = servers.serial("two.test", SECONDARY)
        _made, late = play(update(servers, wanted, "two.test"), wait(servers, wanted, "two.test", timeout=1))
        assert late["failed"]
        assert late["msg"].startswith("1 of 2 servers of two.test do not answer")
        assert f"ns2.two.test ({SECONDARY}#{servers.port}): NXDOMAIN for {tenant}.two.test A and" in late["msg"]
        assert f"serial {old}, another has {servers.serial('two.test')}" in late["msg"]
        assert [server["agrees"] for server in late["servers"]] == [True, False]
        # The resolvers were left alone: they would keep the answer that there is no such name.
        assert late["resolvers"][0]["answers"] == []

    def test_server_that_is_gone(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant, "dead.test")
        _made, late = play(update(servers, wanted, "dead.test"), wait(servers, wanted, "dead.test"))
        assert f"ns2.dead.test ({NOBODY}#{servers.port}): no answer for {tenant}.dead.test A and" in late["msg"]

    def test_server_that_answers_only_by_udp(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant, "udp.test")
        _made, late = play(update(servers, wanted, "udp.test"), wait(servers, wanted, "udp.test"))
        assert late["msg"].startswith("1 of 2 servers of udp.test do not answer")
        assert (
            f"ns2.udp.test ({WITHOUT_TCP}#{servers.port}): no answer (Connection refused) over TCP for {tenant}.udp.test A"
            in late["msg"]
        )

    def test_server_that_is_no_authority(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant, "cache.test")
        _made, late = play(update(servers, wanted, "cache.test"), wait(servers, wanted, "cache.test"))
        assert late["msg"].startswith("1 of 2 servers of cache.test do not answer")
        assert f"ns2.cache.test ({CACHE}#{servers.port}): not an authority for {tenant}.cache.test A" in late["msg"]

    def test_resolver_that_lags(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant)
        resolvers = [PRIMARY, f"{SECONDARY}#{servers.port}"]
        _made, late = play(update(servers, wanted), wait(servers, wanted, resolvers=resolvers))
        assert late["msg"].startswith("1 of 2 resolvers do not answer")
        assert all(server["agrees"] for server in late["servers"])
        servers.notify("tenants.test")
        (seen,) = play(wait(servers, wanted, resolvers=resolvers))
        assert not seen.get("failed"), seen

    def test_other_address_and_missing_type(self, servers: Servers, tenant: str, play: Any) -> None:
        servers.change("tenants.test", "add", tenant, 60, "A", "192.0.2.7")
        wanted = [
            {"name": f"{tenant}.tenants.test", "type": "A", "value": ["127.0.0.1"]},
            {"name": f"{tenant}.tenants.test", "type": "AAAA", "value": ["::1"]},
        ]
        (late,) = play(wait(servers, wanted))
        assert f"192.0.2.7 for {tenant}.tenants.test A" in late["msg"]
        assert f"no AAAA record for {tenant}.tenants.test AAAA" in late["msg"]

    def test_answer_too_long_for_udp(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = [{"name": f"{tenant}.tenants.test", "type": "TXT", "value": [f"{n:0200}" for n in range(20)]}]
        _made, seen = play(update(servers, wanted), wait(servers, wanted))
        assert not seen.get("failed"), seen

    def test_alias_is_followed(self, servers: Servers, tenant: str, play: Any) -> None:
        servers.change("tenants.test", "add", tenant, 60, "CNAME", "auth.wild.test.")
        wanted = [{"name": f"{tenant}.tenants.test", "type": "A", "value": ["127.0.0.1"]}]
        (seen,) = play(wait(servers, wanted))
        assert not seen.get("failed"), seen

    def test_unknown_domain(self, servers: Servers, play: Any) -> None:
        (refused,) = play(wait(servers, records("acme", "elsewhere.test"), "elsewhere.test"))
        assert refused["failed"]
        assert f"{PRIMARY}#{servers.port} did not tell the name servers of elsewhere.test" in refused["msg"]


class TestWildcard:
    def check(self, servers: Servers, play: Any, tenant: str, zone: str = "wild.test", **options: Any) -> Any:
        (result,) = play(wait(servers, records(tenant, zone, **options), zone, wildcard=True))
        return result

    def test_answers(self, servers: Servers, tenant: str, play: Any) -> None:
        assert not self.check(servers, play, tenant).get("failed")

    def test_record_of_the_name_itself(self, servers: Servers, tenant: str, play: Any) -> None:
        servers.change("wild.test", "add", tenant, 60, "A", "127.0.0.1")
        msg = self.check(servers, play, tenant)["msg"]
        assert f"NXDOMAIN for api.{tenant}.wild.test A" in msg
        assert f"The record {tenant}.wild.test A 127.0.0.1 hides the wildcard *.wild.test" in msg

    def test_challenge_below_the_name(self, servers: Servers, tenant: str, play: Any) -> None:
        servers.change("wild.test", "add", f"_acme-challenge.{tenant}", 60, "TXT", "token")
        msg = self.check(servers, play, tenant)["msg"]
        assert f"The record _acme-challenge.{tenant}.wild.test TXT makes {tenant}.wild.test an empty name" in msg

    def test_name_with_a_wildcard_of_its_own_is_fine(self, servers: Servers, tenant: str, play: Any) -> None:
        servers.change("wild.test", "add", tenant, 60, "A", "127.0.0.1")
        servers.change("wild.test", "add", f"*.{tenant}", 60, "A", "127.0.0.1")
        assert not self.check(servers, play, tenant).get("failed")

    def test_no_wildcard(self, servers: Servers, tenant: str, play: Any) -> None:
        msg = self.check(servers, play, tenant, "tenants.test")["msg"]
        assert "There is no wildcard record: add *.tenants.test A 127.0.0.1" in msg

    def test_wildcard_to_another_address(self, servers: Servers, tenant: str, play: Any) -> None:
        msg = self.check(servers, play, tenant, address="192.0.2.1")["msg"]
        assert "The wildcard *.wild.test answers 127.0.0.1: change it to A 192.0.2.1" in msg


class TestRole:
    @pytest.fixture
    def variables(self, servers: Servers, tenant: str, tmp_path: Path) -> dict[str, Any]:
        """What the pipeline gives to a step."""
        zone = "tenants.test"
        return {
            "tenant_identity": {
                "name": tenant,
                "domain": zone,
                "frontend_host": f"{tenant}.{zone}",
                "backend_host": f"api.{tenant}.{zone}",
            },
            "tenant_record": {"owner": "0123456789abcdef"},
            "pipeline_step": "frappeops.tenants.dns",
            "tenant_registry_url": f"sqlite:///{tmp_path}/registry.db",
            "tenant_addresses": ["127.0.0.1", "::1"],
            "dns_rfc2136": servers.options(),
            "dns_resolvers": [PRIMARY],
            "dns_port": servers.port,
            "dns_timeout": 5,
        }

    def role(self, tasks_from: str, **keywords: Any) -> dict[str, Any]:
        return {
            "ansible.builtin.include_role": {"name": "frappeops.tenants.dns", "tasks_from": tasks_from},
            **keywords,
        }

    def journal(self, event: str, **fields: Any) -> dict[str, Any]:
        fields = {"tenant": "{{ tenant_identity.name }}", "event": event, **fields}
        return {"frappeops.tenants.tenant_journal": fields, "register": f"journal_{event}"}

    def undo(self) -> list[dict[str, Any]]:
        """What the pipeline does when a later step fails."""
        resources = "{{ journal_failed.undo[0].resources }}"
        return [self.journal("failed", error="injected"), self.role("undo", vars={"tenant_undo_resources": resources})]

    def begin(self) -> list[dict[str, Any]]:
        """What the pipeline does before a step."""
        begun = self.journal("begun", step="{{ pipeline_step }}")
        return [self.journal("opened"), {**begun, "register": "pipeline_begun"}]

    def test_makes_repeats_waits_and_takes_back(
        self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]
    ) -> None:
        results = play(*self.begin(), self.role("main"), self.role("wait"), variables=variables)
        assert failures(results) == []
        assert servers.values(f"{tenant}.tenants.test", "AAAA") == ["::1"]
        assert servers.values(f"api.{tenant}.tenants.test", "A") == ["127.0.0.1"]
        again = play(self.role("main"), variables=variables)
        assert failures(again) == []
        assert not any(result.get("changed") for result in again)
        # Meanwhile somebody changed one record; undo leaves that one.
        servers.change("tenants.test", "replace", tenant, 60, "A", "192.0.2.7")
        undone = play(*self.begin(), *self.undo(), variables=variables)
        assert failures(undone) == []
        assert servers.values(f"{tenant}.tenants.test", "A") == ["192.0.2.7"]
        assert servers.values(f"{tenant}.tenants.test", "AAAA") == []
        assert servers.values(f"api.{tenant}.tenants.test", "A") == []
        assert f"Left as it is, not made by this provisioning: {tenant}.tenants.test A 192.0.2.7" in json.dumps(undone)

    def test_other_addresses_take_the_place_of_the_first_and_go_with_them(
        self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]
    ) -> None:
        assert failures(play(*self.begin(), self.role("main"), variables=variables)) == []
        moved = {**variables, "tenant_addresses": ["127.0.0.2"]}
        results = play(*self.begin(), self.role("main"), self.role("wait"), variables=moved)
        assert failures(results) == []
        for host in (f"{tenant}.tenants.test", f"api.{tenant}.tenants.test"):
            assert (servers.values(host, "A"), servers.values(host, "AAAA")) == (["127.0.0.2"], [])
        undone = play(*self.begin(), *self.undo(), variables=moved)
        assert failures(undone) == []
        assert servers.values(f"{tenant}.tenants.test", "ANY") == []
        assert servers.values(f"api.{tenant}.tenants.test", "ANY") == []

    def test_undo_keeps_a_record_that_was_there_before(
        self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]
    ) -> None:
        servers.change("tenants.test", "add", tenant, 600, "A", "127.0.0.1")
        results = play(*self.begin(), self.role("main"), *self.undo(), variables=variables)
        assert failures(results) == []
        assert servers.values(f"{tenant}.tenants.test", "A") == ["127.0.0.1"]
        # It was published with the role's TTL meanwhile.
        put_back = [each for result in results for each in result.get("restored", [])]
        assert [(each["name"], each["ttl"]) for each in put_back] == [(f"{tenant}.tenants.test", 600)]
        assert servers.values(f"api.{tenant}.tenants.test", "A") == []

    def test_unknown_provider_is_refused_naming_the_known(self, play: Any, variables: dict[str, Any]) -> None:
        results = play(self.role("preflight"), variables={**variables, "dns_provider": "bind"})
        assert "must be one of: rfc2136, cloudflare, wildcard, manual, none, got: bind" in json.dumps(results)

    def test_no_address_is_refused(self, play: Any, variables: dict[str, Any]) -> None:
        results = play(self.role("preflight"), variables={**variables, "tenant_addresses": []})
        assert "dns_addresses is empty" in json.dumps(results)

    def test_incomplete_server_is_refused(self, play: Any, variables: dict[str, Any]) -> None:
        results = play(self.role("preflight"), variables={**variables, "dns_rfc2136": {"server": PRIMARY}})
        assert "dns_rfc2136 lacks zone, key_name, key_secret" in json.dumps(results)

    def test_preflight_makes_nothing(self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]) -> None:
        results = play(self.role("preflight"), variables=variables)
        assert failures(results) == []
        assert not any(result.get("changed") for result in results)
        assert servers.values(f"{tenant}.tenants.test", "A") == []

    def test_wildcard(self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]) -> None:
        identity = {
            **variables["tenant_identity"],
            "domain": "wild.test",
            "frontend_host": f"{tenant}.wild.test",
            "backend_host": f"api.{tenant}.wild.test",
        }
        variables |= {"dns_provider": "wildcard", "tenant_identity": identity, "tenant_addresses": ["127.0.0.1"]}
        results = play(self.role("preflight"), self.role("main"), self.role("wait"), variables=variables)
        assert [server["agrees"] for result in results for server in result.get("servers", [])] == [True, True]
        assert failures(results) == []
        assert not any(result.get("changed") for result in results)
        servers.change("wild.test", "add", tenant, 60, "A", "127.0.0.1")
        assert "hides the wildcard" in json.dumps(play(self.role("preflight"), variables=variables))

    def test_manual_asks_waits_and_goes_on_when_it_runs_again(
        self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]
    ) -> None:
        variables |= {"dns_provider": "manual", "tenant_addresses": ["127.0.0.1"], "dns_manual_timeout": 0}
        foretold = play(self.role("preflight"), self.role("main"), variables=variables, check=True)
        assert failures(foretold) == []
        asked = play(*self.begin(), self.role("main"), variables=variables)
        (printed,) = (result["lines"] for result in asked if "lines" in result)
        assert f"A     api.{tenant}.tenants.test  127.0.0.1  300" in printed
        assert printed[-2:] == [line for each in records(tenant) for line in [f"{each['name']}. 300 IN A 127.0.0.1"]]
        assert f"NXDOMAIN for {tenant}.tenants.test A and" in failures(asked)[-1]
        assert failures(asked)[-1].endswith("run the same command again when the records are there.")
        # Somebody pastes the lines into the zone, which takes its time.
        for line in printed[-2:]:
            name, ttl, _class, rdtype, value = line.split()
            servers.change("tenants.test", "add", name, int(ttl), rdtype, value)
        found = play(*self.begin(), self.role("main"), self.role("wait"), variables=variables)
        assert failures(found) == []
        assert not any("lines" in result for result in found)
        again = play(*self.begin(), self.role("main"), *self.undo(), variables=variables)
        assert not any(result.get("changed") for result in again if "lines" not in result)
        # Although nobody was waited for: whoever made them is told.
        (printed,) = (result["lines"] for result in again if "lines" in result)
        assert printed[0].startswith(f"{tenant} needs these records no longer.")

    def test_manual_waits_for_them_and_tells_when_they_are_no_longer_needed(
        self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]
    ) -> None:
        variables |= {"dns_provider": "manual", "tenant_addresses": ["127.0.0.1"], "dns_manual_timeout": 60}

        def make_them_when_they_are_waited_for() -> None:
            while not servers.was_asked(f"{tenant}.tenants.test"):
                time.sleep(0.05)
            for host in (tenant, f"api.{tenant}"):
                servers.change("tenants.test", "add", host, 60, "A", "127.0.0.1")

        threading.Thread(target=make_them_when_they_are_waited_for, daemon=True).start()
        results = play(*self.begin(), self.role("provider/manual"), *self.undo(), variables=variables)
        assert failures(results) == []
        assert [result["rounds"] > 1 for result in results if "rounds" in result] == [False, True]
        printed = [result["lines"] for result in results if "lines" in result]
        assert printed[-1][0].startswith(f"{tenant} needs these records no longer.")
        # They are not ours to remove.
        assert servers.values(f"{tenant}.tenants.test", "A") == ["127.0.0.1"]

    def test_none_makes_and_awaits_nothing(self, play: Any, variables: dict[str, Any]) -> None:
        variables |= {"dns_provider": "none", "tenant_addresses": []}
        results = play(self.role("preflight"), self.role("main"), self.role("wait"), variables=variables)
        assert failures(results) == []
        assert not any("servers" in result or result.get("changed") for result in results)

    def test_the_second_wait_of_a_run_is_free(
        self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]
    ) -> None:
        for host in (tenant, f"api.{tenant}"):
            servers.change("tenants.test", "add", host, 60, "A", "127.0.0.1")
        variables |= {"tenant_addresses": ["127.0.0.1"]}
        results = play(self.role("wait"), self.role("wait"), variables=variables)
        assert failures(results) == []
        assert len([result for result in results if "servers" in result]) == 1

    def test_caa(self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]) -> None:
        servers.change("tenants.test", "add", tenant, 60, "CAA", '0 issue "digicert.com"')
        issuers = {"dns_caa_issuer": "digicert.com"}, {}, {"dns_caa_issuer": ""}
        named, other, unchecked = (play(self.role("caa", vars=issuer), variables=variables) for issuer in issuers)
        assert failures(named) == failures(unchecked) == []
        assert failures(other) == [
            f"CAA records forbid letsencrypt.org to issue a certificate for {tenant}.tenants.test: {tenant}.tenants.test has "
            f'0 issue "digicert.com". Add {tenant}.tenants.test. CAA 0 issue "letsencrypt.org", or let an authority issue '
            "that is named there."
        ]

    def test_wait_in_check_mode_passes(self, play: Any, variables: dict[str, Any]) -> None:
        results = play(self.role("main"), self.role("wait"), variables=variables, check=True)
        assert failures(results) == []


def cloudflare_url(lab: Settings) -> str:
    """Where the lab's stand-in is."""
    return f"http://{lab.address}:{lab.ports['cloudflare']}/client/v4"


def make_at_cloudflare(lab: Settings, name: str, rdtype: str, content: str, **fields: Any) -> None:
    """Let somebody else make a record there."""
    record = {"name": name, "type": rdtype, "content": content, **fields}
    headers = {"Authorization": f"Bearer {lab.secret('cloudflare_token')}"}
    url = f"{cloudflare_url(lab)}/zones/{ZONE_ID}/dns_records"
    urlopen(Request(url, json.dumps(record).encode(), headers, method="POST"), timeout=30).close()


def make_by_update(lab: Settings, name: str, rdtype: str, value: str, action: str = "add") -> None:
    """Let somebody else make a record, or take it away, in the lab's own zone."""
    update = dns.update.UpdateMessage("tenants.test", keyring=keyring(lab))
    getattr(update, action)(f"{name}.", *([60] if action == "add" else []), rdtype, value)
    reply = dns.query.tcp(update, lab.address, 5, lab.ports["dns"])
    assert reply.rcode() == 0, reply


class TestLab:
    """The role as the lab's inventory sets it up, in the lab's own zones."""

    @pytest.fixture
    def inventory(self) -> Path:
        """The lab's inventory, when the lab is up."""
        status = subprocess.run([sys.executable, "-m", "lab", "status"], capture_output=True, check=False, env=LAB)
        if status.returncode != 0:
            pytest.skip("the lab is not up: make lab-up")
        return ROOT / "inventory" / "lab"

    def variables(self, zone: str, tmp_path: Path) -> dict[str, Any]:
        """A tenant that only this test knows, in a registry of its own."""
        name = f"dnstest-{secrets.token_hex(4)}"
        hosts = {"frontend_host": f"{name}.{zone}", "backend_host": f"api.{name}.{zone}"}
        return {
            "tenant_identity": {"name": name, "domain": zone, **hosts},
            "tenant_record": {"owner": secrets.token_hex(8)},
            "pipeline_step": "frappeops.tenants.dns",
            "tenant_registry_url": f"sqlite:///{tmp_path}/registry.db",
        }

    @pytest.mark.parametrize("provider", ["rfc2136", "cloudflare", "cloudflare by the old pair"])
    def test_makes_repeats_waits_and_takes_back(
        self, play: Any, inventory: Path, tmp_path: Path, lab: Settings, provider: str
    ) -> None:
        role = TestRole()
        variables = {**self.variables("tenants.test", tmp_path), "dns_provider": provider.split()[0]}
        if "pair" in provider:
            key = {"api_email": CLOUDFLARE_EMAIL, "api_key": lab.secret("cloudflare_api_key")}
            variables["dns_cloudflare"] = {"zone": "Tenants.test.", "base_url": cloudflare_url(lab), **key}
        on_lab = {"variables": variables, "hosts": ["localhost"], "inventory": inventory}
        results = play(
            *role.begin(), role.role("preflight"), role.role("main"), role.role("wait"), role.role("main"), **on_lab
        )
        assert failures(results) == []
        # Preflight, whose look the step takes over, and the change; then one that finds nothing to do.
        updates = [result for result in results if "created" in result]
        assert [bool(result["created"]) for result in updates] == [True, True, False]
        assert [result["changed"] for result in updates] == [False, True, False]
        # The zone is looked for once in a run.
        assert [result["requests"] for result in updates if "requests" in result] == {
            "rfc2136": [],
            "cloudflare": [1, 2, 1],
            "cloudflare by the old pair": [2, 2, 1],
        }[provider]
        assert [server["agrees"] for result in results for server in result.get("servers", [])] == [True]
        undone = play(*role.begin(), *role.undo(), role.role("preflight"), **on_lab)
        assert failures(undone) == []
        removed, foretold = (result for result in undone if "removed" in result)
        # The journal is walked backwards.
        assert as_made(*removed["removed"]) == updates[1]["created"][::-1]
        assert foretold["created"] == updates[1]["created"]

    @pytest.mark.parametrize("provider", ["rfc2136", "cloudflare"])
    def test_what_others_made_is_refused_or_gives_way_and_comes_back(
        self, play: Any, inventory: Path, tmp_path: Path, lab: Settings, provider: str
    ) -> None:
        role = TestRole()
        variables = {**self.variables("tenants.test", tmp_path), "dns_provider": provider}
        identity = variables["tenant_identity"]
        former = [
            (identity["frontend_host"], "A", "192.0.2.7"),
            (identity["frontend_host"], "AAAA", "2001:db8::7"),
            (identity["backend_host"], "CNAME", "shop.example.net."),
        ]
        make = make_at_cloudflare if provider == "cloudflare" else make_by_update
        for record in former:
            make(lab, *record)
        on_lab = {"hosts": ["localhost"], "inventory": inventory}
        (refused, *_more) = failures(play(role.role("preflight"), variables=variables, **on_lab))
        for name, rdtype, value in former:
            assert f"{name} {rdtype} {value.rstrip('.')}" in refused
        variables["dns_overwrite"] = True
        results = play(
            *role.begin(), *map(role.role, ["preflight", "main", "wait"]), *role.undo(), variables=variables, **on_lab
        )
        assert failures(results) == []
        # What is to be overwritten is looked at once more, right before it is recorded.
        assert len([result for result in results if "created" in result]) == 4
        assert [server["agrees"] for result in results for server in result.get("servers", [])] == [True]
        for name, rdtype, value in former:
            assert ask(lab, name, rdtype) == [value]
        assert ask(lab, identity["backend_host"], "A") == []

    def test_wildcard(self, play: Any, inventory: Path, tmp_path: Path) -> None:
        role = TestRole()
        variables = {**self.variables("wild.test", tmp_path), "dns_provider": "wildcard"}
        results = play(role.role("preflight"), variables=variables, hosts=["localhost"], inventory=inventory)
        assert failures(results) == []
        variables = {**self.variables("tenants.test", tmp_path), "dns_provider": "wildcard"}
        results = play(role.role("preflight"), variables=variables, hosts=["localhost"], inventory=inventory)
        assert "There is no wildcard record: add *.tenants.test A 127.0.0.1" in json.dumps(results)

    def test_proxied(self, play: Any, inventory: Path, tmp_path: Path, lab: Settings) -> None:
        role = TestRole()
        base = {**self.variables("tenants.test", tmp_path), "dns_provider": "cloudflare"}
        on_lab = {"hosts": ["localhost"], "inventory": inventory}

        def variables(**more: Any) -> dict[str, Any]:
            options = {
                "zone": "Tenants.test.",
                "api_token": lab.secret("cloudflare_token"),
                "base_url": cloudflare_url(lab),
                "proxied": True,
                **more,
            }
            return {**base, "dns_cloudflare": options}

        host = base["tenant_identity"]["backend_host"]
        (refused,) = failures(play(role.role("preflight"), variables=variables(), **on_lab))
        assert refused.startswith(
            f"{host} can't be proxied: Cloudflare's universal certificate covers tenants.test and one"
        )
        assert (
            "tenant_hosts.backend '{tenant}-api.{domain}', or do not proxy (dns_cloudflare.proxied: false)" in refused
        )
        results = play(
            *role.begin(),
            role.role("preflight"),
            role.role("main"),
            role.role("wait"),
            variables=variables(edge_certificate=True),
            **on_lab,
        )
        assert failures(results) == []
        # The API was asked, not the name servers: these answer with the proxy's address.
        assert not any("servers" in result for result in results)
        assert ask(lab, host, "A") == ["127.0.0.2"]
        undone = play(*role.begin(), *role.undo(), variables=variables(), **on_lab)
        assert failures(undone) == []
        assert ask(lab, host, "A") == []

    def test_an_equal_record_that_others_have_proxied_is_judged_as_what_it_is(
        self, play: Any, inventory: Path, tmp_path: Path, lab: Settings
    ) -> None:
        role = TestRole()
        variables = {**self.variables("tenants.test", tmp_path), "dns_provider": "cloudflare"}
        identity = variables["tenant_identity"]
        on_lab = {"variables": variables, "hosts": ["localhost"], "inventory": inventory}
        make_at_cloudflare(lab, identity["backend_host"], "A", "127.0.0.1", proxied=True)
        (refused,) = failures(play(role.role("preflight"), **on_lab))
        assert refused.startswith(f"{identity['backend_host']} can't be proxied:")
        # The other name is asked of the servers.
        results = play(*role.begin(), *map(role.role, ["main", "wait"]), *role.undo(), **on_lab)
        assert failures(results) == []
        (seen,) = (result["servers"] for result in results if "servers" in result)
        assert {one["name"] for server in seen for one in server["answers"]} == {identity["frontend_host"]}
        assert ask(lab, identity["backend_host"], "A") == ["127.0.0.2"]


class TestWhole:
    """A tenant whose records go through Cloudflare, from the command to its end."""

    @pytest.fixture
    def alone(self, lab: Settings) -> Iterator[None]:
        """Nobody else asks the stand-in, which is told to refuse changes and what was asked of it."""
        with lab_parts.alone(lab):
            yield

    @pytest.fixture
    def tenant(self, playbooks: Any) -> Iterator[str]:
        """A name that nobody else in the lab has; what is left of it is taken away."""
        name = f"test-{secrets.token_hex(4)}"
        yield name
        playbooks.deprovision(name)

    def order(self, lab: Settings, method: str, what: str, body: Any = None) -> Any:
        """Tell the stand-in, or ask it, what only tests may."""
        url = f"http://{lab.address}:{lab.ports['cloudflare']}/_lab/{what}"
        with urlopen(Request(url, json.dumps(body or {}).encode(), method=method), timeout=30) as answer:
            return json.load(answer)

    @pytest.mark.usefixtures("alone")
    def test_foretold_made_repeated_and_taken_away(self, playbooks: Any, lab: Settings) -> None:
        name = f"test-{secrets.token_hex(4)}"
        wish = {"tenant": name, "admin_email": "ada@acme.example", "dns_provider": "cloudflare"}
        host = f"api.{name}.tenants.test"
        self.order(lab, "PUT", "read_only", {"read_only": True})
        try:
            checked = playbooks.provision("--check", "--diff", **wish)
        finally:
            self.order(lab, "PUT", "read_only", {"read_only": False})
        assert checked.code == 0, checked.output
        assert f"+{host} 60 A 127.0.0.1" in checked.output
        self.order(lab, "DELETE", "requests")
        try:
            made = playbooks.provision(**wish)
            assert made.code == 0, made.output
            # Preflight costs a listing, the change a listing and a batch.
            assert [one["status"] for one in self.order(lab, "GET", "requests")] == [200] * 3
            again = playbooks.provision(**wish)
            assert (again.code, again.count("changed")) == (0, 0), again.output
            assert ask(lab, host, "A") == ["127.0.0.1"]
        finally:
            # The inventory's provider is another one: the journal knows by which the records were made.
            gone = playbooks.deprovision(name)
        assert gone.code == 0, gone.output
        assert ask(lab, host, "A") == []

    def test_a_forbidden_authority_is_found_before_anything_is_made(
        self, playbooks: Any, lab: Settings, tenant: str
    ) -> None:
        caa = f"{tenant}.tenants.test", "CAA", '0 issue "digicert.com"'
        make_by_update(lab, *caa)
        refused = playbooks.provision(
            tenant=tenant, admin_email="ada@acme.example", certificate_caa_issuer="letsencrypt.org"
        )
        make_by_update(lab, *caa, action="delete")
        assert refused.code != 0
        assert f"CAA records forbid letsencrypt.org to issue a certificate for {tenant}.tenants.test" in refused.output
        assert traces.of_tenant(lab, tenant) == traces.in_registry(playbooks.registry_url, tenant) == {}

    def test_manual_fails_without_traces_and_the_same_command_goes_on_when_the_records_are_there(
        self, playbooks: Any, lab: Settings, tenant: str
    ) -> None:
        # Without a certificate, which nothing but the look from outside waits for the records.
        wish = {"tenant": tenant, "admin_email": "ada@acme.example", "tls_plan": "none"}
        wish |= {"dns_provider": "manual", "dns_manual_timeout": 0}
        hosts = f"{tenant}.tenants.test", f"api.{tenant}.tenants.test"
        failed = playbooks.provision(**wish)
        assert failed.code != 0
        assert "run the same command again when the records are there" in failed.output, failed.output
        assert f"{hosts[0]}. 60 IN A 127.0.0.1" in failed.output
        assert traces.of_tenant(lab, tenant) == traces.in_registry(playbooks.registry_url, tenant) == {}
        with sqlite3.connect(playbooks.registry_url.removeprefix("sqlite:///")) as registry:
            assert registry.execute("SELECT state FROM tenants WHERE name = ?", [tenant]).fetchall() == [("failed",)]
        for host in hosts:
            make_by_update(lab, host, "A", "127.0.0.1")
        try:
            # Every task in a line of its own.
            made = playbooks.provision(**wish, environment={"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"})
            assert made.code == 0, made.output
            assert made.output.rindex("in nginx") < made.output.index("Wait until every authoritative server")
            gone = playbooks.deprovision(tenant)
            assert gone.code == 0, gone.output
            assert f"{tenant} needs these records no longer. They were made by hand" in gone.output
        finally:
            for host in hosts:
                make_by_update(lab, host, "A", "127.0.0.1", action="delete")
