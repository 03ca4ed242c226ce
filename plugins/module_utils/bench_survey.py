# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All sites of a bench and their databases at one look: what is there, and whose it is.

No Frappe is started, but for auth sites. The folders are read, and the database server is asked a few questions for all sites together, so
that a bench of a thousand sites takes little longer than one of ten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import site_config
from .bench import Bench
from .errors import TenantError
from .site_limits import LIMITS_ARGUMENT
from .site_place import MARK_FILE

#: What every look tells of a site's configuration; none of it is a secret.
CONFIG_KEYS = ("host_name", "maintenance_mode", "pause_scheduler", *LIMITS_ARGUMENT["options"])

#: Where a site is prepared before it has its name; see site_place.py.
_STAGING = ".frappeops-"


def survey(
    bench: Bench,
    connection: dict[str, Any],
    prefix: str,
    config_keys: Iterable[str] = (),
    apps: bool = False,
    oauth_sites: Iterable[str] = (),
) -> dict[str, Any]:
    """What there is on the bench.

    :param connection: the database administrator's.
    :param prefix: what the names of tenants' databases begin with.
    :param config_keys: keys of site_config.json to tell, beside CONFIG_KEYS; secrets are hidden.
    :param apps: whether to ask each site's database for its installed apps.
    :param oauth_sites: sites to tell the OAuth clients of, where they are on this bench.
    """
    keys = [*CONFIG_KEYS, *config_keys]
    configs = {site: _config(bench.sites / site) for site in site_folders(bench.sites)}
    server = bench.database(
        "survey", connection, prefix=prefix, accounts=list(map(_account, configs.values())), apps=apps
    )
    sites = [_site(bench.sites / site, config, keys, server) for site, config in configs.items()]
    named = {site["database"] for site in sites}
    return {
        "sites": sites,
        "databases": [{"name": name, **found} for name, found in server["databases"].items() if name not in named],
        "database_users": server["users"],
        "staging": sorted(path.name for path in bench.sites.glob(f"{_STAGING}*")),
        "archived": _archived(bench.path / "archived" / "sites"),
        "oauth_clients": {
            site: bench.site(site, "oauth_clients")["clients"] for site in oauth_sites if site in configs
        },
    }


def site_folders(sites: Path) -> list[str]:
    """The folders that are sites, or were to become sites: with a configuration, or with our mark."""
    return sorted(
        entry.name
        for entry in os.scandir(sites)
        if entry.is_dir(follow_symlinks=False)
        and not entry.name.startswith(".")
        and any(os.path.lexists(os.path.join(entry.path, file)) for file in ("site_config.json", MARK_FILE))
    )


def _config(folder: Path) -> dict[str, Any]:
    """The site's configuration; what is wrong with it stands under the key C(problem) of a config that is no more."""
    try:
        return site_config.read(folder)
    except (TenantError, OSError) as error:
        return {"problem": str(error)}


def _account(config: dict[str, Any]) -> dict[str, str]:
    """How the site itself logs in to its database: the administrator may not see what is outside its prefix."""
    name = str(config.get("db_name") or "")
    return {"name": name, "user": config.get("db_user") or name, "password": config.get("db_password") or ""}


def _site(folder: Path, config: dict[str, Any], keys: list[str], server: dict[str, Any]) -> dict[str, Any]:
    mark = _mark(folder)
    name = config.get("db_name")
    database = server["databases"].get(name, {"exists": False, "owner": None, "apps": None})
    return {
        "site": folder.name,
        "owner": mark.get("owner"),
        "whole": mark.get("whole"),
        "database": name,
        "database_exists": database["exists"],
        "database_owner": database["owner"],
        "database_user_hosts": server["users"].get(config.get("db_user") or name, []),
        "config": site_config.shown({key: config[key] for key in keys if key in config}),
        "apps": database["apps"],
        "problem": config.get("problem") or database.get("problem") or "",
    }


def _mark(folder: Path) -> dict[str, Any]:
    try:
        mark = json.loads((folder / MARK_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return mark if isinstance(mark, dict) else {}


def _archived(folder: Path) -> list[dict[str, Any]]:
    """What C(bench drop-site) moved away: each with its mark, and with its passwords in its configuration."""
    if not folder.is_dir():
        return []
    return [
        {"folder": str(path), "owner": _mark(path).get("owner")} for path in sorted(folder.iterdir()) if path.is_dir()
    ]
