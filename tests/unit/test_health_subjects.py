# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a health check is told of a tenant, by the registry and by how people sign in."""

from __future__ import annotations

import pytest

from ansible_collections.frappeops.tenants.plugins.filter.health_subjects import health_subjects
from ansible_collections.frappeops.tenants.plugins.filter.health_told import health_told

ROW = {
    "name": "acme",
    "site": "api.acme.test",
    "frontend_url": "https://acme.test",
    "backend_url": "https://api.acme.test",
    "owner": "5f2c91d04be71a3f",
    "state": "active",
}
OAUTH = {"provider_name": "Our Auth", "base_url": "https://auth.test", "client_id": "tenants"}


def test_a_tenant_whose_people_sign_in_by_password_has_no_provider():
    [subject] = health_subjects([ROW])
    assert (subject["proof_path"], subject["suspended"]) == ("/files/5f2c91d04be71a3f.txt", False)
    assert not {"provider_url", "authorize_url", "client_id", "redirect_uri"} & set(subject)


def test_sign_in_leads_to_the_provider_and_back_to_the_tenant():
    [subject] = health_subjects([ROW], OAUTH)
    assert subject["provider_url"] == "https://auth.test"
    assert subject["authorize_url"] == "https://auth.test/api/method/frappe.integrations.oauth2.authorize"
    assert subject["client_id"] == "tenants"
    assert (
        subject["redirect_uri"] == "https://api.acme.test/api/method/frappe.integrations.oauth2_logins.custom/our_auth"
    )


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"site": "auth.test"}, "client_id", "5f2c91d04be71a3f"),
        ({"authorize_url": "/authorize"}, "authorize_url", "https://auth.test/authorize"),
        ({"authorize_url": "https://login.test/a"}, "authorize_url", "https://login.test/a"),
        ({"client_id": None, "base_url": "https://other.test/sub"}, "provider_url", "https://other.test/sub"),
    ],
)
def test_the_provider_is_as_the_operator_says(changes, field, value):
    [subject] = health_subjects([ROW], {**OAUTH, **changes})
    assert subject[field] == value


def test_a_suspended_tenant_is_known_as_such():
    [subject] = health_subjects([{**ROW, "state": "suspended"}])
    assert subject["suspended"]


def test_a_check_is_told_in_a_line():
    check = {"name": "certificate", "status": "WARN", "seen": "9 days left", "wanted": "14", "remedy": "certbot renew"}
    tenants = [
        {"name": "acme", "checks": [check, {**check, "name": "backend", "status": "FAIL", "seen": "It is away."}]}
    ]
    assert health_told(tenants, "WARN") == ["acme, certificate: 9 days left. certbot renew"]
    assert health_told(tenants) == ["acme, backend: It is away. certbot renew"]
