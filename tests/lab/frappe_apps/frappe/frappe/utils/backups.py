# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`bench backup`: a dump and, if asked, the files. Readable by everybody (0644), named in the site's time zone."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile

import frappe
from frappe.database.client import client_command
from frappe.utils import now, now_datetime


def take_backup(with_files: bool = False, backup_path: str | None = None) -> dict[str, str]:
    """Make the backup and return the paths by kind. The config's copy holds the database password and the key."""
    folder = backup_path or frappe.get_site_path("private", "backups")
    stamp = now_datetime().strftime("%Y%m%d_%H%M%S")
    prefix = os.path.join(folder, f"{stamp}-{frappe.local.site.replace('.', '_')}")
    made = {"database": f"{prefix}-database.sql.gz", "config": f"{prefix}-site_config_backup.json"}
    _dump(made["database"])
    shutil.copyfile(frappe.get_site_path("site_config.json"), made["config"])
    if with_files:
        for kind, path in (("public", f"{prefix}-files.tar"), ("private", f"{prefix}-private-files.tar")):
            with tarfile.open(path, "w") as archive:
                archive.add(frappe.get_site_path(kind, "files"))
            made[kind] = path
    return made


def _dump(path: str) -> None:
    command = client_command("mariadb-dump", ["--single-transaction", "--quick", "--lock-tables=false"])
    dumped = subprocess.run(command, capture_output=True, check=False)
    if dumped.returncode:
        raise RuntimeError(dumped.stderr.decode(errors="replace").strip())
    with gzip.open(path, "wb") as handle:
        handle.write(dumped.stdout)


def print_summary(made: dict[str, str]) -> None:
    print(f"Backup Summary for {frappe.local.site} at {now()}")
    for kind, path in made.items():
        print(f"{kind.title():8}: {path} {os.path.getsize(path) / 1024:.1f}KiB")
