# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More tenants at once than there are standby sites: each site goes to one tenant, and the others get theirs from the template.

Only their sites are made: who gets which is decided there.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import traces

from lab.web import get

SITES = 10
NAMES = [f"claim{number:02}-{secrets.token_hex(3)}" for number in range(2 * SITES)]
STEPS = ["frappeops.tenants.reserve", "frappeops.tenants.site"]
PONG = '{"message":"pong"}'


def site_of(name):
    return f"api.{name}.tenants.test"


@pytest.fixture(scope="module")
def runs(playbooks, tmp_path_factory):
    """Playbooks with a registry and templates of their own; what they make is taken away."""
    folder = tmp_path_factory.mktemp("pool-at-once")
    made = replace(playbooks, registry_url=f"sqlite:///{folder}/registry.db", folder=folder)
    yield made
    assert made.run(str(Path(__file__).parent / "retire_all.yml"), site_backup=False).code == 0
    assert pool(made, 0).code == 0


def pool(runs, count):
    plans = {"ready": {"apps": [], "standby_sites": count}}
    return runs.run("playbooks/pool.yml", tenant_plans=plans, site_template_path=f"{runs.folder}/templates")


@pytest.fixture(scope="module")
def claimed(runs):
    """Which standby database each of the tenants got that got one."""
    filled = pool(runs, SITES)
    assert filled.code == 0, filled.output
    made = runs.provision(
        "--forks",
        str(len(NAMES)),
        tenants=[{"tenant": name, "admin_email": f"ada@{name}.example"} for name in NAMES],
        tenant_plans={"ready": {"apps": []}},
        tenant_default_plan="ready",
        tenant_steps=STEPS,
        site_template_path=f"{runs.folder}/templates",
    )
    assert made.code == 0, made.output
    with sqlite3.connect(runs.registry_url.removeprefix("sqlite:///")) as connection:
        rows = connection.execute("SELECT state, tenant, database_name FROM standby_sites").fetchall()
    assert [state for state, _tenant, _database in rows] == ["claimed"] * SITES
    return [(tenant, database) for _state, tenant, database in rows]


@pytest.fixture(scope="module")
def configs(lab, claimed):
    paths = {name: lab.bench / "sites" / site_of(name) / "site_config.json" for name in NAMES}
    return {name: json.loads(path.read_text()) for name, path in paths.items()}


def test_each_standby_site_went_to_one_tenant_that_has_its_database(claimed, configs):
    assert set(Counter(tenant for tenant, _database in claimed).values()) == {1}
    assert all(configs[tenant]["db_name"] == database for tenant, database in claimed)


def test_the_others_are_made_from_the_template(lab, claimed):
    # The bench's own log of its commands: it made the template's source, and no site of a tenant.
    commands = (lab.bench / "logs" / "bench.log").read_text().splitlines()
    assert [line for line in commands if "new-site" in line and any(name in line for name in NAMES)] == []
    others = set(NAMES) - {tenant for tenant, _database in claimed}
    assert len(others) == SITES
    assert all(len(traces.of_tenant(lab, name)["databases"]) == 1 for name in others)


def test_no_two_share_anything_that_is_secret(configs):
    for key in ("db_name", "db_password", "encryption_key"):
        assert len({found[key] for found in configs.values()}) == len(NAMES)


def test_each_answers_under_its_own_name(lab, configs):
    for name in NAMES:
        answer = get(lab.address, lab.ports["gunicorn"], "/api/method/ping", {"X-Frappe-Site-Name": site_of(name)})
        assert answer == (200, PONG)
