# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bench's host is prepared; then a tenant is made by the database account that was made for it.

It gets a plan as the example's inventory has it, with its seeds. Passwords and names hold whatever a person could put into
them: quotes, blanks, what a shell, SQL, a format or a template would take for its own.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lab_sites
import pymysql
import pytest
import traces
import yaml
from sudo_rules import LOGIN_USER, sudo_of

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.database_account import Server

ODD = 'it\'s "odd" $(touch x) `id` \\ \\n {{ 7*7 }} {% raw %} %s %d ;-- #é🔑'
LONG = (ODD * 4)[:200]
FIRST_NAME = 'Ada "O\'Neil" $(id) \\ {{ 7*7 }} 😀'
ACCOUNT = f"probe_{secrets.token_hex(4)}"
PREFIX = "tenant_"
TENANT = f"test-host-{secrets.token_hex(3)}"
COMPANY = 'O\'Neil & "Söhne" $(id) \\ {{ 7*7 }}'
EXAMPLE = Path(__file__).parents[2] / "inventory" / "example"
BENCH_USER = "nobody"


class Unsafe(str):
    """A text that Ansible must not take for a template."""


yaml.SafeDumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a bench of an ordinary user, who could not look into those of pytest."""
    made = Path(tempfile.mkdtemp(prefix="bench-host-"))
    made.chmod(0o755)
    for name in ("bench/sites", "bench/archived", "sudoers.d", "tmpfiles.d"):
        (made / name).mkdir(parents=True)
    for path in (made / "bench").rglob("*"):
        shutil.chown(path, BENCH_USER)
    shutil.chown(made / "bench", BENCH_USER)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def as_root(lab) -> Iterator[Any]:
    """Runs a statement as the database's root, and tells the rows."""
    connection = pymysql.connect(unix_socket=str(lab.mariadb_socket), user=getpass.getuser(), autocommit=True)

    def execute(statement: str, *values: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [row[0] for row in cursor.fetchall()]

    yield execute
    for host in execute("SELECT Host FROM mysql.user WHERE User = %s", ACCOUNT):
        execute("DROP USER %s@%s", ACCOUNT, host)
    connection.close()


@pytest.fixture(scope="module")
def database(lab) -> dict[str, Any]:
    return {
        "host": lab.address,
        "port": lab.ports["mariadb"],
        "admin_user": ACCOUNT,
        "admin_password": Unsafe(LONG),
    }


@pytest.fixture(scope="module")
def run(playbooks, folder):
    def run(playbook: str, *arguments: str, **variables: Any):
        given = folder / "given.yml"
        given.touch(0o600)
        given.write_text(yaml.safe_dump(variables))
        return playbooks.run(playbook, "-e", f"@{given}", *arguments)

    return run


@pytest.fixture(scope="module")
def prepare(run, folder, database):
    def prepare(*arguments: str, **variables: Any):
        given = {
            "bench_host_bench_path": str(folder / "bench"),
            "bench_host_database": database,
            "bench_host_login_user": LOGIN_USER,
            "bench_host_sudoers_dir": str(folder / "sudoers.d"),
            "bench_host_log_folder": str(folder / "logs"),
            "bench_host_log_user": getpass.getuser(),
            "bench_host_log_days": 30,
            "bench_host_tmpfiles_dir": str(folder / "tmpfiles.d"),
            # The tests' own may be where other users can't look.
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        return run("playbooks/bench_host.yml", *arguments, **{**given, **variables})

    return prepare


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != "given.yml"}


class TestPreparing:
    """Test by test in this order."""

    def test_it_is_foretold(self, prepare, folder, as_root):
        before = contents(folder)
        foretold = prepare("--check", "--diff")
        assert foretold.code == 0, foretold.output
        assert foretold.count("changed") == 5, foretold.output
        assert f"{LOGIN_USER} ALL=({BENCH_USER}) NOPASSWD:" in foretold.output
        assert "CREATE USER ON" in foretold.output
        assert contents(folder) == before
        assert as_root("SELECT Host FROM mysql.user WHERE User = %s", ACCOUNT) == []

    def test_then_done_and_left_alone(self, prepare, folder):
        done = prepare()
        assert (done.code, done.count("changed")) == (0, 5), done.output
        again = prepare()
        assert (again.code, again.count("changed")) == (0, 0), again.output

    def test_only_the_benchs_user_may_look_into_its_folders(self, folder):
        for name in ("bench/site-templates", "bench/archived/tenants"):
            made = folder / name
            assert (made.owner(), made.stat().st_mode & 0o777) == (BENCH_USER, 0o700)

    def test_the_account_has_the_rights_that_it_needs_and_no_more(self, as_root):
        assert set(as_root("SELECT Host FROM mysql.user WHERE User = %s", ACCOUNT)) == {"localhost", "127.0.0.1", "::1"}
        grants = as_root("SHOW GRANTS FOR %s@'127.0.0.1'", ACCOUNT)
        assert {grant.partition(" TO ")[0] for grant in grants} == {
            "GRANT PROCESS, CREATE USER, CONNECTION ADMIN ON *.*",
            "GRANT SELECT (`User`, `Host`) ON `mysql`.`user`",
            "GRANT ALL PRIVILEGES ON `tenant\\_%`.*",
        }

    def test_mariadbs_own_client_takes_the_password(self, lab):
        options = {"host": lab.address, "port": lab.ports["mariadb"], "user": ACCOUNT, "password": LONG}
        assert Server("mariadb", options).lines("SELECT CURRENT_USER()") == [f"{ACCOUNT}@127.0.0.1"]

    def test_what_sudo_does_not_list_is_refused(self, folder):
        shell = "/bin/sh -c 'echo BECOME-SUCCESS-abc ; id -un'"
        with sudo_of(folder) as sudo:
            listed = sudo(f"-u {BENCH_USER} {shell}")
            assert (listed.returncode, listed.stdout.split()) == (0, ["BECOME-SUCCESS-abc", BENCH_USER]), listed.stderr
            for other in ("id", shell, f"-u root {shell}", f"-u {BENCH_USER} id", f"-u {BENCH_USER} /bin/sh -c id"):
                refused = sudo(other)
                assert (refused.returncode, refused.stdout) == (1, ""), other

    def test_old_logs_go_and_young_ones_stay(self, folder):
        assert (folder / "logs").stat().st_mode & 0o777 == 0o700
        old, young = folder / "logs" / "old.log", folder / "logs" / "young.log"
        for path, days in ((old, 31), (young, 29)):
            path.touch()
            os.utime(path, (time.time() - days * 86400,) * 2)
        rules = folder / "tmpfiles.d" / "frappeops_tenants.conf"
        subprocess.run(["systemd-tmpfiles", "--clean", str(rules)], check=True, capture_output=True)
        assert (old.exists(), young.exists()) == (False, True)

    def test_a_password_that_was_changed_and_a_right_that_was_lost_come_back(self, prepare, as_root):
        as_root("ALTER USER %s@'127.0.0.1' IDENTIFIED BY 'another'", ACCOUNT)
        as_root("REVOKE PROCESS ON *.* FROM %s@'localhost'", ACCOUNT)
        mended = prepare("--diff", bench_host_log_folder="")
        assert (mended.code, mended.count("changed")) == (0, 1), mended.output
        assert "PROCESS ON *.*" in mended.output

    def test_a_server_elsewhere_needs_to_be_told_as_what_it_sees_the_bench(self, prepare, database):
        refused = prepare(bench_host_database={**database, "host": "db.example.com"})
        assert refused.code != 0
        assert "say as what it sees this bench, by frappe_database.user_host" in " ".join(refused.output.split())


class TestTenant:
    """A tenant that is made by the account, with odd texts wherever one can be given."""

    def test_an_account_that_lacks_rights_is_found_before_anything_is_made(self, run, lab, database, as_root):
        as_root("REVOKE CREATE USER ON *.* FROM %s@'127.0.0.1'", ACCOUNT)
        refused = self.provision(run, database)
        as_root("GRANT CREATE USER ON *.* TO %s@'127.0.0.1'", ACCOUNT)
        said = " ".join(refused.output.split())
        assert f"The database administrator {ACCOUNT} lacks CREATE USER ON *.*." in said
        assert "Run the playbook frappeops.tenants.bench_host" in said
        assert traces.of_tenant(lab, TENANT) == {}

    def test_odd_texts_arrive_as_they_are(self, run, lab, database):
        made = self.provision(run, database)
        assert made.code == 0, made.output
        bench = Bench(str(lab.bench), "bench", 60)

        def told(doctype: str, *fields: str, **filters: str) -> dict[str, Any]:
            document = lab_sites.given(doctype, filters=filters, fields=list(fields))
            return ensured(bench, document)["fields"]

        assert told("User", "first_name", email="ada@acme.example") == {"first_name": FIRST_NAME}
        key = lab_sites.given(
            "Social Login Key", filters={"provider_name": "Lab Auth"}, secret_values={"client_secret": LONG}
        )
        assert ensured(bench, key)["change"] == "none"
        config = json.loads((lab.bench / "sites" / f"api.{TENANT}.tenants.test" / "site_config.json").read_text())
        assert config["odd"] == ODD
        assert (config["max_file_size"], config["rate_limit"]) == (26214400, {"limit": 7200, "window": 3600})
        assert told("Company", "country", company_name=COMPANY) == {"country": "United States"}
        assert told("Item Group", "parent_item_group", name="Subscriptions") == {"parent_item_group": "All Item Groups"}
        assert told("Customer", "customer_type", customer_name="Sample Customer") == {"customer_type": "Company"}
        assert f"Welcome, {FIRST_NAME}. This is {TENANT}," in told("Note", "content", title="Welcome")["content"]

    def test_again_nothing_is_changed(self, run, database):
        again = self.provision(run, database)
        assert (again.code, again.count("changed")) == (0, 0), again.output

    def test_it_is_taken_away_by_the_account(self, run, lab, database):
        gone = run("deprovision.yml", tenant=TENANT, confirm=TENANT, frappe_database=database)
        assert gone.code == 0, gone.output
        assert traces.of_tenant(lab, TENANT) == {}

    @staticmethod
    def provision(run, database):
        plans = yaml.safe_load((EXAMPLE / "group_vars/all/tenants.yml").read_text())["tenant_plans"]
        return run(
            "provision.yml",
            tenant=TENANT,
            admin_email="ada@acme.example",
            admin_first_name=Unsafe(FIRST_NAME),
            frappe_database=database,
            tenant_oauth={
                "provider_name": "Lab Auth",
                "base_url": "https://auth.tenants.test",
                "client_id": "frappeops-lab",
                "client_secret": Unsafe(LONG),
            },
            plan="professional",
            tenant_plans={"professional": {**plans["professional"], "site_config": {"odd": Unsafe(ODD)}}},
            tenant_seed_folder=str(EXAMPLE / "seeds"),
            tenant_settings={"company": Unsafe(COMPANY)},
            tls_plan="none",
            notify_enabled=False,
        )


def ensured(bench: Bench, document: dict[str, Any]) -> dict[str, Any]:
    """What the document is like, with nothing changed."""
    return bench.site(f"api.{TENANT}.tenants.test", "ensure_documents", documents=[document], check=True)["documents"][
        0
    ]
