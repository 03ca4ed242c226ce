# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that read and write site_config.json."""

from __future__ import annotations

import ast
import os
from typing import Any

import click

import frappe
from frappe import installer
from frappe.commands import need_sites, pass_context
from frappe.types import FrappeDict


@click.command("set-config")
@click.argument("key")
@click.argument("value")
@click.option("-g", "--global", "global_", is_flag=True, default=False, help="Set it for the whole bench")
@click.option("-p", "--parse", is_flag=True, default=False, help="The value is a Python literal")
@pass_context
def set_config(context: FrappeDict, key: str, value: str, global_: bool, parse: bool) -> None:
    """Set a value in site_config.json"""
    parsed: Any = ast.literal_eval(value) if parse else value
    if global_:
        frappe.init("")
        installer.update_site_config(key, parsed, site_config_path=os.path.abspath("common_site_config.json"))
        return
    for site in need_sites(context):
        frappe.init(site)
        installer.update_site_config(key, parsed)
        frappe.destroy()


@click.command("show-config")
@click.option("--format", "-f", "output", type=click.Choice(["text", "json"]), default="text")
@pass_context
def show_config(context: FrappeDict, output: str) -> None:
    """Print the configuration, secrets included"""
    shown = {}
    for site in need_sites(context):
        frappe.init(site)
        shown[site] = dict(frappe.local.conf)
        frappe.destroy()
    if output == "json":
        click.echo(frappe.as_json(shown))
        return
    for site, config in shown.items():
        if len(shown) > 1:
            click.secho(f"Site {site}", fg="yellow")
        for key, value in config.items():
            print(f"{key:30} {value}")


commands = [set_config, show_config]
