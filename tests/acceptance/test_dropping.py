# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`drop-site` drops what the config names, whosever it is: why the collection never calls it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from benchkit import Site

NewSite = Callable[[], Site]


def drop(site: Site, *options: str):
    database = site.bench.database
    return site.bench.run(
        "drop-site", site.name, "--db-root-username", database.user, *options, stdin=database.password + "\n"
    )


def test_a_failed_creation_on_a_neighbours_database_and_its_drop_destroy_the_neighbour(new_site: NewSite) -> None:
    neighbour, site = new_site(), new_site()
    neighbour.make_database()
    neighbour.query("CREATE TABLE precious (id INT); INSERT INTO precious VALUES (1)")
    database = site.bench.database
    options = ["--db-name", neighbour.db_name, "--db-root-username", database.user]
    made = site.bench.run("new-site", site.name, *options, stdin=database.password + "\n")
    assert made.returncode == 1
    assert f"Database {neighbour.db_name} already exists" in made.stdout + made.stderr
    assert neighbour.query("SELECT id FROM precious") == [["1"]]
    assert site.config["db_name"] == neighbour.db_name

    dropped = drop(site, "--no-backup", "--force")
    assert dropped.returncode == 0, dropped.stdout + dropped.stderr
    assert neighbour.db_name not in database.databases()


def test_a_missing_site_cannot_be_dropped_and_its_database_stays(new_site: NewSite) -> None:
    site = new_site()
    site.make_database()
    done = drop(site, "--no-backup", "--force")
    assert done.returncode == 1
    assert "IncorrectSitePath" in done.stderr
    assert site.db_name in site.bench.database.databases()


def test_a_user_at_another_host_stays_and_the_archive_keeps_the_password(new_site: NewSite) -> None:
    site = new_site()
    site.make_database()
    site.bench.database.query(f"CREATE USER '{site.db_name}'@'localhost' IDENTIFIED BY '{site.db_password}'")
    site.write_config()
    done = drop(site, "--no-backup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.bench.database.users(site.db_name) == ["localhost"]
    assert not site.folder.exists()
    archived = json.loads((site.bench.archive / site.name / "site_config.json").read_text(encoding="utf-8"))
    assert archived["db_password"] == site.db_password


def test_a_failing_backup_stops_the_drop(new_site: NewSite) -> None:
    site = new_site()
    site.make_database()
    site.write_config()
    site.bench.database.query(f"DROP DATABASE `{site.db_name}`")
    done = drop(site)
    assert done.returncode == 1
    assert site.folder.is_dir()


@pytest.mark.slow
def test_a_backup_lies_in_the_archived_folder(new_site: NewSite) -> None:
    site = new_site()
    assert site.create().returncode == 0
    done = drop(site)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((site.bench.archive / site.name / "private" / "backups").glob("*-database.sql.gz"))
    assert site.db_name not in site.bench.database.databases()
