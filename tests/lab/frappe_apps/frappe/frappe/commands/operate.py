# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands for a running site: scheduler, maintenance, calling functions, caches, versions."""

from __future__ import annotations

import code
import functools
import json
import sys
from collections.abc import Callable

import click

import frappe
from frappe.commands import need_sites, pass_context
from frappe.installer import update_site_config
from frappe.types import FrappeDict
from frappe.utils import get_app_branch
from frappe.utils.scheduler import is_scheduler_inactive, toggle_scheduler


@click.command("enable-scheduler")
@pass_context
def enable_scheduler(context: FrappeDict) -> None:
    """Enable scheduler"""
    _switch_scheduler(context, True)


@click.command("disable-scheduler")
@pass_context
def disable_scheduler(context: FrappeDict) -> None:
    """Disable scheduler"""
    _switch_scheduler(context, False)


def _switch_scheduler(context: FrappeDict, enable: bool) -> None:
    for site in need_sites(context):
        frappe.init(site)
        frappe.connect()
        toggle_scheduler(enable)
        frappe.db.commit()
        print("Enabled for" if enable else "Disabled for", site)
        frappe.destroy()


@click.command("scheduler")
@click.option("--site", help="Site name")
@click.argument("state", type=click.Choice(["pause", "resume", "disable", "enable", "status"]))
@click.option("--format", "-f", "output", type=click.Choice(["json", "text"]), default="text")
@click.option("--verbose", "-v", is_flag=True)
@pass_context
def scheduler(context: FrappeDict, state: str, output: str, verbose: bool, site: str | None) -> None:
    """Pausing writes into site_config.json, disabling changes System Settings"""
    site = site or need_sites(context)[0]
    frappe.init(site)
    frappe.connect()
    status = f"{state}d"
    if state == "status":
        status = "disabled" if is_scheduler_inactive(verbose) else "enabled"
    elif state in ("pause", "resume"):
        update_site_config("pause_scheduler", state == "pause")
    else:
        toggle_scheduler(state == "enable")
        frappe.db.commit()
    frappe.destroy()
    print(
        json.dumps({"status": status, "site": site}) if output == "json" else f"Scheduler is {status} for site {site}"
    )


@click.command("set-maintenance-mode")
@click.option("--site", help="Site name")
@click.argument("state", type=click.Choice(["on", "off"]))
@pass_context
def set_maintenance_mode(context: FrappeDict, state: str, site: str | None) -> None:
    """Answer 503 to every request, or stop doing so"""
    frappe.init(site or need_sites(context)[0])
    update_site_config("maintenance_mode", int(state == "on"))
    frappe.destroy()


@click.command("execute")
@click.argument("method")
@click.option("--args")
@click.option("--kwargs")
@pass_context
def execute(context: FrappeDict, method: str, args: str | None, kwargs: str | None) -> None:
    """Call a function with Python literals as arguments; commit what it did"""
    for site in need_sites(context):
        try:
            frappe.init(site)
            frappe.connect()
            result = _resolved(method)(*_evaluated(args, ()), **_evaluated(kwargs, {}))
            frappe.db.commit()
        finally:
            frappe.destroy()
        if result:
            from frappe.utils.response import json_default

            print(json.dumps(result, default=json_default))


def _resolved(method: str) -> Callable:
    """A function of a module, or of an object that frappe holds, such as frappe.db.set_default."""
    try:
        return frappe.get_attr(method)
    except ImportError:
        return functools.reduce(getattr, method.split(".")[1:], frappe)


def _evaluated(text: str | None, fallback: tuple | dict) -> tuple | dict:
    """The command line of the person at the terminal is trusted, as in Frappe: a bare word is one argument."""
    if not text:
        return fallback
    try:
        return eval(text)  # noqa: S307
    except NameError:
        return (text,)


@click.command("console")
@pass_context
def console(context: FrappeDict) -> None:
    """A Python prompt in the site. Commits nothing by itself, and exits 0 whatever was raised in it"""
    frappe.init(need_sites(context)[0])
    frappe.connect()
    code.interact(banner="Apps in this namespace:\nfrappe", local={"frappe": frappe}, exitmsg="")


@click.command("migrate")
@click.option("--skip-failing", is_flag=True)
@click.option("--skip-search-index", is_flag=True)
@pass_context
def migrate(context: FrappeDict, skip_failing: bool, skip_search_index: bool) -> None:
    """Nothing to do: the stand-in has no patches"""
    for site in need_sites(context):
        frappe.init(site)
        frappe.connect()
        click.secho(f"Migrating {site}", fg="green")
        frappe.clear_cache()
        frappe.destroy()


@click.command("clear-cache")
@pass_context
def clear_cache(context: FrappeDict) -> None:
    """Clear the site's part of the redis cache"""
    for site in need_sites(context):
        frappe.init(site)
        frappe.connect()
        frappe.clear_cache()
        frappe.destroy()


@click.command("clear-website-cache")
@pass_context
def clear_website_cache(context: FrappeDict) -> None:
    """The stand-in has no website cache"""
    need_sites(context)


@click.command("version")
@click.option("-f", "--format", "output", type=click.Choice(["plain", "json", "legacy"]), default="legacy")
def version(output: str) -> None:
    """Show the versions of the bench's apps"""
    frappe.init("")
    apps = [
        {"app": app, "version": sys.modules.get(app, __import__(app)).__version__, "branch": get_app_branch(app)}
        for app in sorted(frappe.get_all_apps())
    ]
    if output == "json":
        click.echo(json.dumps(apps, indent=4))
        return
    for app in apps:
        click.echo(f"{app['app']} {app['version']}" + (f" {app['branch']}" if output == "plain" else ""))


commands = [
    enable_scheduler,
    disable_scheduler,
    scheduler,
    set_maintenance_mode,
    execute,
    console,
    migrate,
    clear_cache,
    clear_website_cache,
    version,
]
