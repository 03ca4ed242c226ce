# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry as inventory, as the commands of Ansible read it. No lab is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
import test_registry
from test_registry import a_wish

from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import database, tenants

ROOT = Path(__file__).parents[2]
run = test_registry.run

#: Told by a host. Nobody may ever evaluate it.
EVIL = "{{ 6 * 7 }}"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/registry.db"


@pytest.fixture
def add(url, run):
    """Writes a tenant into the registry."""

    def add_tenant(name, *states, plan="starter", bench="bench-1", email="ada@acme.com"):
        identity = asdict(HostPatterns("example.com").identity(name))
        wish = a_wish(identity=identity, plan=plan, admin_email=email, benches=(tenants.Bench(bench, "edge1"),))
        with database.transaction(url) as connection:
            tenants.reserve(connection, run, wish)
            for state in states:
                tenants.transition(connection, run, name, state, reason=EVIL, evidence={"said": EVIL})

    return add_tenant


@pytest.fixture
def fleet(add):
    add("acme", "provisioning", "active")
    add("globex", "provisioning", "active", "suspended", plan="enterprise", bench="bench-2")
    add("initech", "failed")


@pytest.fixture
def source(tmp_path, url):
    """Writes the plugin's configuration and returns its path."""

    def write(name="tenants.registry.yml", **options):
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"plugin": "frappeops.tenants.registry", "registry_url": url, **options}))
        return str(path)

    return write


def command(program, *arguments, **environment):
    return subprocess.run(
        [f"{Path(sys.executable).parent}/{program}", *arguments],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def listed(*sources, **environment):
    """All that ansible-inventory knows: groups with their hosts, and the hosts' variables."""
    done = command("ansible-inventory", "--list", *(word for path in sources for word in ("-i", path)), **environment)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    # Texts that are no templates are marked.
    found = json.loads(done.stdout, object_hook=lambda mapping: mapping.get("__ansible_unsafe", mapping))
    groups = {name: sorted(group["hosts"]) for name, group in found.items() if group.get("hosts")}
    return groups, found["_meta"]["hostvars"]


class TestListing:
    def test_live_tenants_in_groups_by_state_plan_and_bench(self, fleet, source):
        groups, _variables = listed(source())
        assert groups == {
            "tenants": ["acme", "globex"],
            "state_active": ["acme"],
            "state_suspended": ["globex"],
            "plan_starter": ["acme"],
            "plan_enterprise": ["globex"],
            "bench_bench_1": ["acme"],
            "bench_bench_2": ["globex"],
        }

    def test_other_states_when_they_are_wanted(self, fleet, source):
        groups, _variables = listed(source(states=["failed"]))
        assert groups["tenants"] == ["initech"]

    def test_a_tenant_has_the_variables_of_an_in_memory_one(self, fleet, source, url):
        acme = listed(source())[1]["acme"]
        with database.reading(url) as connection:
            record = tenants.find(connection, "acme")
        assert acme == {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "tenant_identity": asdict(HostPatterns("example.com").identity("acme")),
            "tenant_record": record,
            "tenant_plan_name": "starter",
            "tenant_admin": {"email": "ada@acme.com", "first_name": "Admin"},
        }

    def test_the_graph(self, fleet, source):
        graph = command("ansible-inventory", "-i", source(), "--graph").stdout
        assert "|--@state_suspended:\n  |  |--globex\n" in graph

    def test_groups_and_variables_can_be_constructed(self, fleet, source):
        groups, variables = listed(
            source(
                compose={"city": "'Bern' if tenant_record.bench == 'bench-1' else 'Basel'"},
                groups={"paying": "tenant_plan_name != 'starter'"},
                keyed_groups=[{"key": "tenant_admin.email.split('@')[1]", "prefix": "customer"}],
            )
        )
        assert groups["paying"] == ["globex"]
        assert groups["customer_acme_com"] == ["acme", "globex"]
        assert (variables["acme"]["city"], variables["globex"]["city"]) == ("Bern", "Basel")

    def test_an_empty_registry_is_an_empty_inventory(self, source):
        assert listed(source()) == ({}, {})

    def test_of_the_file_only_the_name_counts(self, fleet, source):
        done = command("ansible-inventory", "-i", source("tenants.yml"), "--graph")
        assert done.returncode != 0
        assert listed(source("registry.yaml"))[0]["tenants"] == ["acme", "globex"]


class TestUse:
    def test_limit_and_patterns(self, fleet, add, source):
        add("hooli", "provisioning", "active", bench="bench-2")
        hosts = command(
            "ansible", "-i", source(), "tenants", "--limit", "bench_bench_2:!state_suspended", "--list-hosts"
        )
        assert hosts.stdout.split() == ["hosts", "(1):", "hooli"]

    def test_tasks_run_in_the_controllers_python_and_evaluate_nothing_that_was_told(self, fleet, source):
        said = "{{ [tenant_record.reason, tenant_record.evidence.said, ansible_playbook_python] | to_json }}"
        done = command("ansible", "-i", source(), "acme", "-m", "ansible.builtin.debug", "-a", f"msg={said}", "-o")
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(EVIL) == 2
        module = command("ansible", "-i", source(), "acme", "-m", "ansible.builtin.ping")
        assert "pong" in module.stdout, module.stdout + module.stderr

    def test_beside_the_inventory_with_the_benches(self, fleet, source, tmp_path):
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"benches": {"hosts": {"bench-1": {}, "bench-2": {}}}}))
        groups, _variables = listed(str(tmp_path / "hosts.yml"), source())
        assert groups["benches"] == ["bench-1", "bench-2"]
        assert groups["tenants"] == ["acme", "globex"]

    def test_a_host_of_the_same_name_stays_what_it_is(self, fleet, source, tmp_path):
        hosts = tmp_path / "hosts.yml"
        hosts.write_text(yaml.safe_dump({"servers": {"hosts": {"acme": {"ansible_host": "192.0.2.7"}}}}))
        done = command("ansible-inventory", "--list", "-i", str(hosts), "-i", source())
        found = json.loads(done.stdout)
        assert found["_meta"]["hostvars"]["acme"] == {"ansible_host": "192.0.2.7"}
        assert found["tenants"]["hosts"] == ["globex"]
        assert "Tenant acme is left out" in " ".join(done.stderr.split())


class TestCache:
    def test_it_is_used_until_it_is_flushed(self, fleet, add, source, tmp_path):
        path = source(
            cache=True,
            cache_plugin="ansible.builtin.jsonfile",
            cache_connection=str(tmp_path / "cache"),
            cache_timeout=600,
        )
        before = listed(path)
        add("hooli", "provisioning", "active")
        assert listed(path) == before
        flushed = command("ansible-inventory", "--list", "--flush-cache", "-i", path)
        assert "hooli" in json.loads(flushed.stdout)["tenants"]["hosts"]
        assert "hooli" in listed(path)[0]["tenants"]


class TestFaults:
    @pytest.mark.parametrize(
        ("url", "said"),
        [
            (
                "postgresql://ops:hunter2@127.0.0.1:1/x",
                "The registry postgresql+psycopg://ops:***@127.0.0.1:1/x can't be used",
            ),
            ("mariadb://ops:hunter2@127.0.0.1:1/x", "Can't connect to MySQL server"),
            ("ops:hunter2", "not a database URL"),
        ],
    )
    def test_they_are_told_without_the_password(self, source, url, said):
        done = command("ansible-inventory", "-i", source(registry_url=url), "--graph", "-vvvv")
        output = done.stdout + done.stderr
        assert done.returncode != 0
        assert said in " ".join(output.split())
        assert "hunter2" not in output

    def test_the_password_may_come_from_the_environment(self, source):
        path = source(registry_url="postgresql://ops@127.0.0.1:1/x", registry_password_env="REGISTRY_PASSWORD")
        unset = command("ansible-inventory", "-i", path, "--graph")
        assert "The environment variable REGISTRY_PASSWORD" in " ".join(unset.stderr.split())
        done = command("ansible-inventory", "-i", path, "--graph", "-vvvv", REGISTRY_PASSWORD="hunter2")
        assert "can't be used" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr

    def test_a_state_that_is_none_is_refused(self, source):
        done = command("ansible-inventory", "-i", source(states=["activ"]), "--graph")
        assert done.returncode != 0
        assert "activ" in done.stderr


def test_the_url_may_come_from_the_environment(fleet, source, url, tmp_path):
    path = tmp_path / "registry.yml"
    path.write_text("plugin: frappeops.tenants.registry\n")
    assert listed(str(path), TENANT_REGISTRY_URL=url)[0]["tenants"] == ["acme", "globex"]
