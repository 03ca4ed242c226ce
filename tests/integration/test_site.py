# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's site on the lab's bench: whose it is, what a fault leaves, and that no secret is seen."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import traces

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import Database, TenantSite, WantedSite
from lab.settings import DATABASE_ADMIN

COMMAND = str(Path(sys.executable).parent / "bench")


@pytest.fixture
def name():
    return f"site-{secrets.token_hex(3)}"


@pytest.fixture
def make(lab, name):
    """Makes handles on a site of this test; whatever there is in the end is removed by its owner."""
    handles = []

    def handle(owner="a" * 16, site=None, database=None, check=False):
        connection = {
            "host": lab.address,
            "port": lab.ports["mariadb"],
            "user": DATABASE_ADMIN,
            "password": lab.secret_file("mariadb_admin_password").read_text().strip(),
        }
        wanted = Database(database or f"tenant_{name.replace('-', '_')}", connection)
        bench = Bench(str(lab.bench), COMMAND, 120)
        handles.append(TenantSite(bench, site or f"api.{name}.test", wanted, owner, check))
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


class TestLife:
    def test_made_kept_changed_and_removed(self, make, lab, name):
        assert make().ensure(wanted())["action"] == "created"
        assert make().ensure(wanted())["changed"] is False
        changed = make().ensure(wanted(config={"max_file_size": 1}, apps=["erpnext"]))
        assert changed["changed"]
        assert changed["commands"] == [["bench", "--site", f"api.{name}.test", "install-app", "erpnext"]]
        assert make().ensure_absent()["changed"]
        assert traces.of_tenant(lab, name) == {}
        assert make().ensure_absent()["changed"] is False

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
        handle._database.connection["password"] = "wrong"
        with pytest.raises(TenantError, match="refuses the administrator frappe_tenants: Access denied"):
            handle.ensure(wanted())
        assert traces.of_tenant(lab, name) == {}

    def test_frappes_refusal_comes_in_its_own_words(self, make):
        document = {
            "doctype": "System Settings",
            "name": None,
            "filters": None,
            "state": "present",
            "values": {"disable_user_pass_login": 1, "language": "en", "time_zone": "UTC", "login_with_email_link": 0},
            "rows": {},
            "initial": {},
        }
        with pytest.raises(TenantError, match="Frappe refuses System Settings: .*[Ss]ocial [Ll]ogin [Kk]ey"):
            make().ensure(wanted(documents=[document]))


class TestSecrets:
    def test_no_secret_stands_in_a_command_line_or_environment_or_log(self, make, lab, name):
        seen: set[str] = set()
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(seen, done))
        watcher.start()
        try:
            make().ensure(wanted(apps=["erpnext"]))
        finally:
            done.set()
            watcher.join()
        config = json.loads((folder(lab, name) / "site_config.json").read_text())
        assert any(f"api.{name}.test" in text for text in seen), "the watcher saw nothing"
        logs = [path.read_text(errors="replace") for path in (lab.bench / "logs").glob("*.log")]
        for secret in (
            config["db_password"],
            config["encryption_key"],
            lab.secret_file("mariadb_admin_password").read_text(),
        ):
            assert not any(secret.strip() in text for text in [*seen, *logs])

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


def _watch(seen: set[str], done: threading.Event) -> None:
    """Collect what any user could read of any process, as fast as possible."""
    own = os.getpid()
    while not done.is_set():
        for process in Path("/proc").glob("[0-9]*"):
            if process.name == str(own):
                continue
            for part in ("cmdline", "environ"):
                try:
                    seen.add((process / part).read_text(errors="replace"))
                except OSError:
                    continue
