# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody signs in to a tenant through an auth site that is a Frappe site too, with what our roles write into both."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from benchkit import Bench, Site, Web

from ansible_collections.frappeops.tenants.plugins.module_utils import documents
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench as OurBench

pytestmark = pytest.mark.slow

DEFAULTS = {key: option.get("default") for key, option in documents.DOCUMENT_ARGUMENTS.items()}
ADA, EVE = "ada@acme.example", "eve@evil.example"
PASSWORD = "a-Password-of-theirs-7"
OWNER = secrets.token_hex(8)
CALLBACK = "/api/method/frappe.integrations.oauth2_logins.custom/our_auth"


def given(doctype: str, **options: Any) -> dict[str, Any]:
    return documents.wanted([{**DEFAULTS, "doctype": doctype, **options}])[0]


SETTINGS = given("System Settings", values={"language": "en", "time_zone": "Etc/UTC"})


def person(email: str) -> dict[str, Any]:
    return given("User", name=email, initial={"email": email, "first_name": "A person", "send_welcome_email": 0})


@dataclass
class World:
    """The two sites. The tenant calls the auth site by itself, so that one is named by the address that all can reach."""

    auth: Site
    tenant: Site
    web: Web

    @property
    def tenant_url(self) -> str:
        return f"http://{self.tenant.name}:{self.web.port}"

    def ensure(self, site: Site, *wanted: dict[str, Any]) -> list[dict[str, Any]]:
        bench = OurBench(str(site.bench.path), site.bench.command, 600)
        return bench.site(site.name, "ensure_documents", documents=list(wanted), check=False)["documents"]

    def way_out(self) -> str:
        """Where the tenant's login page leads."""
        page = self.web.get(self.tenant, "/login", headers={"Accept": "text/html"})
        return html.unescape(
            re.search(r'href="(http[^"]*/frappe\.integrations\.oauth2\.authorize[^"]*)"', page.text).group(1)
        )

    def sign_in(self, email: str, way: str) -> requests.Response:
        """Sign in at the auth site and follow it until it leads back to a tenant, or does not lead on."""
        browser = requests.Session()
        signed_in = browser.post(f"{self.web.url}/api/method/login", data={"usr": email, "pwd": PASSWORD}, timeout=60)
        assert signed_in.status_code == 200, signed_in.text
        for _hop in range(4):
            answer = browser.get(way, allow_redirects=False, timeout=60)
            way = requests.compat.urljoin(way, answer.headers.get("Location", ""))
            if answer.status_code != 302 or urlsplit(way).hostname != self.auth.name:
                return answer
        raise AssertionError(f"it leads round and round: {way}")

    def come_back(self, email: str) -> requests.Response:
        """The whole way: out from the tenant, through the auth site, back to the tenant."""
        back = urlsplit(self.sign_in(email, self.way_out()).headers["Location"])
        assert (back.hostname, back.path) == (self.tenant.name, CALLBACK)
        # As the tenant's nginx would, with the address that people see.
        host = {"Host": f"{self.tenant.name}:{self.web.port}"}
        return self.web.get(self.tenant, f"{back.path}?{back.query}", headers=host)


@pytest.fixture(scope="module")
def world(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    auth = Site(bench, "127.0.0.1", f"tenant_acceptance_{OWNER[:8]}", secrets.token_hex(12))
    if auth.folder.exists():
        pytest.skip(f"there is a site {auth.name} on the bench {bench.path} already")
    tenant = bench.new_name()
    with pytest.MonkeyPatch.context() as patch:
        # nginx and its certificate are elsewhere.
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        web = Web(bench, tmp_path_factory.mktemp("sign-in") / "gunicorn.log")
        made = World(auth, tenant, web)
        try:
            for site, address in ((auth, web.url), (tenant, made.tenant_url)):
                done = site.create(host_name=address, restart_supervisor_on_update=1)
                assert done.returncode == 0, done.stdout + done.stderr
            web.start()
            prepare(made)
            yield made
        finally:
            if hasattr(web, "process"):
                web.stop()
            auth.remove()
            tenant.remove()


def prepare(world: World) -> None:
    """As the roles oauth_client and site do. Both people have an account at the auth site, one of them at the tenant."""
    address = world.tenant_url + CALLBACK
    client = given(
        "OAuth Client",
        name=OWNER,
        values={
            "app_name": "acme.example",
            "redirect_uris": address,
            "default_redirect_uri": address,
            "scopes": "openid",
            "grant_type": "Authorization Code",
            "response_type": "Code",
            "skip_authorization": 1,
        },
        initial={"client_secret": secrets.token_hex(24)},
        rows={"allowed_roles": [{"role": "All"}]},
        fields=["client_id", "client_secret"],
    )
    key = world.ensure(world.auth, SETTINGS, person(ADA), person(EVE), client)[-1]["fields"]
    for email in (ADA, EVE):
        world.auth.python(
            f"from frappe.utils.password import update_password\nupdate_password('{email}', '{PASSWORD}')"
        )
    login_key = given(
        "Social Login Key",
        name="our_auth",
        values={
            "enable_social_login": 1,
            "social_login_provider": "Custom",
            "provider_name": "Our Auth",
            "client_id": key["client_id"],
            "custom_base_url": 1,
            "base_url": world.web.url,
            "authorize_url": "/api/method/frappe.integrations.oauth2.authorize",
            "access_token_url": "/api/method/frappe.integrations.oauth2.get_token",
            "api_endpoint": "/api/method/frappe.integrations.oauth2.openid_profile",
            "redirect_url": CALLBACK,
            "auth_url_data": {"response_type": "code", "scope": "openid"},
            "user_id_property": "email",
            "sign_ups": "Deny",
        },
        secret_values={"client_secret": key["client_secret"]},
    )
    locked = given("System Settings", values={"disable_user_pass_login": 1, "login_with_email_link": 0})
    world.ensure(world.tenant, login_key, SETTINGS, locked, person(ADA))


def test_a_user_of_the_tenant_comes_in(world: World) -> None:
    came = world.come_back(ADA)
    assert came.status_code == 302, came.text
    assert came.cookies.get("user_id") == ADA.replace("@", "%40")


def test_somebody_who_only_has_an_account_at_the_auth_site_does_not(world: World) -> None:
    came = world.come_back(EVE)
    assert came.cookies.get("user_id") in (None, "Guest")
    assert world.tenant.python(f"answer = frappe.db.exists('User', '{EVE}')") is None


def test_nobody_is_sent_to_another_address(world: World) -> None:
    way = world.way_out().replace(world.tenant.name, "evil.example")
    assert parse_qs(urlsplit(way).query)["redirect_uri"] == [f"http://evil.example:{world.web.port}{CALLBACK}"]
    refused = world.sign_in(ADA, way)
    assert refused.status_code == 400
    assert "redirect URI" in refused.text


def test_nobody_comes_in_once_the_client_is_gone(world: World) -> None:
    """With its tokens and codes first, as the step oauth_client undoes it."""
    filters = {"client": OWNER}
    gone = [
        given(doctype, state="absent", filters=filters)
        for doctype in ("OAuth Bearer Token", "OAuth Authorization Code")
    ]
    answers = world.ensure(world.auth, *gone, given("OAuth Client", state="absent", name=OWNER))
    assert [answer["change"] for answer in answers] == ["removed"] * 3
    assert world.sign_in(ADA, world.way_out()).status_code == 400
