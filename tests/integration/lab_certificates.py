# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of the lab's authority in folders of a test's own, and the lab's nginx that loads them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import lab_parts
from edge_servers import run_module

from ansible_collections.frappeops.tenants.plugins.modules import certbot_certificate
from lab.settings import CLOUDFLARE_EMAIL, Settings


def rfc2136(lab: Settings) -> dict[str, Any]:
    return {
        "provider": "rfc2136",
        "zone": "tenants.test",
        "server": lab.address,
        "port": lab.ports["dns"],
        "key_name": "frappeops-tenants.",
        "key_secret": lab.secret("tsig_secret"),
        "wait": 0,
    }


def cloudflare(lab: Settings) -> dict[str, Any]:
    return {
        "provider": "cloudflare",
        "zone": "tenants.test",
        "api_token": lab.secret("cloudflare_token"),
        "base_url": f"http://{lab.address}:{lab.ports['cloudflare']}/client/v4",
        "wait": 1,
    }


def cloudflare_by_the_old_pair(lab: Settings) -> dict[str, Any]:
    pair = {"api_token": None, "api_email": CLOUDFLARE_EMAIL, "api_key": lab.secret("cloudflare_api_key")}
    return {**cloudflare(lab), **pair}


PROVIDERS = [rfc2136, cloudflare, cloudflare_by_the_old_pair]


def certbot(lab: Settings, folder: Path, **options: Any) -> dict[str, Any]:
    """Run the module certbot_certificate with folders of the test's own. Its failure is raised as TenantError."""
    defaults = {
        "owner": "run1",
        "email": "ops@tenants.test",
        "acme_directory": f"https://{lab.address}:{lab.ports['acme']}/dir",
        "acme_ca_file": str(lab.directory_ca),
        **{f"{name}_dir": str(folder / name) for name in ("config", "work", "logs")},
    }
    with lab_parts.beside_others(lab):
        return run_module(certbot_certificate.ARGUMENTS, certbot_certificate.ensure, {**defaults, **options})


def folders(folder: Path) -> dict[str, str]:
    """The same folders for a playbook."""
    return {f"certificate_{name}_dir": str(folder / name) for name in ("config", "work", "logs")}


def workers(lab: Settings) -> set[str]:
    master = (lab.nginx / "nginx.pid").read_text().strip()
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def wait_until(seen) -> bool:
    end = time.monotonic() + 30
    while not seen() and time.monotonic() < end:
        time.sleep(0.1)
    return bool(seen())
