# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant whose people sign in by password, from the invitation in the mail to the operator's own way in.

All through nginx, by the tenant's public names.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import secrets
import stat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from registry_rows import events_of, registered

#: The lab's names are not public, so nginx is asked by its address.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

NAME = f"pass-{secrets.token_hex(3)}"
ADMIN = f"ada.{secrets.token_hex(3)}@acme.example"
PASSWORD = "a-Password-of-Ada-7"
ORDER = {"tenant": NAME, "admin_email": ADMIN, "tenant_login": "password"}


class Tenant:
    """Its backend, as people reach it."""

    def __init__(self, lab: Any) -> None:
        self._lab = lab
        self.host = f"api.{NAME}.tenants.test"

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Its certificate is the business of the step verify."""
        address = f"https://{self._lab.address}:{self._lab.ports['https']}{path}"
        headers = {"Host": f"{self.host}:{self._lab.ports['https']}", **options.pop("headers", {})}
        return requests.request(
            method, address, headers=headers, timeout=60, verify=False, allow_redirects=False, **options
        )

    def sign_in(self, password: str) -> requests.Response:
        return self.ask("POST", "/api/method/login", data={"usr": ADMIN, "pwd": password})


@pytest.fixture(scope="module")
def key_file(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("keys") / f"{NAME}.json"


@pytest.fixture(scope="module")
def made(playbooks, key_file):
    yield playbooks.provision("-vvv", **ORDER, tenant_api_key_file=str(key_file))
    playbooks.deprovision(NAME)


@pytest.fixture(scope="module")
def tenant(lab, made) -> Tenant:
    assert made.code == 0, made.output
    return Tenant(lab)


@pytest.fixture(scope="module")
def invitation(lab, tenant) -> str:
    """The link in the welcome mail."""
    messages = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in (lab.lab_dir / "mail").glob("*.eml")
    ]
    [message] = [message for message in messages if message["To"] == ADMIN]
    text, html = (part.get_content() for part in message.iter_parts())
    link = re.search(r"https://\S+/update-password\S+", text).group()
    assert link.replace("&", "&amp;") in html
    assert "for 72 hours" in text
    assert f"https://{tenant.host}:{lab.ports['https']}/login" in text
    return link


class TestPeople:
    """In this order."""

    def test_the_site_was_seen_open_for_passwords_and_closed_else(self, playbooks, tenant):
        doors = registered(playbooks.registry_url, NAME)["evidence"]["doors"]
        assert {name: door["state"] for name, door in doors.items() if door["state"] == "open"} == {"login": "open"}
        assert tenant.ask("GET", "/signup").status_code == 403

    def test_the_invitation_leads_to_the_tenant_and_lets_the_administrator_choose_a_password(
        self, lab, tenant, invitation
    ):
        link = urlsplit(invitation)
        assert (link.scheme, link.netloc) == ("https", f"{tenant.host}:{lab.ports['https']}")
        assert tenant.ask("GET", f"{link.path}?{link.query}").status_code == 200
        chosen = {"cmd": "frappe.core.doctype.user.user.update_password", "new_password": PASSWORD}
        key = parse_qs(link.query)["key"][0]
        # As Frappe's page sends it.
        assert tenant.ask("POST", "/", data={**chosen, "key": key}).cookies.get("user_id") == ADMIN.replace("@", "%40")
        assert tenant.ask("POST", "/", data={**chosen, "key": key}).cookies.get("user_id") in (None, "Guest")

    def test_they_sign_in_with_it(self, tenant):
        assert tenant.sign_in(PASSWORD).json()["message"] == "Logged In"
        assert tenant.sign_in("another one").status_code == 401

    def test_no_secret_was_shown(self, made, invitation, key_file):
        key = json.loads(key_file.read_text())
        assert parse_qs(urlsplit(invitation).query)["key"][0] not in made.output
        assert key["api_secret"] not in made.output

    def test_the_health_check_knows_that_they_do(self, playbooks, tenant, lab):
        order = {**ORDER, "health_output": "json", "health_leave_out": ["uploads", "socket"]}
        seen = playbooks.run("playbooks/health.yml", **order)
        assert seen.code == 0, seen.output
        assert "login doors are closed, that for passwords is open" in seen.output

    def test_the_api_key_is_the_administrators(self, tenant, key_file):
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        key = json.loads(key_file.read_text())
        token = {"Authorization": f"token {key['api_key']}:{key['api_secret']}"}
        who = tenant.ask("GET", "/api/method/frappe.auth.get_logged_user", headers=token)
        assert who.json() == {"message": ADMIN}

    def test_again_it_changes_nothing_and_renews_no_key(self, playbooks, tenant, key_file):
        before = key_file.read_text()
        again = playbooks.provision(**ORDER, tenant_api_key_file=str(key_file))
        assert again.code == 0, again.output
        assert again.count("changed") == 0, again.output
        assert key_file.read_text() == before


class TestOperator:
    def test_a_link_lets_the_administrator_of_the_site_in_once_and_is_noted(self, playbooks, tenant, tmp_path):
        file = tmp_path / "link.json"
        minted = playbooks.run("playbooks/login_link.yml", "-vvv", tenant=NAME, login_link_file=str(file))
        assert minted.code == 0, minted.output
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        link = urlsplit(json.loads(file.read_text())["link"])
        assert parse_qs(link.query)["key"][0] not in minted.output
        first, second = (tenant.ask("GET", f"{link.path}?{link.query}") for _turn in range(2))
        assert first.cookies.get("user_id") == "Administrator"
        assert second.status_code == 403
        [event] = events_of(playbooks.registry_url, NAME, "login link")
        assert event == {"user": "Administrator", "kind": "login"}

    def test_without_a_file_it_is_printed_and_kept_in_no_log(self, playbooks, tenant, tmp_path):
        log = tmp_path / "ansible.log"
        variables = {"tenant": NAME, "login_user": ADMIN, "login_minutes": 3}
        minted = playbooks.run("playbooks/login_link.yml", environment={"ANSIBLE_LOG_PATH": str(log)}, **variables)
        link = re.search(r"link +(https://\S+)", minted.output).group(1)
        assert "within 3 minutes" in minted.output
        assert log.stat().st_size > 0
        assert parse_qs(urlsplit(link).query)["key"][0] not in log.read_text()

    def test_nobody_gets_one_for_a_user_who_is_not_there(self, playbooks, tenant):
        refused = playbooks.run("playbooks/login_link.yml", tenant=NAME, login_user="eve@evil.example")
        assert refused.code != 0
        assert "has no user eve@evil.example" in refused.output
