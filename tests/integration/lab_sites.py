# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sites on the lab's bench for tests that need one, and documents as a module would hand them on."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils import documents
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import Database, SitePlace
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import TenantSite, WantedSite
from lab.settings import DATABASE_ADMIN, Settings

_DEFAULTS = {key: option.get("default") for key, option in documents.DOCUMENT_ARGUMENTS.items()}


def given(doctype: str, **options: Any) -> dict[str, Any]:
    """One document with these options."""
    return documents.wanted([{**_DEFAULTS, "doctype": doctype, **options}])[0]


def erpnext_site(lab: Settings, name: str) -> AbstractContextManager[Bench]:
    """The lab's bench with a site api.NAME.test that has ERPNext, a language and a time zone."""
    return site_with(lab, name, ["erpnext"])


def signing_in_through(auth: str) -> dict[str, Any]:
    """What provisions tenants whose people sign in through the site api.AUTH.test, where each gets a client of its own.

    The lab's frontend knows another provider, so what leads there isn't looked at.
    """
    site = f"api.{auth}.test"
    oauth = {"provider_name": "Our Auth", "base_url": f"https://{site}", "site": site, "bench": "lab-bench"}
    return {"tenant_oauth": oauth, "health_leave_out": ["socket", "schedule", "provider", "sign_in"]}


@contextmanager
def site_with(lab: Settings, name: str, apps: Sequence[str] = ()) -> Iterator[Bench]:
    """The lab's bench with a site api.NAME.test that has these apps beside Frappe, a language and a time zone."""
    bench = Bench(str(lab.bench), str(Path(sys.executable).parent / "bench"), 120)
    connection = {
        "host": lab.address,
        "port": lab.ports["mariadb"],
        "user": DATABASE_ADMIN,
        "password": lab.secret_file("mariadb_admin_password").read_text().strip(),
    }
    database = Database(f"tenant_{name.replace('-', '_')}", connection)
    site = TenantSite(SitePlace(bench, f"api.{name}.test", database, secrets.token_hex(8)))
    settings = given("System Settings", values={"language": "en", "time_zone": "Etc/UTC"})
    wanted = WantedSite(apps=[*apps], config={"host_name": f"https://api.{name}.test"}, documents=[settings])
    try:
        site.ensure(wanted)
        yield bench
    finally:
        site.ensure_absent()
