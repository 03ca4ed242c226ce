# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's site on the lab's bench: whose it is, what a fault leaves, and that two share no secret."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import lab_sites
import pytest
import traces
from killed_runs import Killed, killed_at, killed_at_second_folder

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import Database, SitePlace
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import TenantSite, WantedSite
from lab.settings import DATABASE_ADMIN

COMMAND = str(Path(sys.executable).parent / "bench")


@pytest.fixture
def name():
    return f"site-{secrets.token_hex(3)}"


@pytest.fixture
def make(lab, name):
    """Makes handles on a site of this test; whatever there is in the end is removed by its owner."""
    handles = []

    def handle(owner="a" * 16, site=None, database=None, check=False, socket=False, user_host=None):
        where = (
            {"unix_socket": str(lab.mariadb_socket)} if socket else {"host": lab.address, "port": lab.ports["mariadb"]}
        )
        password = lab.secret_file("mariadb_admin_password").read_text().strip()
        connection = {**where, "user": DATABASE_ADMIN, "password": password}
        wanted = Database(database or f"tenant_{name.replace('-', '_')}", connection, user_host)
        bench = Bench(str(lab.bench), COMMAND, 120)
        handles.append(TenantSite(SitePlace(bench, site or f"api.{name}.test", wanted, owner), check))
        return handles[-1]

    yield handle
    for made in handles:
        try:
            made.ensure_absent()
        except TenantError:
            continue


def wanted(**parts):
    return WantedSite(**{"apps": [], "config": {}, "documents": [], **parts})


def folder(lab, name):
    return lab.bench / "sites" / f"api.{name}.test"


def answer(lab, site):
    """What the bench's web server says to a ping for the site."""
    url = f"http://{lab.address}:{lab.ports['gunicorn']}/api/method/ping"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"X-Frappe-Site-Name": site})) as response:
        return json.load(response)


def refuse_backup(_folder, _files):
    raise TenantError("The backup can't be read back.")


class TestLife:
    @pytest.mark.parametrize(
        ("way", "host"),
        [({}, "127.0.0.1"), ({"socket": True}, "localhost"), ({"user_host": "127.0.0.%"}, "127.0.0.%")],
        ids=["tcp", "socket", "pattern"],
    )
    def test_made_kept_changed_and_removed(self, make, lab, name, way, host):
        assert make(**way).ensure(wanted())["action"] == "created"
        assert make(**way).place.database_state()["user_hosts"] == [host]
        assert make(**way).ensure(wanted())["changed"] is False
        changed = make(**way).ensure(wanted(config={"max_file_size": 1}, apps=["erpnext"]))
        assert changed["changed"]
        assert changed["commands"] == [["bench", "--site", f"api.{name}.test", "install-app", "erpnext"]]
        assert make(**way).ensure_absent()["changed"]
        assert traces.of_tenant(lab, name) == {}
        assert make(**way).ensure_absent()["changed"] is False

    def test_check_mode_foretells_and_makes_nothing(self, make, lab, name):
        assert make(check=True).ensure(wanted())["changed"]
        assert traces.of_tenant(lab, name) == {}
        make().ensure(wanted())
        before = folder(lab, name).joinpath("site_config.json").read_bytes()
        assert make(check=True).ensure(wanted(config={"max_file_size": 1}))["changed"]
        assert make(check=True).ensure_absent()["changed"]
        assert folder(lab, name).joinpath("site_config.json").read_bytes() == before

    def test_a_missing_app_is_told_before_anything_is_made(self, make, lab, name):
        with pytest.raises(TenantError, match="does not have the app hrms"):
            make().ensure(wanted(apps=["hrms"]))
        assert traces.of_tenant(lab, name) == {}


class TestOwner:
    def test_a_site_of_others_is_refused_and_untouched(self, make, lab, name):
        folder(lab, name).mkdir()
        (folder(lab, name) / "site_config.json").write_text('{"db_name": "theirs"}')
        for attempt in (make().ensure_absent, lambda: make().ensure(wanted())):
            with pytest.raises(TenantError, match="already exists on the bench and was not made by this provisioning"):
                attempt()
        assert [path.name for path in folder(lab, name).iterdir()] == ["site_config.json"]
        (folder(lab, name) / "site_config.json").unlink()
        folder(lab, name).rmdir()

    def test_a_site_of_another_provisioning_is_refused(self, make):
        make().ensure(wanted())
        with pytest.raises(TenantError, match="was not made by this provisioning"):
            make(owner="b" * 16).ensure(wanted())

    def test_a_database_of_others_is_refused_before_anything_is_made(self, make, lab, name):
        make(owner="b" * 16, site=f"other.{name}.test", database=f"tenant_{name.replace('-', '_')}").ensure(wanted())
        with pytest.raises(TenantError, match="was not made by this provisioning"):
            make().ensure(wanted())
        assert not folder(lab, name).exists()

    def test_a_config_that_names_a_neighbours_database_harms_nobody(self, make, lab, name):
        """bench drop-site would drop whatever database the folder's config names."""
        neighbour = make(owner="b" * 16, site=f"neighbour.{name}.test", database=f"tenant_n{secrets.token_hex(3)}")
        neighbour.ensure(wanted())
        make().ensure(wanted())
        theirs = json.loads((lab.bench / "sites" / f"neighbour.{name}.test" / "site_config.json").read_text())
        config = folder(lab, name) / "site_config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "db_name": theirs["db_name"]}))
        make().ensure_absent()
        assert neighbour.ensure(wanted())["changed"] is False

    def test_a_database_user_that_may_be_anybodys_is_refused_and_stays(self, make, lab, name):
        user = f"tenant_{name.replace('-', '_')}"
        traces.sql(lab, f"CREATE USER '{user}'@'10.0.0.1'")
        with pytest.raises(TenantError, match=f"The database user {user} is there and was perhaps not made by"):
            make().ensure(wanted())
        gone = make().ensure_absent()
        assert (gone["changed"], len(gone["warnings"])) == (False, 1)
        # One that comes between the look and the making.
        make().place.drop_database()
        assert traces.of_tenant(lab, name) == {"database users": [f"{user}@10.0.0.1"]}
        # That of a tenant that was complete is its own, also when folder and database are lost.
        assert make().ensure_absent(complete=True)["changed"]
        assert traces.of_tenant(lab, name) == {}

    def test_a_site_that_was_renamed_lives_on_when_one_of_its_old_name_is_removed(self, make, lab, name):
        make().ensure(wanted())
        renamed = folder(lab, f"{name}-renamed")
        folder(lab, name).rename(renamed)
        database = f"tenant_{name.replace('-', '_')}"
        before = traces.dump(lab, database)
        second = make(owner="b" * 16, database=f"tenant_n{secrets.token_hex(3)}")
        assert second.ensure(wanted())["action"] == "created"
        assert second.ensure_absent()["changed"]
        assert not folder(lab, name).exists()
        assert traces.dump(lab, database) == before
        assert answer(lab, renamed.name) == {"message": "pong"}
        renamed.rename(folder(lab, name))


class TestRemoval:
    def test_one_that_is_killed_again_and_again_is_finished_with_its_one_backup(self, make, lab, name, tmp_path):
        make().ensure(wanted())
        for kill in (
            lambda patched: killed_at(patched, SitePlace, "drop_database"),
            lambda patched: killed_at(patched, SitePlace, "remove_folder"),
            lambda patched: killed_at(patched, Path, "rename"),
            lambda patched: killed_at_second_folder(patched, lab.bench),
        ):
            with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
                kill(patched)
                make().ensure_absent(str(tmp_path), complete=True)
        gone = make().ensure_absent(str(tmp_path), complete=True)
        (backup,) = tmp_path.iterdir()
        assert gone["backups"] == sorted(map(str, backup.iterdir())) != []
        assert traces.of_tenant(lab, name) == {}
        assert traces.temporary_files(lab, ["a" * 16]) == []
        assert make().ensure_absent()["changed"] is False

    def test_what_a_killed_one_left_gets_into_no_new_site(self, make, lab, name):
        make().ensure(wanted())
        (folder(lab, name) / "public" / "files" / "old.txt").write_text("of the first")
        with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
            killed_at_second_folder(patched, lab.bench)
            make().ensure_absent()
        assert make().ensure(wanted())["action"] == "created"
        assert list(folder(lab, name).rglob("old.txt")) == []

    def test_data_without_a_backup_is_not_dropped(self, make, lab, name, tmp_path, monkeypatch):
        make().ensure(wanted())
        folder(lab, name).rename(folder(lab, f"{name}-lost"))
        with pytest.raises(TenantError, match=f"was complete and can't be backed up.*tenant_{name.replace('-', '_')}"):
            make().ensure_absent(str(tmp_path), complete=True)
        folder(lab, f"{name}-lost").rename(folder(lab, name))
        # A backup that fails leaves the site as it is, but for the password that the client's command line showed.
        config = folder(lab, name) / "site_config.json"
        password = json.loads(config.read_text())["db_password"]
        monkeypatch.setattr(f"{Bench.__module__}.require_readable_backup", refuse_backup)
        with pytest.raises(TenantError, match="can't be read back"):
            make().ensure_absent(str(tmp_path), complete=True)
        assert json.loads(config.read_text())["db_password"] != password
        assert make().ensure(wanted(complete=True))["changed"] is False


class TestFaults:
    def test_a_half_made_site_of_ours_is_made_anew(self, make, lab, name, monkeypatch):
        def cut(self, site, apps):
            (folder(lab, name) / "locks").mkdir()
            raise KeyboardInterrupt

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(Bench, "new_site", cut)
            make().ensure(wanted())
        assert {"site folders", "databases", "database users"} <= set(traces.of_tenant(lab, name))
        assert make().ensure(wanted())["action"] == "created"
        assert make().ensure(wanted())["changed"] is False

    def test_a_run_that_was_killed_is_waited_for(self, make, lab, name):
        """SIGKILL for the module while its bench command works: the next one must not work against it."""
        handle = make()
        child = os.fork()
        if child == 0:
            handle.ensure(wanted())
            os._exit(0)
        wait_for(lambda: (folder(lab, name) / "site_config.json").exists() and _commands(f"api.{name}.test"))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert make().ensure(wanted())["action"] == "created"
        assert make().ensure(wanted())["changed"] is False

    def test_a_wrong_database_password_is_told_in_one_line(self, make, lab, name):
        handle = make()
        handle.place.database.connection["password"] = "wrong"
        with pytest.raises(TenantError, match="refuses the administrator frappe_tenants: Access denied"):
            handle.ensure(wanted())
        assert traces.of_tenant(lab, name) == {}

    def test_frappes_refusal_comes_in_its_own_words(self, make):
        values = {"disable_user_pass_login": 1, "language": "en", "time_zone": "UTC", "login_with_email_link": 0}
        document = lab_sites.given("System Settings", values=values)
        with pytest.raises(TenantError, match="Frappe refuses System Settings: .*[Ss]ocial [Ll]ogin [Kk]ey"):
            make().ensure(wanted(documents=[document]))


class TestSecrets:
    def test_two_sites_share_no_secret(self, make, lab, name):
        make().ensure(wanted())
        make(owner="b" * 16, site=f"api.{name}x.test", database=f"tenant_x{secrets.token_hex(3)}").ensure(wanted())
        first, second = (
            json.loads((lab.bench / "sites" / f"api.{name}{end}.test" / "site_config.json").read_text())
            for end in ("", "x")
        )
        for key in ("db_name", "db_password", "encryption_key"):
            assert first[key] != second[key]


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def _commands(text: str) -> list[str]:
    """Command lines of running processes that hold the text."""
    found = subprocess.run(["pgrep", "-af", text], capture_output=True, text=True, check=False).stdout
    return found.splitlines()
