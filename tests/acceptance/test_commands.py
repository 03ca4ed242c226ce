# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exit codes and effects of single bench commands."""

from __future__ import annotations

import json
import stat

import pytest
from benchkit import ADMIN_PASSWORD, Bench, Site, Web


def test_an_unknown_site_is_one_line_and_exit_code_1(bench: Bench) -> None:
    done = bench.run("--site", "acceptance-none.test", "list-apps")
    assert done.returncode == 1
    assert "Site acceptance-none.test does not exist!" in done.stdout


def test_list_apps_without_a_site_exits_0_and_says_nothing(bench: Bench) -> None:
    done = bench.run("list-apps")
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_a_command_without_its_site_exits_1(bench: Bench) -> None:
    done = bench.run("backup")
    assert done.returncode == 1
    assert "--site" in done.stdout


def test_an_unknown_command_exits_2(bench: Bench) -> None:
    assert bench.run("no-such-command").returncode == 2


def test_all_sites_are_covered_by_one_call(site: Site) -> None:
    done = site.bench.run("--site", "all", "list-apps", "-f", "json")
    assert json.loads(done.stdout)[site.name] == ["frappe"]


def test_an_app_that_the_bench_does_not_have_cannot_be_installed(site: Site) -> None:
    done = site.run("install-app", "nosuchapp")
    assert done.returncode == 1
    assert "No module named 'nosuchapp'" in done.stdout + done.stderr


def test_installing_an_installed_app_changes_nothing_and_exits_0(site: Site) -> None:
    done = site.run("install-app", "frappe")
    assert done.returncode == 0
    assert "App frappe already installed" in done.stdout


@pytest.mark.parametrize(
    ("given", "stored"),
    [("0", 0), ("1", 1), ("true", True), ("false", False), ("7", "7"), ("word", "word")],
)
def test_set_config_makes_some_words_values(site: Site, given: str, stored: object) -> None:
    assert site.run("set-config", "acceptance_key", given).returncode == 0
    value = site.config["acceptance_key"]
    assert (value, type(value)) == (stored, type(stored))
    assert stat.S_IMODE(site.config_file.stat().st_mode) == 0o600


def test_set_config_none_removes_the_key(site: Site) -> None:
    site.run("set-config", "acceptance_key", "word")
    site.run("set-config", "acceptance_key", "None")
    assert "acceptance_key" not in site.config


def test_set_config_parse_takes_a_python_literal(site: Site) -> None:
    assert site.run("set-config", "-p", "acceptance_key", "{'limit': 7, 'on': True}").returncode == 0
    assert site.config["acceptance_key"] == {"limit": 7, "on": True}
    assert site.run("set-config", "-p", "acceptance_key", '{"on": true}').returncode == 1
    site.run("set-config", "acceptance_key", "None")


def test_show_config_prints_the_secrets(site: Site) -> None:
    done = site.run("show-config", "-f", "json")
    assert json.loads(done.stdout)[site.name]["db_password"] == site.db_password


def test_execute_prints_the_result_and_fails_on_an_error(site: Site) -> None:
    assert json.loads(site.run("execute", "frappe.ping").stdout) == "pong"
    assert site.run("execute", "frappe.no_such_function").returncode == 1


def test_execute_commits(site: Site) -> None:
    site.run("execute", "frappe.db.set_default", "--args", "['acceptance', 'kept']")
    assert site.python("answer = frappe.db.get_default('acceptance')") == "kept"


def test_console_exits_0_after_an_error_and_commits_nothing(site: Site) -> None:
    done = site.run("console", stdin="frappe.db.set_default('acceptance_console', 'lost')\nraise ValueError('oops')\n")
    assert done.returncode == 0
    assert not site.python("answer = frappe.db.get_default('acceptance_console')")


def test_the_scheduler_can_be_enabled_and_disabled(site: Site) -> None:
    assert site.run("enable-scheduler").returncode == 0
    assert site.python("answer = frappe.db.get_single_value('System Settings', 'enable_scheduler')") == 1
    assert "enabled" in site.run("scheduler", "status").stdout
    assert site.run("scheduler", "disable").returncode == 0
    assert "disabled" in site.run("scheduler", "status").stdout


def test_pausing_the_scheduler_writes_into_the_config(site: Site) -> None:
    site.run("scheduler", "pause")
    assert site.config["pause_scheduler"]
    site.run("scheduler", "resume")
    assert not site.config["pause_scheduler"]


def test_the_admin_password_is_set_from_standard_input(site: Site, web: Web) -> None:
    assert site.run("set-admin-password", stdin="Another-1-password\n").returncode == 0
    answers = [
        web.post(site, "/api/method/login", data={"usr": "Administrator", "pwd": word}).status_code
        for word in ("Another-1-password", ADMIN_PASSWORD)
    ]
    site.run("set-admin-password", stdin=f"{ADMIN_PASSWORD}\n")
    assert answers == [200, 401]


def test_a_backup_is_readable_by_everybody_and_holds_the_password(site: Site) -> None:
    done = site.run("backup", "--with-files")
    assert done.returncode == 0, done.stdout + done.stderr
    folder = site.folder / "private" / "backups"
    dump, config = max(folder.glob("*-database.sql.gz")), max(folder.glob("*-site_config_backup.json"))
    assert stat.S_IMODE(dump.stat().st_mode) == 0o644
    assert json.loads(config.read_text(encoding="utf-8"))["db_password"] == site.db_password
    assert list(folder.glob("*-files.tar"))
    assert list(folder.glob("*-private-files.tar"))


def test_versions_of_the_bench(bench: Bench) -> None:
    assert f"frappe {bench.version}" in bench.run("version").stdout


def test_clear_cache_needs_nothing(site: Site) -> None:
    assert site.run("clear-cache").returncode == 0
