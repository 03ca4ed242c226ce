# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the health check finds out inside a bench: by Frappe's own words, its queues, and a worker of this test."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from benchkit import Bench, Site

from ansible_collections.frappeops.tenants.plugins.module_utils import documents, inside_health
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench as OurBench

DEFAULTS = {key: option.get("default") for key, option in documents.DOCUMENT_ARGUMENTS.items()}
ADDRESS = "https://api.acme.example"
CALLBACK = "/api/method/frappe.integrations.oauth2_logins.custom/our_auth"
CLIENT = "0123456789abcdef"
LOGIN_KEY = {
    "enable_social_login": 1,
    "social_login_provider": "Custom",
    "provider_name": "Our Auth",
    "client_id": CLIENT,
    "custom_base_url": 1,
    "base_url": "https://auth.example",
    "authorize_url": "/api/method/frappe.integrations.oauth2.authorize",
    "access_token_url": "/api/method/frappe.integrations.oauth2.get_token",
    "api_endpoint": "/api/method/frappe.integrations.oauth2.openid_profile",
    "redirect_url": CALLBACK,
    "auth_url_data": '{"response_type": "code", "scope": "openid"}',
    "user_id_property": "email",
    "sign_ups": "Deny",
}
OAUTH_CLIENT = {
    "app_name": "acme.example",
    "redirect_uris": ADDRESS + CALLBACK,
    "default_redirect_uri": ADDRESS + CALLBACK,
    "scopes": "openid",
    "grant_type": "Authorization Code",
    "response_type": "Code",
}


def given(doctype: str, name: str, **options: Any) -> dict[str, Any]:
    return documents.wanted([{**DEFAULTS, "doctype": doctype, "name": name, **options}])[0]


def look(site: Site, seconds: float = 60) -> dict[str, Any]:
    """The site is its own auth site."""
    bench = OurBench(str(site.bench.path), site.bench.command, 600)
    asked = {"operation": "examine", "sites": [site.name], "seconds": seconds, "oauth_site": site.name}
    return bench.call(inside_health, asked)


@pytest.fixture(scope="module")
def tenant(site: Site) -> Iterator[Site]:
    """The site with the address, the login key and the client of a tenant."""
    before = site.config
    site.write_config(**{**before, "host_name": ADDRESS, "restart_supervisor_on_update": 1})
    bench = OurBench(str(site.bench.path), site.bench.command, 600)
    wanted = [
        given("Social Login Key", "our_auth", values=LOGIN_KEY, secret_values={"client_secret": "a-secret-of-nobody"}),
        given("OAuth Client", CLIENT, values=OAUTH_CLIENT),
    ]
    bench.site(site.name, "ensure_documents", documents=wanted, check=False)
    yield site
    gone = [given(document["doctype"], document["name"], state="absent") for document in wanted]
    bench.site(site.name, "ensure_documents", documents=gone, check=False)
    site.write_config(**before)


@pytest.fixture
def worker(bench: Bench) -> Iterator[None]:
    """A worker of this bench, as its supervisor would start it."""
    command = [bench.python, "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", "short,default,long"]
    with subprocess.Popen(
        command, cwd=bench.sites, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        yield
        process.terminate()


def test_what_frappe_says_of_a_tenant(tenant: Site) -> None:
    seen = look(tenant)
    site = seen["sites"][tenant.name]
    # As bench new-site leaves it.
    assert site["scheduler"].startswith("it is off")
    assert site["url"] == ADDRESS
    [key] = site["sign_in"]
    assert key["url"].partition("?")[0] == "https://auth.example/api/method/frappe.integrations.oauth2.authorize"
    query = parse_qs(urlsplit(key["url"]).query)
    assert (query["client_id"], query["redirect_uri"]) == ([CLIENT], [ADDRESS + CALLBACK])
    [client] = [client for client in seen["clients"]["clients"] if client["client"] == CLIENT]
    assert client["redirect_uris"] == [ADDRESS + CALLBACK]


def test_a_worker_of_the_bench_is_seen_and_runs_a_job(tenant: Site, worker: None) -> None:
    end = time.monotonic() + 60
    while True:
        seen = look(tenant)
        if isinstance(seen["workers"], dict) and "unjudged" in seen["workers"]:
            pytest.skip(f"the bench's queue is away: {seen['workers']['unjudged']}")
        if all(seen["workers"].values()) or time.monotonic() > end:
            break
        time.sleep(0.5)
    assert set(seen["workers"]) == {"short", "default", "long"}
    assert all(seen["workers"].values())
    assert {state for states in seen["workers"].values() for state in states} <= {"idle", "busy", "started"}
    assert seen["sites"][tenant.name]["job"] == "finished"


def test_a_switch_that_is_set_is_told(tenant: Site) -> None:
    before = tenant.config
    try:
        tenant.write_config(**{**before, "maintenance_mode": 1})
        assert look(tenant)["sites"][tenant.name]["scheduler"] == "the site is in maintenance mode"
        tenant.write_config(**{**before, "pause_scheduler": 1})
        assert "paused" in look(tenant)["sites"][tenant.name]["scheduler"]
    finally:
        tenant.write_config(**before)
