# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The app erpnext: a killed installation, and who may read a customer."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from benchkit import Bench, Site, Web

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(bench: Bench) -> Iterator[tuple[Site, list[subprocess.CompletedProcess[str]]]]:
    """A site on which an earlier installation was killed: its first module is recorded, the app is not."""
    if not bench.has_app("erpnext"):
        pytest.skip(f"the bench {bench.path} has no app erpnext")
    modules = (bench.path / "apps" / "erpnext" / "erpnext" / "modules.txt").read_text(encoding="utf-8").splitlines()
    site = bench.new_name()
    try:
        assert site.create().returncode == 0
        site.python(
            """
module = frappe.new_doc("Module Def")
module.app_name, module.module_name = "erpnext", payload["module"]
module.insert(ignore_permissions=True)
""",
            module=[module for module in modules if module.strip()][0],
        )
        yield site, [site.run("install-app", "erpnext"), site.run("install-app", "erpnext", "--force")]
    finally:
        site.remove()


def test_a_killed_installation_can_only_be_repeated_with_force(installed) -> None:
    site, (plain, forced) = installed
    assert plain.returncode == 1
    assert "DuplicateEntryError" in plain.stdout + plain.stderr
    assert forced.returncode == 0, forced.stdout + forced.stderr
    assert "erpnext" in site.run("list-apps").stdout


def test_a_system_manager_alone_may_not_read_a_customer(installed, web: Web) -> None:
    site, _runs = installed
    keys = site.python(
        """
from frappe.core.doctype.user.user import generate_keys
answer = []
for name, role in (("manager", "System Manager"), ("seller", "Sales User")):
    user = frappe.get_doc({"doctype": "User", "email": name + "@acceptance.test", "first_name": name,
        "send_welcome_email": 0, "roles": [{"role": role}]}).insert(ignore_permissions=True)
    secret = generate_keys(user.name)["api_secret"]
    answer.append(frappe.db.get_value("User", user.name, "api_key") + ":" + secret)
"""
    )
    manager, seller = (
        web.get(site, "/api/resource/Customer", headers={"Authorization": f"token {token}"}).status_code
        for token in keys
    )
    assert (manager, seller) == (403, 200)


def test_installing_it_again_changes_nothing(installed) -> None:
    site, _runs = installed
    done = site.run("install-app", "erpnext")
    assert done.returncode == 0
    assert "App erpnext already installed" in done.stdout
