# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that make, list, drop, back up and restore sites."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

import click

import frappe
from frappe import installer
from frappe.commands import need_sites, pass_context
from frappe.database.setup import drop_user_and_database
from frappe.types import FrappeDict
from frappe.utils import get_bench_path
from frappe.utils.backups import print_summary, take_backup
from frappe.utils.synchronization import filelock

ROOT_OPTIONS = (
    click.option("--db-root-username", "--mariadb-root-username", help='Administrator of MariaDB, default "root"'),
    click.option("--db-root-password", "--mariadb-root-password", help="Password of MariaDB's administrator"),
)


@click.command("new-site")
@click.argument("site")
@click.option("--db-name", help="Database name")
@click.option("--db-password", help="Database password")
@click.option("--db-type", default="mariadb", type=click.Choice(["mariadb", "postgres"]))
@click.option("--db-host", help="Database host")
@click.option("--db-port", type=int, help="Database port")
@ROOT_OPTIONS[0]
@ROOT_OPTIONS[1]
@click.option("--db-socket", "--mariadb-db-socket", envvar="MYSQL_UNIX_PORT", help="Database socket")
@click.option("--no-mariadb-socket", is_flag=True, default=False, help="DEPRECATED: same as a login scope of %")
@click.option("--mariadb-user-host-login-scope", help="Host from which the site's user may log in")
@click.option("--admin-password", help="Administrator password for new site")
@click.option("--verbose", is_flag=True, default=False)
@click.option("--force", is_flag=True, default=False, help="Go on if the site or the database already exists")
@click.option("--source-sql", "--source_sql", help="Fill the database from this dump")
@click.option("--install-app", multiple=True, help="Install this app too")
@click.option("--set-default", is_flag=True, default=False, help="Make it the default site")
@click.option("--setup-db/--no-setup-db", default=True, help="Create user and database, or only fill them")
def new_site(site: str, **options: Any) -> None:
    """Create a new site"""
    frappe.init(site, new_site=True)
    if site in frappe.get_all_apps():
        click.secho(f"Your bench has an app called {site}, please choose another name for the site.", fg="red")
        sys.exit(1)
    if options["no_mariadb_socket"]:
        click.secho("--no-mariadb-socket is DEPRECATED; use --mariadb-user-host-login-scope='%' instead.", fg="yellow")
    installer.new_site(
        site,
        db_name=options["db_name"],
        db_password=options["db_password"],
        db_host=options["db_host"],
        db_port=options["db_port"],
        db_socket=options["db_socket"],
        db_type=options["db_type"],
        root_login=options["db_root_username"],
        root_password=options["db_root_password"],
        host_scope="%" if options["no_mariadb_socket"] else options["mariadb_user_host_login_scope"],
        admin_password=options["admin_password"],
        install_apps=options["install_app"],
        source_sql=options["source_sql"],
        force=options["force"],
        setup_db=options["setup_db"],
        verbose=options["verbose"],
    )
    if options["set_default"]:
        set_default_site(site)


@click.command("install-app")
@click.argument("apps", nargs=-1)
@click.option("--force", is_flag=True, default=False)
@pass_context
def install_app(context: FrappeDict, apps: tuple[str, ...], force: bool) -> None:
    """Install apps to the site"""
    failed = False
    for site in need_sites(context):
        frappe.init(site)
        frappe.connect()
        with filelock("install_app", timeout=1):
            for app in apps:
                try:
                    installer.install_app(app, verbose=context.verbose, force=force)
                except Exception as error:
                    print(f"An error occurred while installing {app}: {error}\n{frappe.get_traceback()}")
                    failed = True
            if not failed:
                frappe.db.commit()
        frappe.destroy()
    sys.exit(int(failed))


@click.command("list-apps")
@click.option("--format", "-f", "output", type=click.Choice(["text", "json"]), default="text")
@pass_context
def list_apps(context: FrappeDict, output: str) -> None:
    """List the apps of the site. Exits 0 without a word on a half-made one, and without any site at all."""
    summary = {}
    for site in context.sites:
        frappe.init(site)
        frappe.connect()
        apps = frappe.get_single("Installed Applications").installed_applications
        summary[site] = [app.app_name for app in apps]
        lines = [f"{app.app_name} {app.app_version} {app.git_branch}" for app in apps] or frappe.get_installed_apps()
        if output == "text" and lines:
            title = click.style(site, fg="green") if len(context.sites) > 1 else ""
            print(f"{title}\n" + "\n".join(lines) + "\n")
        frappe.destroy()
    if output == "json":
        click.echo(frappe.as_json(summary))


@click.command("drop-site")
@click.argument("site")
@click.option("--db-root-username", "--mariadb-root-username", "--root-login")
@click.option("--db-root-password", "--mariadb-root-password", "--root-password")
@click.option("--archived-sites-path")
@click.option("--no-backup", is_flag=True, default=False)
@click.option("--force", is_flag=True, default=False, help="Go on although the backup failed")
def drop_site(
    site: str,
    db_root_username: str | None,
    db_root_password: str | None,
    archived_sites_path: str | None,
    no_backup: bool,
    force: bool,
) -> None:
    """Drop the database that the site's config names, whosever it is, and archive the folder"""
    frappe.init(site)
    frappe.connect()
    if not no_backup:
        _backup_before_drop(site, force)
    click.secho("Dropping site database and user", fg="green")
    frappe.db.close()  # an open transaction of ours would hold up DROP DATABASE
    drop_user_and_database(frappe.conf.db_name, db_root_username, db_root_password)
    archive = os.path.realpath(archived_sites_path or os.path.join(get_bench_path(), "archived", "sites"))
    click.secho(f"Moving site to archive under {archive}", fg="green")
    os.makedirs(archive, exist_ok=True)
    target, count = os.path.join(archive, site), 0
    while os.path.exists(target):
        count += 1
        target = os.path.join(archive, f"{site}{count}")
    shutil.move(frappe.get_site_path(), target)
    frappe.destroy()


def _backup_before_drop(site: str, force: bool) -> None:
    click.secho(f"Taking backup of {site}", fg="green")
    try:
        print_summary(take_backup(with_files=True))
    except Exception as error:
        if force:
            return
        print("=" * 80)
        print(f"Error: The operation has stopped because backup of {site}'s database failed.")
        print(f"Reason: {error}\n\nFix the issue and try again.")
        print(f"Hint: Use 'bench drop-site {site} --force' to force the removal of {site}")
        sys.exit(1)


@click.command("backup")
@click.option("--with-files", is_flag=True, default=False)
@click.option("--backup-path")
@click.option("--compress", is_flag=True, default=False)
@click.option("--verbose", is_flag=True, default=False)
@pass_context
def backup(context: FrappeDict, with_files: bool, backup_path: str | None, compress: bool, verbose: bool) -> None:
    """Back up the site"""
    failed = False
    for site in need_sites(context):
        try:
            frappe.init(site)
            frappe.connect()
            print_summary(take_backup(with_files, backup_path))
            click.secho(
                f"Backup for Site {site} has been successfully completed{' with files' if with_files else ''}",
                fg="green",
            )
        except Exception as error:
            click.secho(f"Backup failed for Site {site}. Database or site_config.json may be corrupted", fg="red")
            if verbose or context.verbose:
                print(error)
            failed = True
        finally:
            frappe.destroy()
    sys.exit(int(failed))


@click.command("use")
@click.argument("site")
def use(site: str) -> None:
    """Set the default site"""
    set_default_site(site)


def set_default_site(site: str) -> None:
    if not os.path.exists(site):
        print(f"Site {site} does not exist")
        return
    frappe.init(site)
    installer.update_site_config("default_site", site, site_config_path=os.path.abspath("common_site_config.json"))
    print(f"Current Site set to {site}")


commands = [new_site, install_app, list_apps, drop_site, backup, use]
