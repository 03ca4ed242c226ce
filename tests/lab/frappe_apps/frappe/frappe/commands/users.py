# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands for users and their passwords."""

from __future__ import annotations

import getpass
import sys

import click

import frappe
from frappe.commands import need_sites, pass_context
from frappe.types import FrappeDict
from frappe.utils.password import update_password


@click.command("set-password")
@click.argument("user")
@click.argument("password", required=False)
@click.option("--logout-all-sessions", is_flag=True, default=False)
@pass_context
def set_password(context: FrappeDict, user: str, password: str | None, logout_all_sessions: bool) -> None:
    """Set the password of a user"""
    for site in need_sites(context):
        _set_password(site, user, password, logout_all_sessions)


@click.command("set-admin-password")
@click.argument("admin-password", required=False)
@click.option("--logout-all-sessions", is_flag=True, default=False)
@pass_context
def set_admin_password(context: FrappeDict, admin_password: str | None, logout_all_sessions: bool) -> None:
    """Set the Administrator's password"""
    for site in need_sites(context):
        _set_password(site, "Administrator", admin_password, logout_all_sessions)


def _set_password(site: str, user: str, password: str | None, logout_all_sessions: bool) -> None:
    try:
        frappe.init(site)
        while not password:
            password = getpass.getpass(f"{user}'s password for {site}: ")
        frappe.connect()
        if not frappe.db.exists("User", user):
            print(f"User {user} does not exist")
            sys.exit(1)
        update_password(user, password, logout_all_sessions=logout_all_sessions)
        frappe.db.commit()
    finally:
        frappe.destroy()


commands = [set_password, set_admin_password]
