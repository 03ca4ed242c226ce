# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vhost template of the role proxy as Ansible would render it, without Ansible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "roles" / "proxy" / "templates" / "vhost.conf.j2"


def identity(name: str) -> dict[str, str]:
    """The names of a tenant in the domain of the tests."""
    backend = f"api.{name}.tenants.test"
    hosts = {"frontend_host": f"{name}.tenants.test", "backend_host": backend, "site": backend}
    return {"name": name, "domain": "tenants.test", **hosts}


ACME = identity("acme")

VARIABLES: dict[str, Any] = {
    "tenant_identity": ACME,
    "proxy_https": True,
    "proxy_state": "active",
    "proxy_addresses": ["*", "[::]"],
    "proxy_http_port": 80,
    "proxy_https_port": 443,
    "proxy_sites_path": "/home/frappe/frappe-bench/sites",
    "proxy_bench_key": "bench1",
    "proxy_desk": False,
    "proxy_password_login": False,
    "certificate_result": {"fullchain": "/le/live/acme/fullchain.pem", "privkey": "/le/live/acme/privkey.pem"},
}


def render_vhost(**variables: Any) -> str:
    """The text of a tenant's file; what is given replaces the values above."""
    environment = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["bool"] = bool
    return environment.from_string(TEMPLATE.read_text()).render({**VARIABLES, **variables})
