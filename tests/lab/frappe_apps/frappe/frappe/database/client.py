# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of MariaDB's own clients, as Frappe builds them: with the site's password in plain sight."""

from __future__ import annotations

import shutil

import frappe


def client_command(program: str, options: list[str]) -> list[str]:
    conf = frappe.local.conf
    found = shutil.which(program)
    if not found:
        raise FileNotFoundError(f"{program} not found in PATH! This is required to restore the database.")
    where = [f"--socket={conf.db_socket}"] if conf.db_socket else [f"--host={conf.db_host}", f"--port={conf.db_port}"]
    return [found, f"--user={conf.db_name}", *where, f"--password={conf.db_password}", *options, conf.db_name]
