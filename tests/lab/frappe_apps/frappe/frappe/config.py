# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading common_site_config.json and site_config.json."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from frappe.exceptions import IncorrectSitePath
from frappe.types import FrappeDict

DEFAULTS = {
    "redis_cache": "redis://127.0.0.1:13311",
    "redis_queue": "redis://127.0.0.1:11311",
    "db_type": "mariadb",
    "db_host": "127.0.0.1",
    "db_port": 3306,
}


def read_json(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as handle:
        return json.load(handle)


def common_site_config(sites_path: str) -> FrappeDict:
    path = os.path.join(sites_path, "common_site_config.json")
    if not os.path.exists(path):
        return FrappeDict()
    try:
        return FrappeDict(read_json(path))
    except ValueError as error:
        click.secho("common_site_config.json is invalid", fg="red")
        print(error)
        return FrappeDict()


def site_config(sites_path: str, site: str, new_site: bool = False) -> FrappeDict:
    """The bench's settings with the site's on top.

    A site whose config cannot be read (zero bytes after a full disk) is no error here: the caller meets it later as a
    site without a database name. That is Frappe's behaviour, and the reason why `drop-site --force` cannot help then.
    """
    config = common_site_config(sites_path)
    path = os.path.join(sites_path, site, "site_config.json")
    if os.path.exists(path):
        try:
            config.update(read_json(path))
        except ValueError as error:
            click.secho(f"{site}/site_config.json is invalid", fg="red")
            print(error)
    elif site and not new_site:
        raise IncorrectSitePath(f"{site} does not exist")
    for key, value in DEFAULTS.items():
        config[key] = os.environ.get(f"FRAPPE_{key.upper()}") or config.get(key) or value
    return config
