# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant gets of its own, by the collection's programs: an administrator with a key, first data, a way in.

One site with ERPNext for all, test by test in this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml
from benchkit import Bench, Site, Web

from ansible_collections.frappeops.tenants.plugins.module_utils import documents, inside_seed, inside_site
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench as OurBench
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

pytestmark = pytest.mark.slow

ROLE = yaml.safe_load((Path(__file__).parents[2] / "roles/site/vars/main.yml").read_text())
DEFAULTS = {key: option.get("default") for key, option in documents.DOCUMENT_ARGUMENTS.items()}
ADA = "ada@acceptance.test"
WIZARD = {
    "country": "Germany",
    "currency": "",
    "company": "Acme Werke",
    "abbreviation": "",
    "chart_of_accounts": "",
    "fiscal_year_start": "",
}
CUSTOMERS = {
    "doctype": "Customer",
    "content": 'Customer Name,Customer Type\n"Küche & ""Söhne""",Company\n',
    "update": False,
}


def given(doctype: str, **options: Any) -> dict[str, Any]:
    return documents.wanted([{**DEFAULTS, "doctype": doctype, **options}])[0]


class Tenant:
    """The site with what the collection does to it, and its API as the administrator calls it."""

    def __init__(self, site: Site, web: Web) -> None:
        self.site, self._web = site, web
        self._bench = OurBench(str(site.bench.path), site.bench.command, 600)

    def inside(self, operation: str, program: Any = inside_site, **arguments: Any) -> dict[str, Any]:
        return self._bench.in_site(program, self.site.name, operation, check=False, **arguments)

    def ensure(self, *wanted: dict[str, Any]) -> list[dict[str, Any]]:
        return self.inside("ensure_documents", documents=list(wanted))["documents"]

    def seed(self, wizard: dict[str, Any] | None = None, *imports: dict[str, Any]) -> dict[str, Any]:
        return self.inside("seed", inside_seed, wizard=wizard, documents=[], imports=list(imports))

    def call(self, method: str, path: str, key: dict[str, Any], **body: Any) -> requests.Response:
        token = {"Authorization": f"token {key['api_key']}:{key['api_secret']}"}
        return self._web.request(self.site, method, f"/api/resource/{path}", headers=token, **body)


@pytest.fixture(scope="module")
def tenant(bench: Bench, web: Web) -> Iterator[Tenant]:
    if not bench.has_app("erpnext"):
        pytest.skip(f"the bench {bench.path} has no app erpnext")
    site = bench.new_name()
    try:
        made = site.create(
            "--install-app=erpnext", host_name="https://api.acme.example", restart_supervisor_on_update=1
        )
        assert made.returncode == 0, made.stdout + made.stderr
        made = Tenant(site, web)
        made.ensure(given("System Settings", values={"language": "de", "time_zone": "Europe/Berlin"}))
        yield made
    finally:
        site.remove()


@pytest.fixture(scope="module")
def key(tenant: Tenant) -> dict[str, Any]:
    """The key of an administrator with the roles that the role site gives."""
    user = given(
        "User",
        name=ADA,
        initial={"email": ADA, "first_name": "Ada", "user_type": "System User", "send_welcome_email": 0},
        rows_from={"roles": ROLE["site_desk_roles"]},
    )
    assert [tenant.ensure(user)[0]["change"] for _turn in range(2)] == ["created", "none"]
    made = tenant.inside("ensure_api_key", user=ADA, renew=False)
    assert made["changed"]
    return made


def test_the_administrator_opens_a_customer_with_his_own_key(tenant: Tenant, key: dict[str, Any]) -> None:
    customer = {"customer_name": "Globex", "customer_type": "Company"}
    made = tenant.call("POST", "Customer", key, json=customer)
    assert made.status_code == 200, made.text
    opened = tenant.call("GET", "Customer/Globex", key)
    assert opened.json()["data"]["customer_type"] == "Company"
    assert opened.json()["data"]["owner"] == ADA


def test_a_key_stays_and_its_secret_is_told_once(tenant: Tenant, key: dict[str, Any]) -> None:
    again = tenant.inside("ensure_api_key", user=ADA, renew=False)
    assert again == {"changed": False, "api_key": key["api_key"], "api_secret": None}
    assert tenant.call("GET", "Customer", {**key, "api_secret": "another"}).status_code == 401


def test_the_setup_wizard_makes_a_company_of_the_tenants_country(tenant: Tenant, key: dict[str, Any]) -> None:
    assert tenant.seed(WIZARD)["wizard"] is True
    assert tenant.seed(WIZARD)["wizard"] is False
    company = tenant.call("GET", "Company/Acme Werke", key).json()["data"]
    assert (company["country"], company["default_currency"], company["abbr"]) == ("Germany", "EUR", "AW")
    settings = tenant.ensure(given("System Settings", fields=["country", "language", "time_zone", "setup_complete"]))
    assert settings[0]["fields"] | {"setup_complete": None} == {
        "country": "Germany",
        "language": "de",
        "time_zone": "Europe/Berlin",
        "setup_complete": None,
    }


def test_a_csv_file_is_imported_once_by_frappes_own_importer(tenant: Tenant, key: dict[str, Any]) -> None:
    assert tenant.seed(None, CUSTOMERS)["imports"] == [{"doctype": "Customer", "rows": 1, "change": "imported"}]
    assert tenant.seed(None, CUSTOMERS)["imports"][0]["change"] == "none"
    names = [row["name"] for row in tenant.call("GET", "Customer", key).json()["data"]]
    assert 'Küche & "Söhne"' in names


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Customer Name,Shoe Size\nA,44\n", "Shoe Size"),
        ("Customer Name,Customer Type\nA,Martian\n", "Martian|must be one of"),
    ],
    ids=["unknown column", "wrong value"],
)
def test_a_csv_file_that_frappe_can_not_take_leaves_nothing(tenant: Tenant, content: str, said: str) -> None:
    with pytest.raises(TenantError, match=said):
        tenant.seed(None, {**CUSTOMERS, "content": content})
    assert tenant.site.python("answer = frappe.db.exists('Customer', 'A')") is None


def test_a_link_lets_in_once_where_every_door_is_locked(tenant: Tenant, key: dict[str, Any], web: Web) -> None:
    tenant.ensure(
        given(
            "Social Login Key",
            name="our_auth",
            values={
                "enable_social_login": 1,
                "provider_name": "Our Auth",
                "client_id": "a",
                "client_secret": "b",
                "base_url": "https://auth.test",
                "custom_base_url": 1,
                "authorize_url": "/a",
                "access_token_url": "/t",
                "redirect_url": "/r",
            },
        ),
        given("System Settings", values={"disable_user_pass_login": 1, "login_with_email_link": 0}),
    )
    link = urlsplit(tenant.inside("login_link", user="Administrator", kind="login", minutes=5)["link"])
    assert (link.scheme, link.netloc) == ("https", "api.acme.example")
    first, second = (web.get(tenant.site, f"{link.path}?{link.query}") for _turn in range(2))
    assert first.cookies.get("user_id") == "Administrator"
    assert second.cookies.get("user_id") in (None, "Guest")
    with pytest.raises(TenantError, match="Nobody signs in to .* by password"):
        tenant.inside("login_link", user=ADA, kind="password", minutes=5)


def test_where_passwords_are_wanted_a_link_lets_the_administrator_choose_one(tenant: Tenant, web: Web) -> None:
    hours = {"disable_user_pass_login": 0, "reset_password_link_expiry_duration": 72 * 3600}
    tenant.ensure(given("System Settings", values=hours))
    minted = tenant.inside("login_link", user=ADA, kind="password", minutes=5)
    link = urlsplit(minted["link"])
    assert minted["minutes"] == 72 * 60
    assert (link.netloc, link.path) == ("api.acme.example", "/update-password")
    new = {"key": link.query.removeprefix("key=").partition("&")[0], "new_password": "a-Password-of-Ada-7"}
    answer = web.post(
        tenant.site, "/", data={"cmd": "frappe.core.doctype.user.user.update_password", "logout_all_sessions": 1, **new}
    )
    assert answer.cookies.get("user_id") == ADA.replace("@", "%40")
    signed_in = web.post(tenant.site, "/api/method/login", data={"usr": ADA, "pwd": new["new_password"]})
    assert signed_in.status_code == 200
