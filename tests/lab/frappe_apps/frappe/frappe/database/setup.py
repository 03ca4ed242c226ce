# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database and user of a site: made, filled with the framework's tables, dropped.

Nothing here asks whose database it is. That is Frappe's behaviour: it drops what the config names.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys

import click

import frappe
from frappe.database import Database
from frappe.database.client import client_command

FRAMEWORK_SQL = os.path.join(os.path.dirname(__file__), "framework_mariadb.sql")


def administrator(login: str | None, password: str | None) -> Database:
    """Connection of the database administrator: options, root_password of the config, or a prompt.

    Version 15 reads no root_login from the config.
    """
    password = password or frappe.conf.root_password or getpass.getpass("MySQL root password: ")
    return Database(user=login or "root", password=password, db_name=None)


def own_host(admin: Database) -> str:
    return admin.sql("SELECT USER()")[0][0].split("@")[1]


def setup_database(force: bool, verbose: bool, login: str | None, password: str | None, scope: str | None) -> None:
    name = frappe.conf.db_name
    admin = administrator(login, password)
    databases = admin.sql("SHOW DATABASES", pluck=True)
    if not force and name in databases:
        raise Exception(f"Database {name} already exists")
    host = scope or own_host(admin)
    admin.sql(f"DROP USER IF EXISTS '{name}'@'{host}'")
    admin.sql(f"DROP DATABASE IF EXISTS `{name}`")
    admin.sql(f"CREATE USER '{name}'@'{host}' IDENTIFIED BY '{frappe.conf.db_password}'")
    admin.sql(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    admin.sql(f"GRANT ALL PRIVILEGES ON `{name}`.* TO '{name}'@'{host}'")
    admin.close()
    if verbose:
        print(f"Created user and database {name}")


def drop_user_and_database(name: str, login: str | None, password: str | None) -> None:
    """Drop the database first, then the users at '%' and at the administrator's own host: at no other."""
    admin = administrator(login, password)
    admin.sql(f"DROP DATABASE IF EXISTS `{name}`")
    admin.sql(f"DROP USER IF EXISTS '{name}'@'%'")
    admin.sql(f"DROP USER IF EXISTS '{name}'@'{own_host(admin)}'")
    admin.close()


def bootstrap_database(verbose: bool, source_sql: str | None = None) -> None:
    """Import the framework's tables, or the given dump, with the mariadb client and the site's own user."""
    frappe.connect()
    warn_about_version()
    if verbose:
        print("Starting database import...")
    import_sql(source_sql or FRAMEWORK_SQL)
    frappe.clear_cache()
    if "tabDefaultValue" not in frappe.db.get_tables():
        click.secho(
            "Table 'tabDefaultValue' missing in the restored site. This happens when the backup fails to restore. "
            "Please check that the file is valid\nDo go through the above output to check the exact error message "
            "from MariaDB",
            fg="red",
        )
        sys.exit(1)


def warn_about_version() -> None:
    version = frappe.db.sql("SELECT VERSION()")[0][0].split("-")[0]
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) >= (10, 9):
        click.secho(
            f"Warning: MariaDB version ['{major}.{minor}', '{version.rsplit('.', 1)[-1]}'] is more than 10.8 which is "
            "not yet tested with Frappe Framework.",
            fg="yellow",
        )


def import_sql(path: str) -> None:
    opener = ["gzip", "-cd", path] if path.endswith(".gz") else ["cat", path]
    reader = subprocess.Popen(opener, stdout=subprocess.PIPE)
    client = subprocess.run(client_command("mariadb", []), stdin=reader.stdout, capture_output=True, check=False)
    if reader.wait() or client.returncode:
        print(client.stderr.decode(errors="replace"), file=sys.stderr)
        raise RuntimeError("Command failed")
