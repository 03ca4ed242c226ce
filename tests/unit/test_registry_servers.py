# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry on real MariaDB and PostgreSQL servers: all that holds on SQLite, and what only a server can do."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy

sys.path.insert(0, str(Path(__file__).parent))
import old_registries
import registry_servers
import test_adoption
import test_outbox
import test_placement
import test_registry
import test_registry_standby
import test_webhooks
from registry_servers import PASSWORD, USER
from test_registry import a_wish

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import (
    address,
    database,
    leases,
    migrations,
    schema,
    tenants,
    webhooks,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import Resource

ROOT = Path(__file__).parents[2]

# The same tests as on SQLite; they take the fixture url of this file.
TestClaim = test_registry.TestClaim
TestQuarantine = test_registry.TestQuarantine
TestFind = test_registry.TestFind
TestStates = test_registry.TestStates
TestJournal = test_registry.TestJournal
TestLease = test_registry.TestLease
TestHeartbeat = test_registry.TestHeartbeat
TestUnfinished = test_registry.TestUnfinished
TestEvents = test_registry.TestEvents
TestFleet = test_registry.TestFleet
TestChoice = test_placement.TestChoice
TestAnotherPlan = test_placement.TestAnotherPlan
TestStandbyPlan = test_registry_standby.TestPlan
TestStandbyClaim = test_registry_standby.TestClaim
TestStandbyGone = test_registry_standby.TestGone
TestAdoption = test_adoption.TestRegistry
TestOutbox = test_outbox.TestOutbox
TestWebhooks = test_webhooks.TestQueue
connection, run = test_registry.connection, test_registry.run
place = test_placement.place
dead_run = test_registry_standby.dead_run
in_registry = test_outbox.in_registry


@pytest.fixture(scope="session")
def servers():
    """Starts a server when it is first asked for."""
    with ExitStack() as stack:
        yield functools.cache(lambda kind: stack.enter_context(registry_servers.running(kind)))


@pytest.fixture(params=["mariadb", "postgresql"])
def server(request, servers):
    return servers(request.param)


@pytest.fixture
def url(server):
    return server.url(server.new_database(), PASSWORD)


class TestTables:
    def test_long_texts_of_any_script_come_back_whole(self, connection, run):
        reason = "nginx: ошибка 💥 " * 20_000
        evidence = {"ping": "pong", "Zertifikat": ["läuft", {"日数": 89.5}], "nothing": None}
        tenants.reserve(connection, run, a_wish())
        tenants.transition(connection, run, "acme", "provisioning")
        tenants.transition(connection, run, "acme", "active", reason, evidence)
        found = tenants.find(connection, "acme")
        assert (found["reason"], found["evidence"]) == (reason, evidence)

    def test_names_that_differ_in_case_accents_or_blanks_are_different(self, connection, run):
        journal = test_registry.journal_of(connection, run, begun="dns")
        names = ["TXT a", "TXT A", "TXT á", "TXT a "]
        assert journal.record("dns", [Resource("dns_record", name, {"value": name}) for name in names]) == 4
        assert [resource["name"] for resource in journal.fail("no")["undo"][0]["resources"]] == names[::-1]

    def test_a_text_that_is_too_long_is_refused_and_not_cut(self, url, run):
        with pytest.raises(TenantError, match="can't be used"), database.transaction(url) as connection:
            tenants.reserve(connection, run, a_wish(plan="x" * 65))


class TestConflicts:
    #: The server itself says that it broke the transaction off.
    DEADLOCK = {
        "mariadb": "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'",
        "postgresql": "DO $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$",
    }

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(database, "PAUSE_SECONDS", 0.001)

    def test_the_whole_work_is_done_again(self, server, url, run):
        attempts = []

        def work():
            with database.transaction(url) as connection:
                attempts.append(tenants.find(connection, "acme"))
                tenants.reserve(connection, run, a_wish())
                if len(attempts) < 3:
                    connection.exec_driver_sql(self.DEADLOCK[server.kind])

        database.repeat(work)
        # What the first attempts wrote was taken back each time.
        assert attempts == [None, None, None]
        with database.reading(url) as connection:
            assert tenants.find(connection, "acme")["state"] == "reserved"

    def test_but_not_for_ever(self, server, url):
        attempts = []

        def work():
            with database.transaction(url) as connection:
                attempts.append(1)
                connection.exec_driver_sql(self.DEADLOCK[server.kind])

        with pytest.raises(TenantError, match="(?i)can't be used: deadlock"):
            database.repeat(work)
        assert len(attempts) == database.ATTEMPTS

    def test_other_errors_are_not_repeated(self, url):
        attempts = []

        def work():
            with database.transaction(url) as connection:
                attempts.append(1)
                connection.exec_driver_sql("SELECT nonsense")

        with pytest.raises(TenantError, match="nonsense"):
            database.repeat(work)
        assert len(attempts) == 1

    def test_two_that_really_lock_each_other_out_both_get_through(self, url, run):
        with database.transaction(url) as connection:
            for name in ("aaa", "bbb"):
                tenants.reserve(connection, run, a_wish(identity={**a_wish().identity, "name": name}))
        meeting = threading.Barrier(2, timeout=30)
        attempts = []

        def work(names):
            # Without the registry's lock, as a person at the server's console would work.
            with database._connection(url, lock=False) as connection:
                attempts.append(names)
                for name in names:
                    connection.execute(schema.tenants.update().where(schema.tenants.c.name == name).values(reason="x"))
                    if name == names[0] and len(attempts) <= 2:
                        meeting.wait()
                connection.commit()

        both = [
            threading.Thread(target=database.repeat, args=[lambda n=n: work(n)])
            for n in (["aaa", "bbb"], ["bbb", "aaa"])
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert len(attempts) == 3
        with database.reading(url) as connection:
            assert [tenant["reason"] for tenant in tenants.find_all(connection)] == ["x", "x"]


class TestUpgrade:
    @pytest.fixture(params=["sqlite", "mariadb", "postgresql"])
    def url(self, request, servers, tmp_path):
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path}/registry.db"
        server = servers(request.param)
        return server.url(server.new_database(), PASSWORD)

    NEW_IN_3 = dict.fromkeys(["needs", "admin_first_name", "settings", "certificate", "applied"])

    @pytest.fixture
    def old(self, url):
        """A registry of version 1 with one tenant, at the URL."""
        with database._connection(url, lock=True) as connection:
            old_registries.make_version_1(connection)
            connection.commit()

    @staticmethod
    def shape(connection):
        """The columns of all tables, with whether they may be empty."""
        inspector = sqlalchemy.inspect(connection)
        return {
            table: {column["name"]: column["nullable"] for column in inspector.get_columns(table)}
            for table in inspector.get_table_names()
        }

    def test_there_is_a_migration_to_every_version(self):
        assert len(migrations.MIGRATIONS) + 1 == schema.VERSION

    def test_an_old_registry_gets_the_shape_of_a_new_one_and_keeps_its_tenants(self, url, old, tmp_path):
        with database.transaction(f"sqlite:///{tmp_path}/new.db") as connection:
            new = self.shape(connection)
        with database.transaction(url) as connection:
            assert self.shape(connection) == new
            acme = tenants.find(connection, "acme")
        identity = acme.pop("identity")
        assert acme == {**old_registries.ACME_1, **self.NEW_IN_3}
        assert identity == {
            "name": "acme",
            "domain": "example.com",
            "frontend_host": "acme.example.com",
            "backend_host": "api.acme.example.com",
            "site": "api.acme.example.com",
            "frontend_url": "https://acme.example.com:8443",
            "backend_url": "https://api.acme.example.com:8443",
        }

    def test_one_of_version_2_too(self, url, tmp_path):
        with database.transaction(f"sqlite:///{tmp_path}/new.db") as connection:
            new = self.shape(connection)
        with database._connection(url, lock=True) as connection:
            old_registries.make_version_2(connection)
            connection.commit()
        with database.transaction(url) as connection:
            assert self.shape(connection) == new
            assert tenants.find(connection, "acme") == {**old_registries.ACME_2, **self.NEW_IN_3}

    def test_one_of_version_3_too_with_the_run_that_works_in_it_and_what_is_to_be_told(self, url, tmp_path):
        with database.transaction(f"sqlite:///{tmp_path}/new.db") as connection:
            new = self.shape(connection)
        with database._connection(url, lock=True) as connection:
            old_registries.make_version_3(connection)
            connection.commit()
        with database.transaction(url) as connection:
            assert self.shape(connection) == new
            assert tenants.find(connection, "acme") == old_registries.ACME_3
            assert leases.at_work(connection) == {"acme"}
            [event] = webhooks.pending(connection, 0, 10)
            assert (event["event"], event["record"]) == ("active", {})

    def test_reading_upgrades_too(self, url, old):
        with database.reading(url) as connection:
            assert tenants.find(connection, "acme")["identity"]["domain"] == "example.com"

    @pytest.mark.parametrize(
        "look", [lambda url: database.transaction(url, commit=False), lambda url: database.reading(url, upgrade=False)]
    )
    def test_but_not_in_check_mode(self, url, old, look):
        with pytest.raises(TenantError, match="has schema 1, this collection knows") as refusal, look(url):
            pass
        assert "without --check" in refusal.value.remedy
        with database._connection(url, lock=False) as connection:
            assert database._version(connection) == 1

    def test_it_is_done_once_by_many_at_once(self, url, old):
        def look(number):
            with database.transaction(url) as connection:
                assert tenants.find(connection, "acme")["identity"]["domain"] == "example.com"

        assert test_registry.at_once(look) == [""] * test_registry.AT_ONCE

    def test_one_that_fails_is_done_again_by_the_next_run(self, url, old, monkeypatch):
        first, *others = migrations.MIGRATIONS

        def cut_off(connection):
            first(connection)
            raise TenantError("cut off")

        monkeypatch.setattr(migrations, "MIGRATIONS", [cut_off])
        with pytest.raises(TenantError, match="cut off"), database.transaction(url):
            pass
        monkeypatch.setattr(migrations, "MIGRATIONS", [first, *others])
        with database.transaction(url) as connection:
            assert tenants.find(connection, "acme")["identity"]["domain"] == "example.com"

    def test_an_upgrade_stays_also_when_the_work_fails(self, url, old):
        with pytest.raises(TenantError, match="no"), database.transaction(url):
            raise TenantError("no")
        with database._connection(url, lock=False) as connection:
            assert database._version(connection) == schema.VERSION


class TestReading:
    def test_it_waits_for_nobody(self, url, run):
        with database.transaction(url) as writing:
            tenants.reserve(writing, run, a_wish())
            with database.reading(url) as connection:
                assert tenants.find_all(connection) == []

    def test_one_that_is_not_there_yet_is_empty_and_is_not_made(self, url, run):
        with database.reading(url) as connection:
            assert tenants.find_all(connection) == []
        with database.transaction(url, commit=False) as connection:
            assert tenants.reserve(connection, run, a_wish())[1]["state"] == "reserved"
        with database._connection(url, lock=False) as connection:
            assert sqlalchemy.inspect(connection).get_table_names() == []


class TestPassword:
    """It comes from the environment or a file, and is nowhere in what a person or a log gets to see."""

    @pytest.fixture
    def database_name(self, server):
        return server.new_database()

    def ansible(self, url, verbosity="-vvvv", password_file="", **environment):
        given = {"tenant_registry_url": url}
        if environment:
            given["tenant_registry_password_env"] = next(iter(environment))
        if password_file:
            given["tenant_registry_password_file"] = str(password_file)
        done = subprocess.run(
            [f"{Path(sys.executable).parent}/ansible", "-i", "localhost,", "localhost", verbosity]
            + ["-m", "frappeops.tenants.tenant_registry_info", "-e", json.dumps(given)],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def test_from_the_environment(self, server, database_name):
        code, output = self.ansible(server.url(database_name), REGISTRY_PASSWORD=PASSWORD)
        assert code == 0, output
        assert '"tenants": []' in output or "tenants: []" in output
        assert "hunter2" not in output

    def test_from_a_file(self, server, database_name, tmp_path):
        file = tmp_path / "password"
        file.write_text(f"{PASSWORD}\n")
        code, output = self.ansible(server.url(database_name), password_file=file)
        assert code == 0, output
        assert "hunter2" not in output

    def test_from_the_url(self, server, database_name):
        code, output = self.ansible(server.url(database_name, PASSWORD))
        assert code == 0, output
        assert "hunter2" not in output

    def test_a_wrong_one_is_told_without_repeating_it(self, server, database_name):
        code, output = self.ansible(server.url(database_name), REGISTRY_PASSWORD="wrong-hunter3")
        assert code != 0
        assert f"{server.kind}+" in output
        assert USER in output
        assert "wrong-hunter3" not in output
        assert "Traceback" not in output

    def test_a_server_that_is_away_is_told_in_one_line(self, server):
        parsed = address.parse(f"{server.kind}://{USER}:hunter2@127.0.0.1:1/x")
        with pytest.raises(TenantError) as failure, database.transaction(parsed):
            pass
        assert "hunter2" not in failure.value.msg
        assert "\n" not in failure.value.msg
        assert failure.value.remedy == "Check tenant_registry_url and its server."


def test_an_account_that_may_only_read_is_enough_to_read(server, run):
    name = server.new_database()
    with database.transaction(server.url(name, PASSWORD)) as connection:
        tenants.reserve(connection, run, a_wish())
    reader = server.reader(name)
    with database.reading(reader) as connection:
        assert [tenant["name"] for tenant in tenants.find_all(connection)] == ["acme"]
    with pytest.raises(TenantError, match="denied"), database.transaction(reader) as connection:
        tenants.transition(connection, run, "acme", "provisioning")
