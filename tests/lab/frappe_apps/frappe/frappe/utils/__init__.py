# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small helpers: time, URLs, the list of sites."""

from __future__ import annotations

import os
import secrets
import string
import subprocess
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import frappe


def cint(value: Any) -> int:
    try:
        return int(float(value))
    except (TypeError, ValueError):
        return 0


def get_system_timezone() -> str:
    """The site's time zone; UTC where it has none yet or no database to ask."""
    database = getattr(frappe.local, "db", None)
    try:
        return (database and frappe.get_system_settings("time_zone")) or "Etc/UTC"
    except Exception:
        return "Etc/UTC"


def now_datetime() -> datetime:
    """Now in the site's time zone: backups are named in it."""
    try:
        zone = ZoneInfo(get_system_timezone())
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("Etc/UTC")
    return datetime.now(zone).replace(tzinfo=None)


def now() -> str:
    return datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")


def random_string(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _count in range(length))


def get_bench_path() -> str:
    return os.path.abspath(os.path.join(frappe.local.sites_path, ".."))


def get_site_path(*parts: str) -> str:
    return frappe.get_site_path(*parts)


def get_sites(sites_path: str | None = None) -> list[str]:
    """Every folder with a site_config.json, half-made and standby ones too."""
    sites_path = sites_path or getattr(frappe.local, "sites_path", None) or "."
    return sorted(
        entry.name
        for entry in os.scandir(sites_path)
        if entry.is_dir(follow_symlinks=False) and os.path.exists(os.path.join(entry.path, "site_config.json"))
    )


def get_site_name(host: str) -> str:
    return host.split(":", 1)[0]


def get_url(uri: str | None = None, full_address: bool = False, allow_header_override: bool = True) -> str:
    """Address of the site for links: host_name of the config, else what the request says, else http://SITE:PORT."""
    if uri and uri.startswith(("http://", "https://")):
        return uri
    conf = frappe.local.conf
    host = conf.host_name or conf.hostname
    current = getattr(frappe.local, "request", None)
    if not host and allow_header_override and current is not None and current.host:
        scheme = "https" if frappe.get_request_header("X-Forwarded-Proto") == "https" else "http"
        host = f"{scheme}://{current.host}"
    host = host or f"http://{frappe.local.site}"
    if not host.startswith(("http://", "https://")):
        host = f"http://{host}"
    port = conf.http_port or conf.webserver_port
    production = conf.restart_supervisor_on_update or conf.restart_systemd_on_update
    if port and not production and urlsplit(host).port is None:
        host = f"{host}:{port}"
    return urljoin(host, uri) if uri else host


def get_app_branch(app: str) -> str:
    """Git branch of an app's folder, empty where it is no git checkout."""
    folder = os.path.join(get_bench_path(), "apps", app)
    done = subprocess.run(
        ["git", "-C", folder, "rev-parse", "--abbrev-ref", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
