# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rfc2136_records, dns_propagation and role dns against real name servers, driven through ansible-playbook."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import dns_servers
from dns_servers import NOBODY, PRIMARY, SECONDARY, Servers

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
        checked, made, checked_again, again = play(
            update(servers, wanted, check_mode=True, diff=True),
            update(servers, wanted, ttl=120, diff=True),
            update(servers, wanted, ttl=120, check_mode=True),
            update(servers, wanted, ttl=120),
        )
        assert [result["changed"] for result in (checked, made, checked_again, again)] == [True, True, False, False]
        assert checked["created"] == made["created"] == wanted
        assert again["created"] == []
        assert made["diff"]["before"] == ""
        assert f"{tenant}.tenants.test 120 A 127.0.0.1" in made["diff"]["after"].splitlines()
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
        assert made["created"] == gone["removed"] == wanted
        assert not seen.get("failed"), seen
        assert servers.values(f"txt.{tenant}.tenants.test", "TXT") == []

    def test_another_ttl_is_set(self, servers: Servers, tenant: str, play: Any) -> None:
        wanted = records(tenant)
        _made, changed, again = play(*(update(servers, wanted, ttl=ttl) for ttl in (60, 90, 90)))
        assert changed["updated"] == wanted
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
            records(tenant, address=servers.values(f"{tenant}.tenants.test", "A")[0])
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
        claim = {"event": "opened"}
        return [self.journal(**claim), self.journal("begun", step="{{ pipeline_step }}")]

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

    def test_undo_keeps_a_record_that_was_there_before(
        self, servers: Servers, tenant: str, play: Any, variables: dict[str, Any]
    ) -> None:
        servers.change("tenants.test", "add", tenant, 300, "A", "127.0.0.1")
        results = play(*self.begin(), self.role("main"), *self.undo(), variables=variables)
        assert failures(results) == []
        assert servers.values(f"{tenant}.tenants.test", "A") == ["127.0.0.1"]
        assert servers.values(f"api.{tenant}.tenants.test", "A") == []

    def test_unknown_provider_is_refused_naming_the_known(self, play: Any, variables: dict[str, Any]) -> None:
        results = play(self.role("preflight"), variables={**variables, "dns_provider": "bind"})
        assert "must be one of: rfc2136, wildcard, got: bind" in json.dumps(results)

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
        assert results[-1]["servers"][0]["agrees"]
        assert failures(results) == []
        assert not any(result.get("changed") for result in results)
        servers.change("wild.test", "add", tenant, 60, "A", "127.0.0.1")
        assert "hides the wildcard" in json.dumps(play(self.role("preflight"), variables=variables))

    def test_wait_in_check_mode_passes(self, play: Any, variables: dict[str, Any]) -> None:
        results = play(self.role("main"), self.role("wait"), variables=variables, check=True)
        assert failures(results) == []


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
            "pipeline_step": "frappeops.tenants.dns",
            "tenant_registry_url": f"sqlite:///{tmp_path}/registry.db",
        }

    def test_rfc2136(self, play: Any, inventory: Path, tmp_path: Path) -> None:
        role = TestRole()
        results = play(
            *role.begin(),
            role.role("preflight"),
            role.role("main"),
            role.role("wait"),
            *role.undo(),
            variables=self.variables("tenants.test", tmp_path),
            hosts=["localhost"],
            inventory=inventory,
        )
        assert failures(results) == []
        updates = [result for result in results if "created" in result]
        assert [bool(result["created"]) for result in updates] == [True, True, True, False]
        # The journal is walked backwards.
        assert updates[-1]["removed"] == updates[2]["created"][::-1]
        assert [server["agrees"] for result in results for server in result.get("servers", [])] == [True]

    def test_wildcard(self, play: Any, inventory: Path, tmp_path: Path) -> None:
        role = TestRole()
        variables = {**self.variables("wild.test", tmp_path), "dns_provider": "wildcard"}
        results = play(role.role("preflight"), variables=variables, hosts=["localhost"], inventory=inventory)
        assert failures(results) == []
        variables = {**self.variables("tenants.test", tmp_path), "dns_provider": "wildcard"}
        results = play(role.role("preflight"), variables=variables, hosts=["localhost"], inventory=inventory)
        assert "There is no wildcard record: add *.tenants.test A 127.0.0.1" in json.dumps(results)
