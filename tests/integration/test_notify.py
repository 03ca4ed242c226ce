# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The welcome mail in the lab: it arrives once, and a mail server that fails never costs a tenant."""

from __future__ import annotations

import base64
import email
import email.policy
import secrets
import signal
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from registry_rows import registered
from standardwebhooks.webhooks import Webhook as Receiver

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from web_servers import Reply, serving

from lab.settings import Settings

#: The mail needs no site, so these tests make none.
SHORT_FLOW = {
    "tenant_steps": [f"frappeops.tenants.{step}" for step in ("reserve", "preflight", "activate", "notify")],
    "activate_evidence": {"seen_by": "the test"},
}
SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
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


def test_the_welcome_mail_arrives_once_in_the_tenants_language(lab, playbooks, tenant, address):
    made = provision(
        playbooks, tenant=tenant, admin_email=address, admin_first_name="Ada <b>&</b>", notify_language="de-AT"
    )
    assert made.code == 0, made.output
    [message] = mails_to(lab, address)
    row = registered(playbooks.registry_url, tenant)
    assert message["Message-ID"] == f"<welcome.{row['owner']}@tenants.test>"
    assert message["Subject"] == f"{tenant}.tenants.test ist bereit"
    text, html = (part.get_content() for part in message.iter_parts())
    for part in (text, html):
        assert row["frontend_url"] in part
        assert row["backend_url"] in part
        assert f"{row['frontend_url']}/auth/login" in part
        assert "https://auth.tenants.test" in part
    assert "Guten Tag Ada <b>&</b>," in text
    assert "Guten Tag Ada &lt;b&gt;&amp;&lt;/b&gt;," in html

    again = provision(playbooks, tenant=tenant, admin_email=address)
    assert (again.code, again.count("changed")) == (0, 0), again.output
    assert len(mails_to(lab, address)) == 1

    wanted = provision(playbooks, tenant=tenant, admin_email=address, notify_again=True)
    assert wanted.code == 0, wanted.output
    first, second = sorted(mails_to(lab, address), key=lambda mail: mail["Subject"])
    assert first["Message-ID"] == second["Message-ID"]
    assert [first["Subject"], second["Subject"]] == [
        f"{tenant}.tenants.test is ready",
        f"{tenant}.tenants.test ist bereit",
    ]


def test_switching_mails_on_welcomes_nobody_who_was_there_before(lab, playbooks, tenant, address):
    for smtp in ({}, None):
        given = {} if smtp is None else {"notify_smtp": smtp}
        made = provision(playbooks, tenant=tenant, admin_email=address, **given)
        assert made.code == 0, made.output
        assert mails_to(lab, address) == []
    asked = provision(playbooks, tenant=tenant, admin_email=address, notify_again=True)
    assert asked.code == 0, asked.output
    assert len(mails_to(lab, address)) == 1


def test_a_mail_that_failed_leaves_the_tenant_active_and_is_sent_by_the_next_run(lab, playbooks, tenant, address):
    made = provision(playbooks, tenant=tenant, admin_email=address, notify_smtp=DEAD_SERVER)
    assert made.code == 0, made.output
    assert registered(playbooks.registry_url, tenant)["state"] == "active"
    assert "Mail server 127.0.0.1 port 1 refuses the connection" in made.output
    assert "run the same command again" in " ".join(made.output.split())
    again = provision(playbooks, tenant=tenant, admin_email=address)
    assert again.code == 0, again.output
    assert len(mails_to(lab, address)) == 1


def test_a_recipient_that_is_refused_is_told_in_the_servers_words(lab, playbooks, tenant, address):
    refused = f"reject.{address}"
    made = provision(playbooks, tenant=tenant, admin_email=refused)
    assert made.code == 0, made.output
    assert "550 5.1.1" in made.output
    assert mails_to(lab, refused) == []


@pytest.mark.parametrize(("cut_at", "arrived", "unsure"), [("2 before", 0, False), ("3 before", 1, True)])
def test_a_run_killed_around_the_sending_never_sends_twice_by_itself(
    lab, playbooks, tenant, address, cut_at, arrived, unsure
):
    """The outbox is written when the mail is wanted, claimed and sent. Between the last two nobody can know."""
    cut = killed_at(cut_at, playbooks, tenant, address)
    assert cut.code == -signal.SIGKILL
    assert len(mails_to(lab, address)) == arrived
    resumed = provision(playbooks, tenant=tenant, admin_email=address)
    assert resumed.code == 0, resumed.output
    assert len(mails_to(lab, address)) == 1
    assert ("was cut off while it sent" in " ".join(resumed.output.split())) == unsure


def test_a_mail_that_was_claimed_and_not_sent_is_told_until_a_person_has_it_sent(lab, playbooks, tenant, address):
    killed_at("2 after", playbooks, tenant, address)
    resumed = provision(playbooks, tenant=tenant, admin_email=address)
    assert resumed.code == 0, resumed.output
    told = playbooks.run("heal.yml", tenant=tenant)
    assert told.code == 0, told.output
    message_id = f"<welcome.{registered(playbooks.registry_url, tenant)['owner']}@tenants.test>"
    assert f"cut off in sending a mail  left alone  active  look for {message_id}" in told.output
    assert mails_to(lab, address) == []
    assert playbooks.run("heal.yml", tenant=tenant, notify_again=True).code == 0
    assert len(mails_to(lab, address)) == 1


def killed_at(moment: str, playbooks, tenant: str, address: str):
    """A provisioning that is killed at a write to the outbox."""
    environment = {"CUT_AT": moment, "CUT_WRITES": "frappeops.tenants.tenant_outbox"}
    return provision(playbooks, tenant=tenant, admin_email=address, environment=environment)


def test_a_language_of_the_operators_own(lab, playbooks, tenant, address, tmp_path):
    """A template of the language in a folder, its subject in a variable, and the role's HTML."""
    (tmp_path / "welcome.pt.txt.j2").write_text("Bem-vinda: {{ tenant_record.frontend_url }}\n")
    made = provision(
        playbooks,
        tenant=tenant,
        admin_email=address,
        notify_language="pt-BR",
        notify_template_folder=str(tmp_path),
        notify_more_languages={"pt": {"subject": "HOST está pronto"}},
    )
    assert made.code == 0, made.output
    [message] = mails_to(lab, address)
    text, html = (part.get_content() for part in message.iter_parts())
    assert message["Subject"] == f"{tenant}.tenants.test está pronto"
    assert text.startswith(f"Bem-vinda: https://{tenant}.tenants.test")
    assert '<html lang="pt">' in html and "There is no password to remember" in html


def test_a_broken_template_costs_no_tenant_and_is_told_before_anything_is_made(
    lab, playbooks, tenant, address, tmp_path
):
    template = tmp_path / "mine.txt.j2"
    template.write_text("Hello {{ nobody_knows_this }}\n")
    wanted = {"tenant": tenant, "admin_email": address, "notify_text_template": str(template)}
    refused = provision(playbooks, notify_required=True, **wanted)
    assert refused.code != 0
    assert f"{tenant} failed in step preflight" in refused.output
    made = provision(playbooks, **wanted)
    assert made.code == 0, made.output
    told = " ".join(made.output.split())
    assert "its welcome mail can't be written as it is now: " in told
    assert f"{tenant} is active, but its welcome mail was not sent: " in told
    assert told.count("'nobody_knows_this' is undefined") >= 2
    assert registered(playbooks.registry_url, tenant)["state"] == "active"
    template.write_text("Hello\n")
    healed = playbooks.run("heal.yml", tenant=tenant, notify_text_template=str(template))
    assert healed.code == 0, healed.output
    assert [message.get_body(("plain",)).get_content().strip() for message in mails_to(lab, address)] == ["Hello"]


def test_every_change_of_state_reaches_the_webhook_also_that_of_a_failure(playbooks, tenant, address):
    with serving(lambda request: Reply(200)) as web:
        hook = {"name": tenant, "url": f"http://127.0.0.1:{web.port}/", "secret": SECRET}
        refused = provision(
            playbooks,
            tenant=tenant,
            admin_email=address,
            notify_webhooks=[hook],
            notify_smtp=DEAD_SERVER,
            notify_required=True,
        )
        assert refused.code != 0
        # It was away meanwhile, and misses nothing.
        made = provision(playbooks, tenant=tenant, admin_email=address)
        assert made.code == 0, made.output
        again = provision(playbooks, tenant=tenant, admin_email=address, notify_webhooks=[hook])
        assert again.code == 0, again.output
        events = [Receiver(SECRET).verify(request.body, request.headers) for request in web.requests]
        mine = [event for event in events if event["data"]["name"] == tenant]
        last = provision(playbooks, tenant=tenant, admin_email=address, notify_webhooks=[hook])
    assert [event["type"] for event in mine] == [
        "tenant.reserved",
        "tenant.failed",
        "tenant.reserved",
        "tenant.provisioning",
        "tenant.active",
    ]
    assert mine[-1]["data"]["frontend_url"].startswith(f"https://{tenant}.tenants.test")
    assert "preflight" in mine[1]["data"]["details"]["reason"]
    assert (last.code, last.count("changed")) == (0, 0), last.output
    assert len(web.requests) == len(events)


def test_a_webhook_that_is_away_is_a_warning_and_never_a_failure(playbooks, tenant, address):
    hook = {"name": f"away-{tenant}", "url": "http://127.0.0.1:1/?token=hunter2", "secret": SECRET, "timeout": 1}
    made = provision(playbooks, "-vvv", tenant=tenant, admin_email=address, notify_webhooks=[hook])
    assert made.code == 0, made.output
    told = " ".join(made.output.split())
    assert f"Webhook away-{tenant} did not take reserved of {tenant}: it can't be connected to." in told
    assert "It is told again by the next run." in told
    assert "hunter2" not in told
    assert SECRET not in told


def test_heal_delivers_what_could_not_be_delivered(lab, playbooks, tenant, address):
    with serving(lambda request: Reply(200)) as web:
        hook = {"name": f"late-{tenant}", "url": f"http://127.0.0.1:{web.port}/", "secret": SECRET}
        away = {**hook, "url": "http://127.0.0.1:1/", "timeout": 1}
        made = provision(playbooks, tenant=tenant, admin_email=address, notify_smtp=DEAD_SERVER, notify_webhooks=[away])
        assert made.code == 0, made.output
        foretold = playbooks.run("heal.yml", "--check", tenant=tenant, notify_webhooks=[hook])
        assert foretold.code == 0, foretold.output
        assert (mails_to(lab, address), web.requests) == ([], [])
        healed = playbooks.run("heal.yml", tenant=tenant, notify_webhooks=[hook])
        assert healed.code == 0, healed.output
        [message] = mails_to(lab, address)
        assert message["Message-ID"] == f"<welcome.{registered(playbooks.registry_url, tenant)['owner']}@tenants.test>"
        told = [Receiver(SECRET).verify(request.body, request.headers) for request in web.requests]
        assert [event["type"] for event in told if event["data"]["name"] == tenant][-1] == "tenant.active"
        again = playbooks.run("heal.yml", tenant=tenant, notify_webhooks=[hook])
    assert (again.code, again.count("changed")) == (0, 0), again.output
    assert len(mails_to(lab, address)) == 1


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
