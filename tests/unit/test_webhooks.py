# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Webhooks are told of every change, in order, signed, at least once; against a real web server and a real SQLite registry."""

from __future__ import annotations

import base64
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Receiver

sys.path.insert(0, str(Path(__file__).parent))
import test_registry
from test_adoption import FOUND
from test_registry import a_wish
from web_servers import Authority, Reply, free_port, serving, socket_saying

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils import webhook
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import (
    adoption,
    events,
    schema,
    tenants,
    webhooks,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.webhook import Webhook

url, connection, run = test_registry.url, test_registry.connection, test_registry.run

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
EVENT = {
    "id": 7,
    "at": "2026-11-23T20:15:00.123+00:00",
    "event": "plan changed",
    "tenant": "acme",
    "data": {"plan": "enterprise"},
    "record": {"plan": "enterprise", "frontend_url": "https://acme.example.com"},
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(webhook, "PAUSE_SECONDS", 0.01)


def to(port, **options):
    return Webhook("frontend", f"http://127.0.0.1:{port}/hook?token=hunter2", SECRET, **options)


def refusal(hook):
    with pytest.raises(TenantError) as raised:
        hook.check()
        hook.tell(EVENT)
    assert "\n" not in raised.value.msg
    assert "hunter2" not in raised.value.msg
    return raised.value.msg


class TestTelling:
    def test_a_receiver_can_check_the_signature_and_read_the_event(self):
        with serving(lambda request: Reply(204)) as web:
            to(web.port).tell(EVENT)
        [request] = web.requests
        told = Receiver(SECRET).verify(request.body, request.headers)
        assert told == {
            "type": "tenant.plan_changed",
            "timestamp": "2026-11-23T20:15:00.123+00:00",
            "data": {
                "name": "acme",
                "plan": "enterprise",
                "frontend_url": "https://acme.example.com",
                "details": {"plan": "enterprise"},
            },
        }
        assert request.headers["webhook-id"] == "evt_7_20261123201500123"

    @given(key=st.binary(min_size=24, max_size=64), name=st.text(max_size=40))
    def test_every_signature_is_one_that_receivers_take(self, key, name):
        secret = "whsec_" + base64.b64encode(key).decode()
        body = json.dumps({"name": name}, ensure_ascii=False).encode(errors="replace")
        stamp = str(int(time.time()))
        headers = {
            "webhook-id": "evt_1_1",
            "webhook-timestamp": stamp,
            "webhook-signature": webhook.signature(key, "evt_1_1", stamp, body),
        }
        Receiver(secret).verify(body, headers)

    def test_a_busy_receiver_is_asked_again(self):
        answers = iter([Reply(503), Reply(429), Reply(200)])
        with serving(lambda request: next(answers)) as web:
            to(web.port).tell(EVENT)
        assert len({request.headers["webhook-id"] for request in web.requests}) == 1
        assert len(web.requests) == 3

    def test_a_receiver_that_refuses_is_not_asked_again(self):
        with serving(lambda request: Reply(400)) as web:
            assert refusal(to(web.port)) == "Webhook frontend did not take plan changed of acme: it answered 400."
        assert len(web.requests) == 1

    def test_a_redirect_is_not_followed(self):
        with serving(lambda request: Reply(200)) as other:
            elsewhere = {"Location": f"http://127.0.0.1:{other.port}/"}
            with serving(lambda request: Reply(302, headers=elsewhere)) as web:
                assert "it answered 302" in refusal(to(web.port))
        assert other.requests == []

    def test_receivers_that_are_away_or_silent(self):
        assert "it can't be connected to" in refusal(to(free_port()))
        with socket_saying(None) as port:
            assert "it did not answer in time" in refusal(to(port, timeout=0.1))

    def test_only_a_trusted_certificate_will_do(self, tmp_path):
        authority = Authority(tmp_path)
        with serving(lambda request: Reply(200), authority.context("127.0.0.1")) as web:
            url = f"https://127.0.0.1:{web.port}/"
            Webhook("frontend", url, SECRET, str(authority.file)).tell(EVENT)
            assert "its certificate is not trusted" in refusal(Webhook("frontend", url, SECRET))

    @pytest.mark.parametrize(
        "url", ["http://example.com/", "ftp://example.com/", "example.com", "http://127.0.0.1.example.com/"]
    )
    def test_unencrypted_ways_are_refused(self, url):
        assert "must begin with https://" in refusal(Webhook("frontend", url, SECRET))

    @pytest.mark.parametrize(
        "secret", ["", "hunter2", "whsec_", "whsec_!!!!", "whsec_" + base64.b64encode(b"x" * 23).decode()]
    )
    def test_secrets_that_receivers_would_not_take_are_refused(self, secret):
        with pytest.raises(TenantError, match="its secret is refused") as raised:
            Webhook("frontend", "https://example.com/", secret).check()
        assert "openssl rand" in raised.value.remedy


class TestQueue:
    def test_a_new_webhook_hears_of_this_run_and_not_of_the_past(self, connection, run):
        tenants.reserve(connection, replace(run, pid=1, pid_started="1"), a_wish())
        tenants.transition(connection, run, "acme", "provisioning")
        after = webhooks.take_turn(connection, run, "frontend")
        assert [event["event"] for event in webhooks.pending(connection, after, 10)] == ["provisioning"]

    def test_each_is_told_until_it_was_taken(self, connection, run):
        after = webhooks.take_turn(connection, run, "frontend")
        tenants.reserve(connection, run, a_wish())
        events.append(connection, run, "acme", "step begun", step="dns")
        tenants.transition(connection, run, "acme", "provisioning")
        first, second = webhooks.pending(connection, after, 10)
        assert (first["event"], second["event"]) == ("reserved", "provisioning")
        assert first["record"]["frontend_url"] == "https://acme.example.com"
        webhooks.took(connection, "frontend", first["id"])
        webhooks.end_turn(connection, "frontend", "it answered 500")
        after = webhooks.take_turn(connection, run, "frontend")
        assert [event["id"] for event in webhooks.pending(connection, after, 10)] == [second["id"]]

    def test_what_is_told_late_is_told_of_the_tenant_that_it_happened_to(self, connection, run):
        after = webhooks.take_turn(connection, run, "frontend")
        tenants.reserve(connection, run, a_wish())
        tenants.transition(connection, run, "acme", "failed", "no disk")
        tenants.reserve(connection, run, a_wish(admin_email="eve@other.example", plan="enterprise", owner="f" * 16))
        told = webhooks.pending(connection, after, 10)
        assert [(event["event"], event["record"]["admin_email"], event["record"]["plan"]) for event in told] == [
            ("reserved", "ada@acme.com", "starter"),
            ("failed", "ada@acme.com", "starter"),
            ("reserved", "eve@other.example", "enterprise"),
        ]

    def test_of_what_an_older_version_noted_only_the_event_is_told(self, connection, run):
        after = webhooks.take_turn(connection, run, "frontend")
        tenants.reserve(connection, run, a_wish())
        connection.execute(schema.events.update().values(record=sqlalchemy.null()))
        [event] = webhooks.pending(connection, after, 10)
        assert event["record"] == {}
        assert webhook.payload(event)["data"]["name"] == "acme"

    def test_they_hear_of_an_adopted_tenant_and_of_other_urls(self, connection, run):
        after = webhooks.take_turn(connection, run, "frontend")
        adoption.adopt(connection, run, FOUND)
        for state, scheme in (("http_only", "http"), ("issued", "https")):
            tenants.note_certificate(connection, run, "acme", state, f"{scheme}://acme", f"{scheme}://api.acme")
        # The same URLs as before are nothing to tell.
        tenants.note_certificate(connection, run, "acme", "shared", "https://acme", "https://api.acme")
        told = webhooks.pending(connection, after, 10)
        assert [(event["event"], event["record"]["frontend_url"]) for event in told] == [
            ("adopted", "https://erp.acme.com"),
            ("urls changed", "http://acme"),
            ("urls changed", "https://acme"),
        ]

    def test_only_one_run_tells_it(self, connection, run):
        other = replace(run, controller="elsewhere")
        assert webhooks.take_turn(connection, run, "frontend") is not None
        assert webhooks.take_turn(connection, other, "frontend") is None
        assert webhooks.take_turn(connection, other, "dashboard") is not None
        webhooks.end_turn(connection, "frontend")
        assert webhooks.take_turn(connection, other, "frontend") is not None

    def test_the_turn_of_a_dead_run_is_taken_over(self, connection, run):
        webhooks.take_turn(connection, replace(run, pid_started="1"), "frontend")
        assert webhooks.take_turn(connection, run, "frontend") is not None
