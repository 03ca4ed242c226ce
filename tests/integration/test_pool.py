# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pool of standby sites, as an operator meets it: filled, handed out once each, resumed, emptied.

One life, test by test in this order: of three sites one goes with a tenant that is taken back, and two are there for three tenants,
of which one's run is killed right after its claim.
"""

from __future__ import annotations

import json
import secrets
import signal
import sqlite3

import pymysql
import pytest
import traces

NAMES = [f"test-pool-{letter}{secrets.token_hex(3)}" for letter in "abc"]
TAKEN_BACK = f"test-pool-x{secrets.token_hex(3)}"
PLAN = {"max_file_size": 1048576}


def pool(playbooks, count, *arguments, **others):
    """Fill it with I(count) sites, beside what other plans want."""
    plans = {"ready": {"apps": [], "limits": PLAN, "standby_sites": count}, **others}
    return playbooks.run("playbooks/pool.yml", *arguments, tenant_plans=plans)


def provision(playbooks, names, **variables):
    tenants = [{"tenant": name, "admin_email": f"ada@{name}.example"} for name in names]
    plans = {"ready": {"apps": [], "limits": PLAN, "admin_roles": ["Website Manager"]}}
    return playbooks.provision(tenants=tenants, tenant_plans=plans, tenant_default_plan="ready", **variables)


def standbys(playbooks):
    """The registry's rows, read with SQL and not with our own code."""
    with sqlite3.connect(playbooks.registry_url.removeprefix("sqlite:///")) as connection:
        connection.row_factory = sqlite3.Row
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'standby_sites'").fetchall():
            return []  # a check run makes no tables either
        return [dict(row) for row in connection.execute("SELECT * FROM standby_sites ORDER BY made_at")]


def config(lab, site):
    return json.loads((lab.bench / "sites" / site / "site_config.json").read_text())


def roles_of(lab, found, user):
    account = {"user": found["db_name"], "password": found["db_password"], "database": found["db_name"]}
    with pymysql.connect(host=lab.address, port=lab.ports["mariadb"], **account) as server, server.cursor() as cursor:
        cursor.execute("SELECT role FROM `tabHas Role` WHERE parent = %s", (user,))
        return {role for (role,) in cursor.fetchall()}


@pytest.fixture(scope="module", autouse=True)
def taken_away(playbooks):
    yield
    for name in [*NAMES, TAKEN_BACK]:
        playbooks.deprovision(name)
    pool(playbooks, 0)


def test_check_mode_foretells_and_makes_nothing(playbooks):
    checked = pool(playbooks, 2, "--check")
    assert checked.code == 0, checked.output
    assert checked.count("changed") > 0
    assert standbys(playbooks) == []


def test_where_nobody_sets_plans_the_collections_own_have_standby_sites(playbooks):
    checked = playbooks.run("playbooks/pool.yml", "--check")
    assert checked.code == 0, checked.output
    for plan in ("starter", "professional", "enterprise"):
        assert f"settings of the plan {plan}: changed" in checked.output


def test_it_is_filled_and_then_left_alone(playbooks, lab):
    # A plan that the bench can't hold is told of at the end, and hinders no other.
    filled = pool(playbooks, 3, able={"apps": ["no_such_app"], "standby_sites": 1})
    assert filled.code != 0
    assert "The bench lab-bench lacks no_such_app of the plan able" in " ".join(filled.output.split())
    rows = standbys(playbooks)
    assert [row["state"] for row in rows] == ["ready", "ready", "ready"]
    for row in rows:
        at_rest = config(lab, row["site"])
        assert (at_rest["maintenance_mode"], at_rest["pause_scheduler"], at_rest["max_file_size"]) == (1, 1, 1048576)
    again = pool(playbooks, 3)
    assert (again.code, again.count("changed")) == (0, 0), again.output


def test_a_tenant_that_has_one_takes_it_along_when_it_is_taken_back(playbooks, lab):
    cut = {"CUT_STEP": "frappeops.tenants.seed"}
    assert provision(playbooks, [TAKEN_BACK], environment=cut).code == -signal.SIGKILL
    (claimed,) = [row for row in standbys(playbooks) if row["state"] == "claimed"]
    assert claimed["tenant"] == TAKEN_BACK
    assert config(lab, f"api.{TAKEN_BACK}.tenants.test")["db_name"] == claimed["database_name"]
    taken_back = provision(playbooks, [TAKEN_BACK], tenant_on_resume="rollback")
    assert taken_back.code == 0, taken_back.output
    # The database does not bear the tenant's name.
    names = traces.sql(lab, "SELECT schema_name FROM information_schema.schemata UNION SELECT user FROM mysql.user")
    assert claimed["database_name"] not in names.split()
    assert traces.of_tenant(lab, TAKEN_BACK) == {}
    assert traces.temporary_files(lab, [claimed["id"], *traces.owners(playbooks.registry_url, TAKEN_BACK)]) == []
    assert [row["state"] for row in standbys(playbooks)] == ["ready", "ready"]


def test_a_run_killed_right_after_its_claim_holds_one_site(playbooks):
    cut = {"CUT_WRITES": "frappeops.tenants.standby_site", "CUT_AT": "1 after"}
    assert provision(playbooks, NAMES[:1], environment=cut).code == -signal.SIGKILL
    assert sorted((row["state"], row["tenant"]) for row in standbys(playbooks)) == [
        ("claimed", NAMES[0]),
        ("ready", None),
    ]


def test_of_three_tenants_two_get_a_standby_site_and_one_is_made(playbooks, lab):
    before = {row["id"]: row["tenant"] for row in standbys(playbooks)}
    made = provision(playbooks, NAMES)
    assert made.code == 0, made.output
    rows = standbys(playbooks)
    assert {row["state"] for row in rows} == {"claimed"}
    assert len({row["tenant"] for row in rows}) == 2
    assert all(row["tenant"] == (before[row["id"]] or row["tenant"]) for row in rows)
    configs = {name: config(lab, f"api.{name}.tenants.test") for name in NAMES}
    databases = {name: found["db_name"] for name, found in configs.items()}
    assert {row["tenant"]: row["database_name"] for row in rows}.items() <= databases.items()
    assert len(set(databases.values())) == 3
    for name, found in configs.items():
        assert not {"maintenance_mode", "pause_scheduler"} & found.keys()
        assert found["host_name"].startswith(f"https://api.{name}.tenants.test")
        assert found["max_file_size"] == 1048576
        assert roles_of(lab, found, f"ada@{name}.example") == {"System Manager", "Website Manager"}
    assert len({(found["db_password"], found["encryption_key"]) for found in configs.values()}) == 3


def test_again_it_changes_nothing(playbooks):
    again = provision(playbooks, NAMES)
    assert (again.code, again.count("changed")) == (0, 0), again.output


def test_a_wish_that_is_no_number_is_refused(playbooks):
    refused = pool(playbooks, "many")
    assert refused.code != 0
    assert "standby_sites of the plan ready is 'many', not a number of sites" in " ".join(refused.output.split())


def test_taken_away_nothing_is_left(playbooks, lab):
    for name in NAMES:
        gone = playbooks.deprovision(name)
        assert gone.code == 0, gone.output
        assert traces.of_tenant(lab, name) == {}
    assert standbys(playbooks) == []
    assert [path for path in (lab.bench / "sites").iterdir() if path.name.endswith("standby.invalid")] == []
