# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bench CLI runs for each command that it does not know: `env/bin/python -m frappe.utils.bench_helper frappe ...`."""

from __future__ import annotations

import importlib
import json
import os

import click

import frappe
from frappe.utils import get_sites


def app_commands(app: str) -> dict[str, click.Command]:
    try:
        module = importlib.import_module(f"{app}.commands")
    except ModuleNotFoundError:
        return {}
    return {command.name: command for command in getattr(module, "commands", [])}


def all_commands() -> dict[str, click.Command]:
    commands: dict[str, click.Command] = {}
    for app in frappe.get_all_apps(sites_path="."):
        commands |= app_commands(app)
    return commands


def wanted_sites(site: str | None) -> list[str]:
    """--site, `all`, $FRAPPE_SITE, or default_site of the bench; else none at all, which some commands accept."""
    if site == "all":
        return get_sites(".")
    chosen = site or os.environ.get("FRAPPE_SITE") or frappe.get_conf().default_site
    return [chosen] if chosen else []


@click.option("--site")
@click.option("--verbose", is_flag=True, default=False)
@click.option("--force", is_flag=True, default=False)
@click.pass_context
def app_group(ctx: click.Context, site: str | None = None, verbose: bool = False, force: bool = False) -> None:
    ctx.obj = {"sites": wanted_sites(site), "force": force, "verbose": verbose}
    if ctx.info_name == "frappe":
        ctx.info_name = ""


def main() -> None:
    group = click.group(name="frappe", commands=all_commands())(app_group)
    commands = {
        "frappe": group,
        "get-frappe-commands": click.Command(
            "get-frappe-commands", callback=lambda: print(json.dumps(sorted(all_commands())))
        ),
        "get-frappe-help": click.Command("get-frappe-help", callback=lambda: print(click.Context(group).get_help())),
    }
    click.Group(commands=commands)(prog_name="bench")


if __name__ == "__main__":
    main()
