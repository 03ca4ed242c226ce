# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a site, installing an app into it, writing its config.

The order is Frappe's, and so is what a failure leaves behind: the folder and the config are there before the database
has been asked for anything, and nothing is taken back.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
from typing import Any

import click

import frappe
from frappe.database import setup
from frappe.database.schema import sync_app
from frappe.utils import cint, get_app_branch, random_string
from frappe.utils.scheduler import is_scheduler_disabled, toggle_scheduler
from frappe.utils.synchronization import filelock

SITE_FOLDERS = ("public/files", "private/backups", "private/files", "locks", "logs")


def new_site(
    site: str,
    *,
    db_name: str | None,
    db_password: str | None,
    db_host: str | None,
    db_port: int | None,
    db_socket: str | None,
    db_type: str,
    root_login: str | None,
    root_password: str | None,
    host_scope: str | None,
    admin_password: str | None,
    install_apps: tuple[str, ...],
    source_sql: str | None,
    force: bool,
    setup_db: bool,
    verbose: bool,
) -> None:
    if not force and os.path.exists(site):
        print(f"Site {site} already exists")
        sys.exit(1)
    frappe.init(site)
    db_name = db_name or default_db_name()
    enable_scheduler = _scheduler_was_enabled()
    make_site_dirs()
    with filelock("bench_new_site", timeout=1):
        make_site_config(
            {
                "db_name": db_name,
                "db_password": db_password or random_string(16),
                "db_type": db_type,
                "db_socket": db_socket,
                "db_host": db_host,
                "db_port": db_port,
            }
        )
        frappe.destroy()
        frappe.init(site)
        if setup_db:
            setup.setup_database(force, verbose, root_login, root_password, host_scope)
        setup.bootstrap_database(verbose, source_sql)
        # The config's word goes before the option's.
        frappe.conf.admin_password = frappe.conf.admin_password or admin_password
        for app in ("frappe", *(frappe.conf.install_apps or []), *install_apps):
            install_app(app, verbose=verbose)
        toggle_scheduler(enable_scheduler)
        frappe.db.commit()
    print(f"*** Scheduler is {'disabled' if is_scheduler_disabled() else 'enabled'} ***")


def default_db_name() -> str:
    path = os.path.realpath(frappe.get_site_path())
    return "_" + hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()[:16]


def _scheduler_was_enabled() -> bool:
    """A site that is made anew keeps its scheduler's state; any trouble means off."""
    try:
        frappe.connect()
        return bool(cint(frappe.db.get_single_value("System Settings", "enable_scheduler")))
    except Exception:
        return False


def make_site_dirs() -> None:
    for folder in SITE_FOLDERS:
        os.makedirs(frappe.get_site_path(folder), exist_ok=True)


# --- site_config.json --------------------------------------------------------------------------------------------------


def get_site_config_path() -> str:
    return frappe.get_site_path("site_config.json")


def make_site_config(values: dict[str, Any]) -> None:
    """Write the config unless there is one. Its mode is the umask's: everybody may read the password."""
    if not os.path.exists(get_site_config_path()):
        _write(get_site_config_path(), {key: value for key, value in values.items() if value})


def update_site_config(key: str, value: Any, validate: bool = True, site_config_path: str | None = None) -> None:
    """Set one key. Words become values: "0"/"1" numbers, "true"/"false" booleans, "None" removes the key."""
    path = site_config_path or get_site_config_path()
    with filelock("site_config", is_global="common_site_config" in path):
        with open(path, encoding="utf-8") as handle:
            config = json.load(handle)
        if isinstance(value, str):
            value = {"0": 0, "1": 1, "false": False, "true": True}.get(value, value)
        if value == "None":
            config.pop(key, None)
        else:
            config[key] = value
        _write(path, config)
    if getattr(frappe.local, "conf", None) is not None:
        frappe.local.conf[key] = value


def _write(path: str, config: dict[str, Any]) -> None:
    """In place: truncated first, then written. A full disk leaves zero bytes."""
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(json.dumps(config, indent=1, sort_keys=True))


# --- apps --------------------------------------------------------------------------------------------------------------


def install_app(name: str, verbose: bool = False, set_as_patched: bool = True, force: bool = False) -> None:
    frappe.clear_cache()
    hooks = frappe.get_hooks(app_name=name)  # ModuleNotFoundError for an app that the bench does not have
    for required in hooks.required_apps or []:
        install_app(os.path.basename(required), verbose=verbose)
    if name not in frappe.get_all_apps():
        raise Exception(f"App {name} not in apps.txt")
    if not force and name in _installed_apps():
        click.secho(f"App {name} already installed", fg="yellow")
        return
    print(f"\nInstalling {name}...")
    if name != "frappe":
        add_module_defs(name, ignore_if_duplicate=force)
    sync_app(name)
    add_to_installed_apps(name)
    for function in hooks.after_install or []:
        frappe.get_attr(function)()
    frappe.clear_cache()


def _installed_apps() -> list[str]:
    return json.loads(frappe.db.get_global("installed_apps") or "[]")


def add_module_defs(app: str, ignore_if_duplicate: bool) -> None:
    """One record per module. They stay when the installation is killed; the next one then fails with a duplicate."""
    folder = os.path.dirname(importlib.import_module(app).__file__)
    with open(os.path.join(folder, "modules.txt"), encoding="utf-8") as handle:
        modules = [line.strip() for line in handle if line.strip()]
    for module in modules:
        record = frappe.new_doc("Module Def", app_name=app, module_name=module)
        record.insert(ignore_permissions=True, ignore_if_duplicate=ignore_if_duplicate)


def add_to_installed_apps(name: str) -> None:
    apps = _installed_apps()
    if name not in apps:
        frappe.db.set_global("installed_apps", json.dumps([*apps, name]))
        frappe.db.commit()
    record_versions()
    frappe.db.commit()


def record_versions() -> None:
    """What `list-apps` shows."""
    record = frappe.get_doc("Installed Applications")
    complete = {row.app_name for row in record.installed_applications if cint(row.is_setup_complete)}
    if has_a_user():
        complete.add("frappe")
    record.set("installed_applications", [])
    for app in _installed_apps():
        version = importlib.import_module(app).__version__
        branch = get_app_branch(app) or "UNVERSIONED"
        values = {"app_name": app, "app_version": version, "git_branch": branch}
        record.append("installed_applications", {**values, "is_setup_complete": int(app in complete)})
    record.save(ignore_permissions=True)


def has_a_user() -> bool:
    """Whether somebody works here already: the setup wizard then counts as done for frappe."""
    wanted = {"user_type": "System User", "name": ["not in", list(frappe.STANDARD_USERS)]}
    return bool(frappe.get_all("User", wanted, limit=1))


def remove_from_installed_apps(name: str) -> None:
    frappe.db.set_global("installed_apps", json.dumps([app for app in _installed_apps() if app != name]))
    record_versions()
    frappe.db.commit()
