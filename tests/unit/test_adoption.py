# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sites can be adopted, what the registry then says of them, and that no run is let near them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import test_registry

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns
from ansible_collections.frappeops.tenants.plugins.plugin_utils.adoption import Candidate, Rules, judge
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import (
    adoption,
    leases,
    runs,
    tenants,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import Journal

url, connection = test_registry.url, test_registry.connection

SITE = {
    "site": "erp.acme.com",
    "owner": None,
    "database": "_0f2c8d1e5b7a9c3d",
    "database_exists": True,
    "database_owner": None,
    "database_user_hosts": ["%"],
    "config": {},
    "problem": "",
}
ACME = Candidate(tenant="acme", site="erp.acme.com", admin_email="Ada@acme.com", plan="starter")


def rules(*sites, **benches):
    looks = {"bench1": {"sites": list(sites or [SITE])}, **benches}
    return Rules(
        looks, dict.fromkeys(looks, "edge1"), HostPatterns("example.com"), {"starter": {"needs": {"tables": 9}}}
    )


class TestJudge:
    def test_a_site_is_taken_as_it_is(self):
        found = judge(ACME, rules())
        assert (found.bench, found.edge, found.database_name) == ("bench1", "edge1", "_0f2c8d1e5b7a9c3d")
        assert (found.admin_email, found.admin_first_name) == ("ada@acme.com", "Admin")
        assert found.columns["needs"]["tables"] == 9
        assert found.columns["site"] == "erp.acme.com"

    @pytest.mark.parametrize(
        ("site", "given", "hosts"),
        [
            ({}, {}, ("erp.acme.com", "erp.acme.com")),
            ({"config": {"host_name": "https://desk.acme.com:8443"}}, {}, ("desk.acme.com", "desk.acme.com")),
            (
                {"config": {"host_name": "https://api.acme.example.com"}},
                {},
                ("acme.example.com", "api.acme.example.com"),
            ),
            ({}, {"backend_host": "api.acme.com"}, ("api.acme.com", "api.acme.com")),
            ({}, {"frontend_host": "acme.com"}, ("acme.com", "erp.acme.com")),
        ],
    )
    def test_hosts_are_given_or_derived(self, site, given, hosts):
        identity = judge(replace(ACME, **given), rules({**SITE, **site})).identity
        assert (identity["frontend_host"], identity["backend_host"]) == hosts
        assert identity["backend_url"] == f"https://{hosts[1]}"

    @pytest.mark.parametrize(
        ("site", "given", "said"),
        [
            ({}, {"tenant": "Acme"}, "only a-z, 0-9 and - are allowed"),
            ({}, {"tenant": "www"}, "this name is reserved"),
            ({}, {"admin_email": "ada"}, "is not a mail address"),
            ({}, {"plan": "gold"}, "there is no plan 'gold'"),
            ({}, {"site": "other.acme.com"}, "is on none of the benches (bench1)"),
            ({}, {"bench": "bench9"}, "the bench bench9 could not be looked at"),
            ({}, {"frontend_host": "a b"}, "frontend_host 'a b' is refused"),
            ({"owner": "4f1c"}, {}, "bears the mark of provisioning 4f1c"),
            ({"database_owner": "4f1c"}, {}, "bears the mark of provisioning 4f1c"),
            ({"database_exists": False}, {}, "has no database (_0f2c8d1e5b7a9c3d)"),
            ({"database": None}, {}, "its site_config.json names none"),
            ({"problem": "it is not JSON"}, {}, "it is not JSON"),
        ],
    )
    def test_what_can_not_be_adopted_is_refused(self, site, given, said):
        with pytest.raises(TenantError) as refused:
            judge(replace(ACME, **given), rules({**SITE, **site}))
        assert said in refused.value.as_result()["msg"]

    def test_a_site_name_that_two_benches_have_needs_the_bench(self):
        both = rules(bench2={"sites": [SITE]})
        with pytest.raises(TenantError, match=r"is on several benches \(bench1, bench2\)"):
            judge(ACME, both)
        assert judge(replace(ACME, bench="bench2"), both).bench == "bench2"


FOUND = judge(ACME, rules())


class TestRegistry:
    def adopt(self, connection, found=FOUND):
        return adoption.adopt(connection, runs.current(), found)

    def test_it_is_active_and_a_second_time_changes_nothing(self, connection):
        before, after = self.adopt(connection)
        assert before is None
        assert (after["state"], after["applied"], after["certificate"]) == ("active", None, None)
        assert self.adopt(connection) == (after, after)
        assert tenants.find(connection, "acme") == after

    @pytest.mark.parametrize("check", [Journal.look, Journal.open])
    def test_its_journal_stays_closed(self, connection, check):
        self.adopt(connection)
        with pytest.raises(TenantError, match="acme was adopted: it was there before this registry"):
            check(Journal(connection, runs.current(), "acme"))

    def test_neither_its_site_nor_its_database_can_be_another_tenants(self, connection):
        self.adopt(connection)
        other = replace(FOUND, identity={**FOUND.identity, "name": "globex"})
        with pytest.raises(TenantError, match="The site erp.acme.com on bench1 belongs to the tenant acme already"):
            self.adopt(connection, other)
        other = replace(other, identity={**other.identity, "site": "other.acme.com"})
        with pytest.raises(
            TenantError, match="The database_name _0f2c8d1e5b7a9c3d on bench1 belongs to the tenant acme"
        ):
            self.adopt(connection, other)

    def test_a_host_of_another_tenant_is_refused_on_whatever_bench_it_is(self, connection):
        self.adopt(connection)
        identity = {**FOUND.identity, "name": "globex", "site": "other.acme.com"}
        other = replace(FOUND, identity=identity, bench="bench2", database_name="_other")
        with pytest.raises(TenantError, match="The host erp.acme.com belongs to the tenant acme already"):
            self.adopt(connection, other)

    def cut_off(self, connection):
        journal = Journal(connection, runs.current(), "acme")
        journal.open()
        journal.begin("site")
        return journal

    @pytest.mark.parametrize("state", ["running", "undoing"])
    def test_what_a_former_tenant_left_is_taken_back_first(self, connection, state):
        journal = self.cut_off(connection)
        if state == "undoing":
            journal.fail("no")
        journal.release("cut off")
        with pytest.raises(
            TenantError, match=f"acme has a provisioning of .* that is {state}: something of a former"
        ) as refused:
            self.adopt(connection)
        assert "heal.yml -e tenant=acme -e heal_how=rollback" in refused.value.as_result()["msg"]

    def test_a_name_that_a_run_works_on_is_refused(self, connection):
        self.cut_off(connection)
        other = replace(runs.current(), pid_started="another run")
        with pytest.raises(TenantError, match="acme is being worked on by process"):
            adoption.adopt(connection, other, FOUND)

    def test_it_holds_up_no_run(self, connection):
        self.adopt(connection)
        assert leases.find(connection, "acme") is None
        assert adoption.names(connection) == {"acme"}
        adoption.forget(connection, runs.current(), "acme")
        assert adoption.names(connection) == set()
        assert Journal(connection, runs.current(), "acme").open()["mode"] == "fresh"

    def test_other_values_are_refused_until_it_is_forgotten(self, connection):
        self.adopt(connection)
        other = replace(FOUND, admin_email="eve@evil.com")
        with pytest.raises(TenantError, match="acme is adopted already, with admin_email ada@acme.com"):
            self.adopt(connection, other)
        _before, after = adoption.forget(connection, runs.current(), "acme")
        assert after["state"] == "archived"
        assert self.adopt(connection, other)[1]["admin_email"] == "eve@evil.com"

    def test_forgotten_twice_is_forgotten(self, connection):
        self.adopt(connection)
        adoption.forget(connection, runs.current(), "acme")
        before, after = adoption.forget(connection, runs.current(), "acme")
        assert before == after

    def test_what_was_made_is_never_forgotten(self, connection):
        self.adopt(connection)
        connection.execute(adoption.schema.provisionings.update().values(state="done"))
        with pytest.raises(TenantError, match="acme was not adopted but made by this collection"):
            adoption.forget(connection, runs.current(), "acme")
        with pytest.raises(TenantError, match="acme already exists"):
            self.adopt(connection)
        with pytest.raises(TenantError, match="globex is not in the registry"):
            adoption.forget(connection, runs.current(), "globex")
