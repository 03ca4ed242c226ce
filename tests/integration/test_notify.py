# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The welcome mail in the lab: it arrives once, and a mail server that fails never costs a tenant."""

from __future__ import annotations

import email
import email.policy
import secrets
from email.message import EmailMessage

import pytest
from registry_rows import registered

from lab.settings import Settings

#: The mail needs no site, so these tests make none.
SHORT_FLOW = {
    "tenant_steps": [f"frappeops.tenants.{step}" for step in ("reserve", "preflight", "activate", "notify")],
    "activate_evidence": {"seen_by": "the test"},
}
DEAD_SERVER = {"host": "127.0.0.1", "port": 1}


@pytest.fixture
def address() -> str:
    """An address that nobody else writes to."""
    return f"ada.{secrets.token_hex(4)}@example.com"


def mails_to(lab: Settings, address: str) -> list[EmailMessage]:
    messages = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in (lab.lab_dir / "mail").glob("*.eml")
    ]
    return [message for message in messages if message["To"] == address]


def provision(playbooks, *arguments: str, **variables):
    return playbooks.provision(*arguments, **SHORT_FLOW, **variables)


def test_the_welcome_mail_arrives_once(lab, playbooks, tenant, address):
    unconfigured = provision(playbooks, tenant=tenant, admin_email=address, notify_smtp={})
    assert unconfigured.code == 0, unconfigured.output
    assert mails_to(lab, address) == []

    made = provision(playbooks, tenant=tenant, admin_email=address, admin_first_name="Ada <b>&</b>")
    assert made.code == 0, made.output
    [message] = mails_to(lab, address)
    row = registered(playbooks.registry_url, tenant)
    assert message["Message-ID"] == f"<welcome.{row['owner']}@tenants.test>"
    assert message["Subject"] == f"{tenant}.tenants.test is ready"
    text, html = (part.get_content() for part in message.iter_parts())
    for part in (text, html):
        assert row["frontend_url"] in part
        assert row["backend_url"] in part
        assert f"{row['frontend_url']}/auth/login" in part
        assert "https://auth.tenants.test" in part
    assert "Hello Ada <b>&</b>," in text
    assert "Hello Ada &lt;b&gt;&amp;&lt;/b&gt;," in html

    again = provision(playbooks, tenant=tenant, admin_email=address)
    assert (again.code, again.count("changed")) == (0, 0), again.output
    assert len(mails_to(lab, address)) == 1

    wanted = provision(playbooks, tenant=tenant, admin_email=address, notify_again=True)
    assert wanted.code == 0, wanted.output
    assert [mail["Message-ID"] for mail in mails_to(lab, address)] == [message["Message-ID"]] * 2


def test_a_mail_that_is_refused_leaves_the_tenant_active_and_is_told(lab, playbooks, tenant, address):
    refused = f"reject.{address}"
    made = provision(playbooks, tenant=tenant, admin_email=refused)
    assert made.code == 0, made.output
    assert registered(playbooks.registry_url, tenant)["state"] == "active"
    assert "550 5.1.1" in made.output
    assert "notify_again=true" in made.output
    assert mails_to(lab, refused) == []


def test_a_required_mail_server_that_is_away_refuses_the_tenant_before_anything_is_made(playbooks, tenant, address):
    made = provision(playbooks, tenant=tenant, admin_email=address, notify_smtp=DEAD_SERVER, notify_required=True)
    assert made.code != 0
    assert "Mail server 127.0.0.1 port 1 refuses the connection" in made.output
    row = registered(playbooks.registry_url, tenant)
    assert row["state"] == "failed"
    assert "preflight" in row["reason"]


def test_check_mode_sends_nothing(lab, playbooks, tenant, address):
    checked = provision(playbooks, "--check", tenant=tenant, admin_email=address)
    assert checked.code == 0, checked.output
    assert mails_to(lab, address) == []
