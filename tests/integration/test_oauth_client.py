# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants whose people sign in through a Frappe site that we manage: each is a client of its own there.

The tenant's first run is killed after its client was made, so that the one that goes on has to find it again.
"""

from __future__ import annotations

import secrets
import signal
from dataclasses import dataclass
from typing import Any

import lab_sites
import pytest
import yaml
from registry_rows import registered

NAME = f"oauth-{secrets.token_hex(3)}"
FAILING = f"noauth-{secrets.token_hex(3)}"
AUTH = f"auth-{secrets.token_hex(3)}"
AUTH_SITE = f"api.{AUTH}.test"
ADMIN = "ada@acme.example"
ORDER = {"admin_email": ADMIN, **lab_sites.signing_in_through(AUTH)}
OAUTH = ORDER["tenant_oauth"]


@dataclass
class AuthSite:
    """The site that knows the people, as its own documents tell it."""

    bench: Any

    def ensure(self, *documents: dict[str, Any]) -> list[dict[str, Any]]:
        return self.bench.site(AUTH_SITE, "ensure_documents", documents=list(documents), check=False)["documents"]

    def client(self, name: str) -> dict[str, Any]:
        fields = ["app_name", "client_id", "client_secret", "redirect_uris", "default_redirect_uri", "scopes"]
        return self.ensure(lab_sites.given("OAuth Client", name=name, fields=fields))[0]["fields"]

    def has(self, doctype: str, name: str) -> bool:
        """Looked at in check mode: it would be created if it were not there."""
        asked = [lab_sites.given(doctype, name=name)]
        answer = self.bench.site(AUTH_SITE, "ensure_documents", documents=asked, check=True)
        return answer["documents"][0]["change"] == "none"


@pytest.fixture(scope="module")
def auth(lab):
    with lab_sites.site_with(lab, AUTH) as bench:
        site = AuthSite(bench)
        site.ensure(lab_sites.given("OAuth Client", name="neighbour", initial=of_neighbour()))
        yield site


def of_neighbour() -> dict[str, Any]:
    return {
        "app_name": "Neighbour",
        "default_redirect_uri": "https://neighbour.test/cb",
        "grant_type": "Authorization Code",
    }


@pytest.fixture(scope="module")
def owner(playbooks, auth):
    """The tenant's owner mark, once it is live."""
    cut = {"CUT_STEP": "frappeops.tenants.site"}
    killed = playbooks.provision(tenant=NAME, **ORDER, environment=cut)
    assert killed.code == -signal.SIGKILL, killed.output
    made = playbooks.provision("-vvv", tenant=NAME, **ORDER)
    assert made.code == 0, made.output
    mark = registered(playbooks.registry_url, NAME)["owner"]
    assert auth.client(mark)["client_secret"] not in made.output
    yield mark
    playbooks.deprovision(NAME)


class TestLife:
    """In this order."""

    def test_the_client_leads_back_to_the_tenant_only(self, auth, owner, playbooks):
        client = auth.client(owner)
        address = registered(playbooks.registry_url, NAME)["backend_url"]
        path = "/api/method/frappe.integrations.oauth2_logins.custom/our_auth"
        assert client["client_id"] == owner
        assert client["app_name"] == f"{NAME}.tenants.test"
        assert client["redirect_uris"] == client["default_redirect_uri"] == address + path
        assert client["scopes"] == "openid"

    def test_the_tenants_login_key_holds_its_id_and_secret(self, auth, owner):
        fields = ["client_id", "client_secret", "redirect_url", "base_url"]
        asked = [lab_sites.given("Social Login Key", name="our_auth", fields=fields)]
        site = f"api.{NAME}.tenants.test"
        key = auth.bench.site(site, "ensure_documents", documents=asked, check=True)["documents"][0]["fields"]
        client = auth.client(owner)
        assert len(client["client_secret"]) == 48
        assert (key["client_id"], key["client_secret"]) == (owner, client["client_secret"])
        assert client["redirect_uris"].endswith(key["redirect_url"])
        assert key["base_url"] == OAUTH["base_url"]

    def test_what_was_changed_by_hand_is_mended_and_then_nothing_changes(self, playbooks, auth, owner):
        address = auth.client(owner)["default_redirect_uri"]
        widened = f"{address} https://evil.example/cb"
        auth.ensure(lab_sites.given("OAuth Client", name=owner, values={"redirect_uris": widened}))
        order = {"tenant": NAME, **ORDER}
        seen = playbooks.run("health.yml", **order)
        assert "FAIL  client         the provider would send people back to https://evil.example/cb" in seen.output
        assert "1 tenant: 1 FAIL" in seen.output
        mended = playbooks.provision("--diff", **order)
        assert mended.count("changed") == 1, mended.output
        assert auth.client(owner)["redirect_uris"] == address
        again = playbooks.provision("--check", "--diff", **order)
        assert again.code == 0, again.output
        assert again.count("changed") == 0, again.output

    def test_it_is_taken_away_with_its_tokens_and_nobody_elses(self, playbooks, auth, owner):
        tokens = {"OAuth Bearer Token": "access_token", "OAuth Authorization Code": "authorization_code"}
        for doctype, field in tokens.items():
            for client in (owner, "neighbour"):
                values = {"client": client, "user": "Administrator", field: f"canary-{client}"}
                auth.ensure(lab_sites.given(doctype, filters={field: f"canary-{client}"}, initial=values))
        gone = playbooks.run("deprovision.yml", "-vvv", tenant=NAME, confirm=NAME)
        assert gone.code == 0, gone.output
        assert f"canary-{owner}" not in gone.output
        assert not auth.has("OAuth Client", owner)
        assert auth.has("OAuth Client", "neighbour")
        for doctype in tokens:
            assert not auth.has(doctype, f"canary-{owner}")
            assert auth.has(doctype, "canary-neighbour")


def test_a_failing_step_takes_the_client_back(playbooks, auth):
    tasks = playbooks.folder / "roles" / "failing_after_oauth_client_alone" / "tasks"
    tasks.mkdir(parents=True)
    (tasks / "main.yml").write_text(yaml.safe_dump([{"name": "Fail", "ansible.builtin.fail": {"msg": "on purpose"}}]))
    for other in ("preflight", "undo"):
        (tasks / f"{other}.yml").write_text("---\n")
    steps = [f"frappeops.tenants.{step}" for step in ("reserve", "preflight", "oauth_client")]
    failed = playbooks.provision(
        tenant=FAILING, admin_email=ADMIN, tenant_oauth=OAUTH, tenant_steps=[*steps, tasks.parent.name]
    )
    assert failed.code != 0
    assert "on purpose" in failed.output
    assert not auth.has("OAuth Client", registered(playbooks.registry_url, FAILING)["owner"])


def test_an_auth_site_that_is_not_there_is_refused_before_anything_is_made(playbooks, auth):
    oauth = {**OAUTH, "site": "auth.nowhere.test"}
    refused = playbooks.provision(tenant=FAILING, admin_email=ADMIN, tenant_oauth=oauth)
    assert refused.code != 0
    assert "has no site auth.nowhere.test" in " ".join(refused.output.split()), refused.output
    assert "Record what will be made" not in refused.output


def test_a_client_whose_site_is_gone_is_gone(playbooks, lab):
    """An auth site that was given up keeps no tenant from being taken away."""
    name = f"{FAILING}-late"
    steps = [f"frappeops.tenants.{step}" for step in ("reserve", "preflight", "oauth_client")]
    oauth = {**OAUTH, "site": f"api.{AUTH}-late.test"}
    with lab_sites.site_with(lab, f"{AUTH}-late"):
        made = playbooks.provision(tenant=name, admin_email=ADMIN, tenant_oauth=oauth, tenant_steps=steps)
        assert made.code == 0, made.output
    gone = playbooks.deprovision(name)
    assert gone.code == 0, gone.output
