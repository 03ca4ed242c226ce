# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the collection makes a site: its own database and config, then `new-site --force --no-setup-db`."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable

import pytest
from benchkit import ADMIN_PASSWORD, Bench, Site, Web

NewSite = Callable[[], Site]


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_site_is_made_in_a_prepared_database_without_a_database_administrator(site: Site) -> None:
    assert "frappe" in site.run("list-apps").stdout
    assert site.config["db_name"] == site.db_name
    assert site.config["db_password"] == site.db_password


def test_the_mode_of_a_prepared_config_is_kept(site: Site) -> None:
    assert mode(site.config_file) == 0o600


def test_the_folders_of_a_site_are_made(site: Site) -> None:
    for folder in ("public/files", "private/files", "private/backups", "locks", "logs"):
        assert (site.folder / folder).is_dir(), folder


def test_the_admin_password_of_the_config_logs_in(site: Site, web: Web) -> None:
    answer = web.post(site, "/api/method/login", data={"usr": "Administrator", "pwd": ADMIN_PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["message"] == "Logged In"


def test_a_web_server_started_before_the_site_serves_it(web: Web, site: Site) -> None:
    answer = web.get(site, "/api/method/ping")
    assert (answer.status_code, answer.json()) == (200, {"message": "pong"})


@pytest.mark.slow
def test_without_a_terminal_the_admin_password_is_read_from_standard_input(new_site: NewSite, web: Web) -> None:
    fresh = new_site()
    fresh.make_database()
    fresh.write_config()
    done = fresh.bench.run(
        "new-site", fresh.name, "--force", "--no-setup-db", stdin=f"{ADMIN_PASSWORD}\n{ADMIN_PASSWORD}\n"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "*** Scheduler is disabled ***" in done.stdout
    assert "admin_password" not in fresh.config
    assert "encryption_key" not in fresh.config
    answer = web.post(fresh, "/api/method/login", data={"usr": "Administrator", "pwd": ADMIN_PASSWORD})
    assert answer.status_code == 200


def test_a_second_creation_of_the_same_name_is_refused(site: Site) -> None:
    done = site.bench.run("new-site", site.name)
    assert done.returncode == 1
    assert f"Site {site.name} already exists" in done.stdout


def test_a_name_that_is_an_app_is_refused(bench: Bench) -> None:
    done = bench.run("new-site", "frappe")
    assert done.returncode == 1
    assert not (bench.sites / "frappe").exists()


def test_the_scheduler_of_a_new_site_is_off(site: Site) -> None:
    done = site.run("scheduler", "status")
    assert f"Scheduler is disabled for site {site.name}" in done.stdout
    assert site.python("answer = frappe.db.get_single_value('System Settings', 'enable_scheduler')") == 0


def test_list_apps_as_json_names_apps_by_site(site: Site) -> None:
    done = site.run("list-apps", "-f", "json")
    assert json.loads(done.stdout) == {site.name: ["frappe"]}


@pytest.mark.slow
def test_a_dump_keeps_its_own_admin_password(site: Site, new_site: NewSite, web: Web) -> None:
    """`--source-sql` ignores the admin password of config and option: the template's goes on working."""
    backup = site.run("backup")
    assert backup.returncode == 0, backup.stdout + backup.stderr
    dump = max((site.folder / "private" / "backups").glob("*-database.sql.gz"))
    clone = new_site()
    done = clone.create("--source-sql", str(dump), "--admin-password", "another-One-1", admin_password="another-One-1")
    assert done.returncode == 0, done.stdout + done.stderr
    old = web.post(clone, "/api/method/login", data={"usr": "Administrator", "pwd": ADMIN_PASSWORD})
    new = web.post(clone, "/api/method/login", data={"usr": "Administrator", "pwd": "another-One-1"})
    assert (old.status_code, new.status_code) == (200, 401)
    renamed = new_site()
    clone.folder.rename(renamed.folder)
    assert web.get(renamed, "/api/method/ping").json() == {"message": "pong"}
    assert web.get(clone, "/api/method/ping").status_code == 404
