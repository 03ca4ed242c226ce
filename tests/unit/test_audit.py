# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry held against the world: each missing part and each orphan is named, and nothing else."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.compare import compare
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.lines import lines
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.sides import Registry, World
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import ADOPTED

PATTERNS = HostPatterns("example.com")


def tenant(name, **fields):
    identity = PATTERNS.identity(name)
    return {
        "name": name,
        "state": "active",
        "plan": "starter",
        "bench": "bench1",
        "edge": "edge1",
        "site": identity.site,
        "database_name": f"tenant_{name}_1f3a90bc",
        "owner": f"owner-of-{name}",
        "identity": vars(identity),
        "certificate": "issued",
        "changed_at": "2026-11-23T21:08:44.123+00:00",
        **fields,
    }


def provisioning(name, state):
    return {"tenant": name, "state": state, "since": "2026-11-23T21:08:40.000+00:00"}


def site_of(row):
    return {
        "site": row["site"],
        "owner": row["owner"],
        "database": row["database_name"],
        "database_exists": True,
        "database_owner": row["owner"],
        "database_user_hosts": ["localhost"],
        "config": {},
        "problem": "",
    }


def hosts_of(row):
    return [row["identity"]["frontend_host"], row["identity"]["backend_host"]]


def published(file, owner, hosts):
    return {"file": file, "owner": owner, "hosts": hosts, "suspended": False, "edited": False}


ACME, GLOBEX = tenant("acme"), tenant("globex")
GONE = tenant("gone", state="archived")


class Case:
    """Two tenants that are right in every part, and one that is gone; a test then breaks something."""

    def __init__(self):
        rows = [copy.deepcopy(row) for row in (ACME, GLOBEX)]
        self.registry = Registry(
            [*rows, GONE],
            {row["owner"]: provisioning(row["name"], "done") for row in rows}
            | {GONE["owner"]: provisioning("gone", "undone")},
        )
        self.bench = {
            "sites": [site_of(row) for row in rows],
            "databases": [],
            "database_users": {row["database_name"]: ["localhost"] for row in rows},
            "staging": [],
            "archived": [],
        }
        self.edge = {
            "published": [
                published(f"/etc/nginx/sites-enabled/{row['name']}.conf", row["owner"], hosts_of(row)) for row in rows
            ],
            "unread": [],
            "certificates": [
                {"lineage": hosts_of(row)[0], "owner": row["owner"], "names": hosts_of(row), "days_left": 60}
                for row in rows
            ],
        }
        addresses = {host: ["192.0.2.10"] for row in rows for host in hosts_of(row)}
        self.dns = {
            "addresses": addresses,
            "problems": {},
            "records": [{"name": host, "type": "A", "value": ["192.0.2.10"]} for host in addresses],
        }
        self.world = {"addresses": ("192.0.2.10",), "benches": {}, "edges": {}, "marked": [], "limits": {}}

    def found(self):
        """The findings, each as kind, what, name and tenant."""
        return [(found.kind, found.what, found.name, found.tenant) for found in self.findings()]

    def findings(self):
        return compare(
            self.registry,
            World(
                benches={"bench1": self.bench, **self.world["benches"]},
                edges={"edge1": self.edge, **self.world["edges"]},
                dns=self.dns,
                patterns=PATTERNS,
                nobody="nobody-1",
                marked=self.world["marked"],
                limits=self.world["limits"],
                addresses=self.world["addresses"],
                ignored=frozenset({"shop.example.com"}),
            ),
        )

    def set_provisioning(self, name, state):
        """Let the last provisioning of the tenant be in this state."""
        mark = next((row["owner"] for row in self.registry.tenants if row["name"] == name), f"owner-of-{name}")
        provisionings = {**self.registry.provisionings, mark: provisioning(name, state)}
        self.registry = replace(self.registry, provisionings=provisionings)

    def set(self, name, **fields):
        rows = [{**row, **fields} if row["name"] == name else row for row in self.registry.tenants]
        self.registry = replace(self.registry, tenants=rows)


@pytest.fixture
def case():
    return Case()


def test_a_fleet_that_is_right_gives_no_finding(case):
    assert case.found() == []


def broken(case, how):
    how(case)
    return case.found()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (lambda case: case.bench["sites"][0].update(database_exists=False), ("missing", "database")),
        (lambda case: case.bench["sites"][0].update(database_user_hosts=[]), ("missing", "database user")),
        (lambda case: case.bench["sites"][0].update(owner="somebody"), ("differs", "site folder")),
        (lambda case: case.bench["sites"][0].update(database_owner=None), ("differs", "database")),
        (lambda case: case.bench["sites"][0].update(database="tenant_other"), ("differs", "site folder")),
        (lambda case: case.bench["sites"][0].update(problem="it is not JSON"), ("differs", "site folder")),
        (lambda case: case.edge["published"].pop(0), ("missing", "nginx")),
        (lambda case: case.edge["published"][0].update(owner=""), ("differs", "nginx")),
        (lambda case: case.edge["published"][0]["hosts"].pop(), ("missing", "nginx")),
        (lambda case: case.edge["published"][0].update(edited=True), ("differs", "nginx")),
        (lambda case: case.edge["published"][0].update(suspended=True), ("differs", "nginx")),
        (lambda case: case.set("acme", state="suspended"), ("differs", "nginx")),
        (lambda case: case.bench["sites"][0]["config"].update(maintenance_mode=1), ("differs", "site")),
        (lambda case: case.edge["certificates"].pop(0), ("missing", "certificate")),
        (lambda case: case.edge["certificates"][0].update(days_left=-1), ("differs", "certificate")),
        (lambda case: case.edge["certificates"][0].update(names=["acme.example.com"]), ("missing", "certificate")),
    ],
)
def test_what_is_wrong_with_a_tenant_is_told_and_its_neighbour_is_clean(case, how, expected):
    assert [(kind, what, whose) for kind, what, _name, whose in broken(case, how)] == [(*expected, "acme")]


def test_limits_are_those_of_the_plan_and_no_others(case):
    case.world["limits"] = {"starter": {"max_file_size": 1048576, "max_queued_jobs": None}}
    for site in case.bench["sites"]:
        site["config"].update(host_name="https://x", max_file_size=1048576)
    assert case.found() == []
    case.bench["sites"][0]["config"].update(max_file_size=9, max_queued_jobs=5)
    (found,) = case.findings()
    assert (found.kind, found.what, found.tenant, found.mended_by_run) == ("differs", "limits", "acme", True)
    assert found.detail == ("max_file_size is 9, not 1048576; max_queued_jobs is 5, not unset as in its plan starter")
    # A plan without limits, and one that is no more, say nothing.
    case.set("acme", plan="gone")
    assert case.found() == []


def test_what_a_run_puts_right_and_what_not(case):
    case.edge["published"][0].update(edited=True)
    case.set("globex", state="suspended")
    found = {found.tenant: found for found in case.findings()}
    assert (found["acme"].mended_by_run, found["globex"].mended_by_run) == (True, False)
    assert found["globex"].detail == "it serves the tenant as live, which is suspended"
    assert found["globex"].remedy == "Run playbooks/suspend.yml -e tenant=globex."


def test_a_site_folder_that_is_gone_is_told_once_and_its_database_is_no_orphan(case):
    case.bench["sites"].pop(0)
    case.bench["databases"].append({"name": ACME["database_name"], "owner": ACME["owner"]})
    assert case.found() == [("missing", "site folder", "api.acme.example.com", "acme")]


def test_a_site_whose_database_is_gone_too(case):
    case.bench["sites"].pop(0)
    del case.bench["database_users"][ACME["database_name"]]
    assert [found[:2] for found in case.found()] == [("missing", "site folder"), ("missing", "database")]


def test_no_run_may_remake_what_held_data(case):
    case.bench["sites"].pop(0)
    case.edge["published"].pop(0)
    case.dns["addresses"]["acme.example.com"] = []
    mended = {found.what: found.mended_by_run for found in case.findings()}
    assert mended == {"site folder": False, "database": False, "nginx": True, "DNS record": True}


@pytest.mark.parametrize(("addresses", "kind"), [([], "missing"), (["198.51.100.7"], "differs")])
def test_dns_records(case, addresses, kind):
    case.dns["addresses"]["api.acme.example.com"] = addresses
    assert case.found() == [(kind, "DNS record", "api.acme.example.com", "acme")]


def test_any_address_will_do_where_a_proxy_answers(case):
    case.world["addresses"] = ()
    case.dns["addresses"]["acme.example.com"] = ["104.16.0.1"]
    assert case.found() == []


def test_a_fleet_whose_dns_is_nobodys_task_misses_no_records(case):
    case.dns = {}
    assert case.found() == []


def test_a_wildcard_certificate_serves_both_hosts_of_its_pattern(case):
    case.edge["certificates"] = [
        {"lineage": "wild", "owner": "shared", "names": ["*.example.com", "*.acme.example.com"], "days_left": 60}
    ]
    case.set("acme", certificate="shared")
    case.set("globex", certificate="none")
    assert case.found() == []


def orphan_site(case, **fields):
    case.bench["sites"].append({**site_of(GONE), **fields})


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (orphan_site, ("site folder", "api.gone.example.com", "gone")),
        (lambda case: orphan_site(case, owner=None), ("site folder", "api.gone.example.com", "")),
        (
            lambda case: case.bench["databases"].append({"name": "tenant_lost", "owner": GONE["owner"]}),
            ("database", "tenant_lost", "gone"),
        ),
        (
            lambda case: case.bench["database_users"].update(tenant_lost=["127.0.0.1"]),
            ("database user", "tenant_lost@127.0.0.1", ""),
        ),
        (
            lambda case: case.bench["staging"].append(f".frappeops-{GONE['owner'].replace('-', '')}"),
            ("staging folder", ".frappeops-ownerofgone", ""),
        ),
        (
            lambda case: case.bench["archived"].append({"folder": "/b/archived/sites/old.example.com", "owner": None}),
            ("archived folder", "old.example.com", ""),
        ),
        (
            lambda case: case.edge["unread"].append(
                {"file": "/sites-available/x", "owner": GONE["owner"], "hosts": []}
            ),
            ("nginx", "/sites-available/x", "gone"),
        ),
        (
            lambda case: case.edge["published"].append(published("/x", "", ["lost.example.com"])),
            ("nginx", "/x", ""),
        ),
        (
            lambda case: case.edge["certificates"].append({"lineage": "old", "owner": "unknown", "problem": "unread"}),
            ("certificate", "old", ""),
        ),
        (
            lambda case: case.dns["records"].append({"name": "lost.example.com", "type": "A", "value": ["192.0.2.1"]}),
            ("DNS record", "lost.example.com", ""),
        ),
        (
            lambda case: case.dns["records"].append(
                {"name": "_acme-challenge.acme.example.com", "type": "TXT", "value": ["left"]}
            ),
            ("DNS record", "_acme-challenge.acme.example.com", ""),
        ),
    ],
)
def test_each_orphan_is_told(case, how, expected):
    assert broken(case, how) == [("orphan", *expected)]


def test_what_others_keep_beside_the_tenants_is_theirs(case):
    for name in ("www.example.com", "example.com", "shop.example.com", "x.other.test", "a.b.example.com"):
        case.dns["records"].append({"name": name, "type": "A", "value": ["192.0.2.1"]})
        case.edge["published"].append(published(f"/{name}", "", [name]))
        case.edge["certificates"].append({"lineage": name, "owner": "", "names": [name], "days_left": 9})
    assert case.found() == []


def test_without_a_zone_transfer_the_names_of_former_tenants_are_looked_at(case):
    case.dns["records"] = None
    case.dns["addresses"]["gone.example.com"] = ["192.0.2.10"]
    assert case.found() == [("orphan", "DNS record", "gone.example.com", "gone")]


def test_what_a_wildcard_answers_for_a_former_tenant_is_no_record_of_it(case):
    case.dns["records"] = None
    case.dns["addresses"]["api.gone.example.com"] = case.dns["addresses"]["gone.example.com"] = ["192.0.2.10"]
    case.dns["addresses"]["nobody-1.example.com"] = ["192.0.2.10"]
    assert case.found() == []
    case.dns["addresses"]["nobody-1.example.com"] = ["198.51.100.7"]
    assert {found[2] for found in case.found()} == {"gone.example.com", "api.gone.example.com"}


def test_a_name_outside_the_zone_is_its_owners(case):
    """It was not asked for. So it is with an adopted site, and with a tenant of a former domain."""
    identity = {**ACME["identity"], "frontend_host": "acme.com", "backend_host": "erp.acme.com"}
    case.set("acme", identity=identity, certificate="none")
    case.edge["published"][0]["hosts"] = ["acme.com", "erp.acme.com"]
    case.dns["records"] = case.dns["records"][2:]
    case.edge["certificates"].pop(0)
    assert case.found() == []


class TestMarkedRecords:
    """Where the provider tells whose each record is, and gives no whole zone away."""

    @pytest.fixture
    def case(self):
        case = Case()
        case.dns["records"] = None
        case.world["marked"] = [self.record("acme.example.com", ACME["owner"])]
        return case

    def record(self, name, owner):
        return {"name": name, "type": "A", "value": ["192.0.2.10"], "owner": owner}

    def test_a_tenants_are_no_finding(self, case):
        assert case.found() == []

    def test_those_that_no_tenant_has_are_told_once(self, case):
        case.dns["addresses"]["gone.example.com"] = ["192.0.2.10"]
        case.world["marked"] += [self.record("gone.example.com", GONE["owner"]), self.record("x.example.com", "77aa")]
        found = {found.name: found for found in case.findings()}
        assert [(name, each.kind, each.tenant) for name, each in found.items()] == [
            ("gone.example.com", "orphan", "gone"),
            ("x.example.com", "orphan", ""),
        ]
        assert found["x.example.com"].detail == (
            "A 192.0.2.10; made by provisioning 77aa, which this registry does not know"
        )

    def test_where_they_could_not_be_read_the_zone_was_not_seen(self, case):
        case.world["marked"] = None
        assert case.found() == [("unseen", "DNS", "example.com", "")]


def test_a_folder_that_names_a_neighbours_database_must_not_be_dropped(case):
    orphan_site(case, owner=None, database=ACME["database_name"])
    (found,) = case.findings()
    assert found.remedy.startswith("Do NOT run bench drop-site on it: it names the database of acme.")


class TestStandby:
    """A site that waits on the bench for a tenant."""

    ROW = {
        "bench": "bench1",
        "plan": "starter",
        "state": "ready",
        "site": "pool-1.standby.invalid",
        "database_name": "tenant_standby_1",
    }

    @pytest.fixture
    def case(self):
        case = Case()
        self.set(case)
        case.bench["sites"].append({**site_of({**self.ROW, "owner": "pool-1"})})
        return case

    def set(self, case, **fields):
        case.registry = replace(case.registry, standby={"pool-1": {**self.ROW, **fields}})

    def test_it_is_no_orphan(self, case):
        assert case.found() == []

    @pytest.mark.parametrize(
        ("how", "detail"),
        [
            (lambda bench: bench["sites"].pop(), "its folder is not there"),
            (
                lambda bench: bench["sites"][-1].update(database_exists=False),
                "its database tenant_standby_1 is not there",
            ),
        ],
    )
    def test_what_is_gone_of_it_is_told(self, case, how, detail):
        how(case.bench)
        (found,) = case.findings()
        assert (found.kind, found.what, found.name, found.detail) == (
            "missing",
            "standby site",
            self.ROW["site"],
            detail,
        )
        assert """-e '{"frappe_bench_standby_sites": {"starter": 0}}'""" in found.remedy
        # It was just made, when the bench had been looked at already.
        case.registry = replace(case.registry, changed_standby=frozenset({"pool-1"}))
        assert case.found() == []

    @pytest.mark.parametrize("state", ["making", "claimed", "leaving"])
    def test_in_other_states_it_need_not_be_there(self, case, state):
        self.set(case, state=state)
        case.bench["sites"].pop()
        assert case.found() == []


def test_the_databases_of_benches_that_share_a_server_are_no_orphans(case):
    """Each bench sees the databases and users of all."""
    case.set("globex", bench="bench2")
    standby = {
        "id": "pool-1",
        "bench": "bench2",
        "plan": "starter",
        "state": "ready",
        "site": "s.invalid",
        "database_name": "tenant_pool_1",
    }
    case.registry = replace(case.registry, standby={"pool-1": standby})
    others = [case.bench["sites"].pop(1), site_of({**standby, "owner": "pool-1"})]
    here = {**case.bench, "databases": [{"name": site["database"], "owner": site["owner"]} for site in others]}
    there = {
        **case.bench,
        "sites": others,
        "databases": [{"name": ACME["database_name"], "owner": ACME["owner"]}],
    }
    case.bench, case.world["benches"] = here, {"bench2": there}
    assert case.found() == []
    here["databases"][0]["owner"] = None
    assert case.found() == [("orphan", "database", GLOBEX["database_name"], "")]
    case.set_provisioning("globex", ADOPTED)
    others[0].update(owner=None, database_owner=None)
    assert case.found() == []
    # The other bench reports what it lost; its user is no orphan here.
    here["databases"].clear()
    assert case.found() == []


def test_a_tenant_in_work_lacks_nothing_and_has_no_orphans(case):
    case.set("acme", state="provisioning")
    case.registry = replace(case.registry, at_work=frozenset({"acme"}))
    case.edge["published"].pop(0)
    assert case.found() == []


@pytest.mark.parametrize(
    ("state", "of_provisioning", "said"),
    [
        ("provisioning", "running", "it was being made (provisioning since 2026-11-23T21:08:44.123+00:00)"),
        ("active", "running", "it was being made (active since"),
        ("provisioning", "kept", "it failed and was kept to be looked at (provisioning since"),
        ("active", "undoing", "it was being taken away (active since"),
        ("suspended", "undoing", "it was being taken away (suspended since"),
        ("failed", "undoing", "it was being taken away (failed since"),
    ],
)
def test_a_provisioning_that_was_cut_off_is_unfinished_whatever_its_tenants_row_says(
    case, state, of_provisioning, said
):
    case.set("acme", state=state)
    case.set_provisioning("acme", of_provisioning)
    case.registry = replace(case.registry, tenants=[row for row in case.registry.tenants if row["name"] != "gone"])
    (found,) = [found for found in case.findings() if found.kind == "unfinished"]
    assert (found.name, found.tenant, found.where) == (ACME["owner"], "acme", "bench1")
    assert said in found.detail
    case.registry = replace(case.registry, at_work=frozenset({"acme"}))
    assert case.found() == []


def test_a_provisioning_whose_name_was_never_claimed_is_unfinished(case):
    case.set_provisioning("initech", "running")
    (found,) = case.findings()
    assert (found.kind, found.name, found.tenant) == ("unfinished", "owner-of-initech", "initech")
    assert found.detail.startswith("it was being made (begun 2026-11-23T21:08:40.000+00:00, not claimed yet)")


def test_a_tenant_that_was_being_taken_away_lacks_nothing_and_has_no_orphans(case):
    case.set_provisioning("acme", "undoing")
    case.bench["sites"].pop(0)
    case.dns["addresses"]["acme.example.com"] = []
    assert case.found() == [("unfinished", "provisioning", ACME["owner"], "acme")]


def test_what_heal_takes_away_is_left_to_it_and_the_rest_to_a_person(case):
    orphan_site(case)
    case.bench["databases"].append({"name": "tenant_lost", "owner": GONE["owner"]})
    assert {found.remedy[:9] for found in case.findings()} == {"Look whet"}
    case.set_provisioning("gone", "undoing")
    assert {found.remedy[:21] for found in case.findings()} == {"Run playbooks/heal.ym"}


def test_an_adopted_tenant_bears_no_marks_and_has_its_own_edge(case):
    case.set_provisioning("acme", ADOPTED)
    case.bench["sites"][0].update(owner=None, database_owner=None)
    case.edge["published"][0].update(owner="")
    case.edge["certificates"].pop(0)
    assert case.found() == []
    case.bench["sites"][0].update(database_exists=False)
    assert case.found() == [("missing", "database", ACME["database_name"], "acme")]


def test_a_host_that_was_not_seen_is_told_and_nothing_is_missed_on_it(case):
    case.bench = None
    assert case.found() == [("unseen", "bench", "bench1", "")]


def test_a_bench_that_the_inventory_lost_is_told(case):
    case.set("acme", bench="bench9")
    kinds = {(kind, what, name) for kind, what, name, _tenant in case.found()}
    assert ("unseen", "bench", "bench9") in kinds
    # What it left on the bench that it is not on is an orphan there.
    assert ("orphan", "site folder", "api.acme.example.com") in kinds


def test_the_table_tells_what_where_and_what_to_do(case):
    case.dns["addresses"]["api.acme.example.com"] = []
    assert lines(case.findings(), 2) == [
        "         WHAT        NAME                  WHERE        TENANT",
        "missing  DNS record  api.acme.example.com  example.com  acme",
        "         it has no address",
        "         -> Run playbooks/reconcile.yml, or provision the tenant again: it is put right.",
        "",
        "2 tenants: 1 missing.",
    ]
    assert lines([], 1) == ["1 tenant: all parts are there, and nothing lies around."]


class TestOAuthClients:
    """Tenants whose people sign in through a site of ours."""

    MARK = "4f1c9a7be2d85310"
    SITE = "auth.example.com on bench1"

    @pytest.fixture
    def case(self):
        case = Case()
        made = {"bench": "bench1", "site": "auth.example.com", "client": self.MARK}
        case.bench["sites"][0].update(owner=self.MARK, database_owner=self.MARK)
        case.edge["published"][0].update(owner=self.MARK)
        case.edge["certificates"][0].update(owner=self.MARK)
        case.set("acme", owner=self.MARK, backend_url="https://api.acme.example.com")
        case.set_provisioning("acme", "done")
        case.registry = replace(case.registry, oauth_clients={self.MARK: [made]})
        case.bench["oauth_clients"] = {
            "auth.example.com": [self.client(), self.client("d41d8cd98f", uri="https://x.test")]
        }
        return case

    def client(self, name=MARK, uri="https://api.acme.example.com"):
        path = "/api/method/frappe.integrations.oauth2_logins.custom/our_auth"
        return {"client": name, "app_name": "acme.example.com", "redirect_uris": [uri + path]}

    def test_one_that_is_right_and_one_of_somebody_else_are_no_finding(self, case):
        assert case.found() == []

    def test_a_site_that_was_not_looked_at_proves_nothing(self, case):
        case.bench["oauth_clients"] = {}
        assert case.found() == []

    def test_one_that_is_gone_or_leads_elsewhere_is_put_right_by_a_run(self, case):
        for clients, kind in (([], "missing"), ([self.client(uri="https://evil.test")], "differs")):
            case.bench["oauth_clients"]["auth.example.com"] = clients
            [found] = case.findings()
            assert (found.kind, found.what, found.where, found.tenant) == (kind, "OAuth client", self.SITE, "acme")
            assert found.mended_by_run

    def test_one_that_no_tenant_has_is_an_orphan(self, case):
        case.bench["oauth_clients"]["auth.example.com"].append(self.client("00000000000000ff"))
        [found] = case.findings()
        assert (found.kind, found.name, found.tenant) == ("orphan", "00000000000000ff", "")
        assert "which this registry does not know" in found.detail
