# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed creation leaves behind, and how little of it shows."""

from __future__ import annotations

import stat
from collections.abc import Callable

import pytest
from benchkit import ADMIN_PASSWORD, Site, Web

NewSite = Callable[[], Site]


def new_site_options(site: Site) -> list[str]:
    """Options that name the administrator; his password is prompted for."""
    return [
        "--db-name",
        site.db_name,
        "--db-root-username",
        site.bench.database.user,
        "--admin-password",
        ADMIN_PASSWORD,
    ]


def test_a_wrong_database_administrator_leaves_the_folder_and_a_readable_password(new_site: NewSite) -> None:
    site = new_site()
    done = site.bench.run("new-site", site.name, *new_site_options(site), stdin="wrong\n")
    assert done.returncode == 1
    assert "1045" in done.stderr
    assert "Access denied" in done.stderr
    assert site.config["db_name"] == site.db_name
    assert site.config["db_password"]
    assert stat.S_IMODE(site.config_file.stat().st_mode) == 0o644
    assert site.db_name not in site.bench.database.databases()


def test_a_creation_that_fails_half_way_leaves_database_and_user(new_site: NewSite) -> None:
    """The collection's administrator may not grant on an unescaped name, so Frappe's own GRANT is where it stops."""
    site = new_site()
    done = site.bench.run("new-site", site.name, *new_site_options(site), stdin=site.bench.database.password + "\n")
    assert done.returncode == 1
    assert "1044" in done.stderr
    assert site.folder.is_dir()
    assert site.db_name in site.bench.database.databases()
    assert site.bench.database.users(site.db_name)


def test_the_password_of_a_new_database_user_is_logged(new_site: NewSite) -> None:
    site = new_site()
    site.bench.run("new-site", site.name, *new_site_options(site), stdin=site.bench.database.password + "\n")
    log = site.bench.path / "logs" / "database.log"
    assert site.config["db_password"] in log.read_text(encoding="utf-8")
    assert stat.S_IMODE(log.stat().st_mode) & 0o044


def test_every_command_line_is_logged(new_site: NewSite) -> None:
    site = new_site()
    site.bench.run("--site", site.name, "list-apps")
    assert f"--site {site.name} list-apps" in (site.bench.path / "logs" / "bench.log").read_text(encoding="utf-8")


def test_no_database_server_leaves_the_folder(new_site: NewSite) -> None:
    site = new_site()
    options = [*new_site_options(site), "--db-host", "127.0.0.1", "--db-port", "1"]
    done = site.bench.run("new-site", site.name, *options, stdin="irrelevant\n")
    assert done.returncode == 1
    assert "2003" in done.stderr
    assert site.config_file.exists()


def test_an_empty_database_is_no_site_over_http(new_site: NewSite, web: Web) -> None:
    site = new_site()
    site.make_database()
    site.write_config()
    assert web.get(site, "/api/method/ping").status_code >= 400
    assert site.run("list-apps").returncode == 1


def test_a_folder_without_logs_cannot_be_connected(new_site: NewSite) -> None:
    """So a site's folder is never made with a config alone, and `drop-site` cannot remove such a one either."""
    site = new_site()
    site.make_database()
    site.write_config()
    (site.folder / "logs").rmdir()
    done = site.run("list-apps")
    assert done.returncode == 1
    assert f"{site.name}/logs/database.log" in done.stderr


@pytest.mark.slow
def test_list_apps_proves_nothing_when_the_input_ends_at_the_admin_prompt(new_site: NewSite) -> None:
    """The installation is cut off when it asks for the Administrator's password, at its very end."""
    site = new_site()
    site.make_database()
    site.write_config()
    done = site.bench.run("new-site", site.name, "--force", "--no-setup-db", stdin="")
    assert done.returncode == 1
    assert "Aborted!" in done.stderr or "EOFError" in done.stderr  # version 15, version 16
    assert site.run("list-apps").returncode == 0


def test_a_zero_byte_config_can_be_neither_remade_nor_dropped(new_site: NewSite) -> None:
    """What a full disk leaves."""
    site = new_site()
    site.folder.mkdir()
    site.config_file.touch()
    made = site.bench.run("new-site", site.name, "--force", "--no-setup-db")
    dropped = site.bench.run("drop-site", site.name, "--force", "--no-backup", stdin="irrelevant\n")
    assert (made.returncode, dropped.returncode) == (1, 1)
    assert "db_name missing" in made.stderr
    assert "db_name missing" in dropped.stderr
    assert site.config_file.exists()
