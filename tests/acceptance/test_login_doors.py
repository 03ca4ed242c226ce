# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every door that a password opens, and the one lock that shuts them all.

The four keys of site_config.json lock nothing; System Settings do, and only after another way in is open.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import pytest
from benchkit import ADMIN_PASSWORD, Site, Web

CREDENTIALS = {"usr": "Administrator", "pwd": ADMIN_PASSWORD}
BY_COMMAND = CREDENTIALS | {"cmd": "login"}
PROVIDER = "Acceptance Auth"

MAKE_PROVIDER = f"""
provider = frappe.get_doc({{"doctype": "Social Login Key", "provider_name": "{PROVIDER}", "social_login_provider": "Custom",
    "enable_social_login": 1, "client_id": "acceptance", "client_secret": "of the client", "custom_base_url": 1,
    "base_url": "https://auth.example.com", "authorize_url": "/authorize", "access_token_url": "/token",
    "redirect_url": "/api/method/frappe.integrations.oauth2_logins.custom/acceptance_auth", "sign_ups": "Deny"}})
provider.insert()
"""
LOCK = """
settings = frappe.get_doc("System Settings")
settings.update({"disable_user_pass_login": 1, "login_with_email_link": 0})
settings.save()
"""
UNLOCK = """
settings = frappe.get_doc("System Settings")
settings.update({"disable_user_pass_login": 0, "login_with_email_link": 1, "password_reset_limit": 3,
    "reset_password_link_expiry_duration": 1200})
settings.save()
frappe.delete_doc_if_exists("Social Login Key", "acceptance_auth")
"""


def logged_in(answer) -> bool:
    return answer.status_code == 200 and answer.cookies.get("sid") not in (None, "Guest")


@pytest.fixture
def locked(site: Site) -> Iterator[Site]:
    site.python(MAKE_PROVIDER + LOCK)
    yield site
    site.python(UNLOCK)


def doors(web: Web, site: Site) -> dict[str, bool]:
    """Which routes log the Administrator in."""
    return {
        "login": logged_in(web.post(site, "/api/method/login", data=CREDENTIALS)),
        "login by GET": logged_in(web.get(site, "/api/method/login", params=CREDENTIALS)),
        "cmd on ping": logged_in(web.post(site, "/api/method/frappe.ping", data=BY_COMMAND)),
        "cmd in the query": logged_in(web.get(site, "/api/method/ping", params=BY_COMMAND)),
        "cmd on /": logged_in(web.post(site, "/", data=BY_COMMAND)),
        "cmd on v1": logged_in(web.post(site, "/api/v1/method/login", data=BY_COMMAND)),
        "cmd on v2": logged_in(web.post(site, "/api/v2/method/login", data=BY_COMMAND)),
        "cmd as JSON": logged_in(web.post(site, "/api/method/ping", json=BY_COMMAND)),
    }


def test_a_password_opens_every_route_of_a_fresh_site(site: Site, web: Web) -> None:
    found = doors(web, site)
    assert all(found.values()), found


@pytest.mark.parametrize("path", ["/api/v1/method/login", "/api/v2/method/login"])
def test_the_versioned_login_does_nothing_without_cmd(site: Site, web: Web, path: str) -> None:
    assert not logged_in(web.post(site, path, data=CREDENTIALS))


def test_a_wrong_password_is_401(site: Site, web: Web) -> None:
    answer = web.post(site, "/api/method/login", data={"usr": "Administrator", "pwd": "wrong"})
    assert answer.status_code == 401


def test_the_four_keys_of_the_config_lock_nothing(site: Site, web: Web) -> None:
    keys = ("disable_user_pass_login", "disable_standard_login", "disable_signup")
    for key in keys:
        site.run("set-config", key, "1")
    try:
        answer = web.post(site, "/api/method/login", data=CREDENTIALS)
    finally:
        for key in keys:
            site.run("set-config", key, "None")
    assert logged_in(answer)


def test_login_by_mail_link_is_on_and_lets_the_lock_be_set_without_any_provider(site: Site) -> None:
    answer = site.python(
        """
settings = frappe.get_doc("System Settings")
answer = [settings.login_with_email_link]
settings.disable_user_pass_login = 1
settings.save()
frappe.db.rollback()
"""
    )
    assert answer == [1]


def test_the_lock_is_refused_while_there_is_no_other_way_in(site: Site) -> None:
    answer = site.python(
        f"try:\n    {LOCK.strip().replace(chr(10), chr(10) + '    ')}\nexcept frappe.ValidationError as error:\n    answer = str(error)\nfrappe.db.rollback()"
    )
    assert "Social Login Key" in answer


def test_a_provider_that_is_not_enabled_is_no_way_in(site: Site) -> None:
    code = MAKE_PROVIDER.replace('"enable_social_login": 1', '"enable_social_login": 0') + LOCK
    answer = site.python(
        f"try:\n    {code.strip().replace(chr(10), chr(10) + '    ')}\nexcept frappe.ValidationError as error:\n    answer = str(error)\nfrappe.db.rollback()"
    )
    assert "Social Login Key" in answer


def test_no_password_opens_any_route_of_a_locked_site(locked: Site, web: Web) -> None:
    found = doors(web, locked)
    assert not any(found.values()), found


def test_right_and_wrong_passwords_look_alike_on_a_locked_site(locked: Site, web: Web) -> None:
    for password in (ADMIN_PASSWORD, "wrong"):
        answer = web.post(locked, "/api/method/login", data={"usr": "Administrator", "pwd": password})
        assert answer.status_code == 401
        assert "Login with username and password is not allowed" in answer.text


def test_a_token_still_works_on_a_locked_site(locked: Site, web: Web) -> None:
    keys = locked.python(
        """
from frappe.core.doctype.user.user import generate_keys
secret = generate_keys("Administrator")["api_secret"]
answer = [frappe.db.get_value("User", "Administrator", "api_key"), secret]
"""
    )
    answer = web.get(
        locked, "/api/method/frappe.auth.get_logged_user", headers={"Authorization": "token " + ":".join(keys)}
    )
    assert answer.json() == {"message": "Administrator"}


def test_a_provider_is_named_by_its_scrubbed_name_and_keeps_its_secret(locked: Site) -> None:
    answer = locked.python(
        """
key = frappe.get_doc("Social Login Key", "acceptance_auth")
answer = [key.name, key.get_password("client_secret"), frappe.db.get_value("Social Login Key", key.name, "client_secret")]
"""
    )
    assert answer[:2] == ["acceptance_auth", "of the client"]
    assert set(answer[2]) == {"*"}


@pytest.mark.parametrize("field", ["authorize_url", "access_token_url", "redirect_url", "base_url", "client_id"])
def test_a_provider_needs_its_addresses_and_its_id(site: Site, field: str) -> None:
    code = MAKE_PROVIDER.replace("provider.insert()", f"provider.{field} = None")
    answer = site.python(
        f"{code}\ntry:\n    provider.insert()\nexcept frappe.ValidationError as error:\n    answer = str(error)\nfrappe.db.rollback()"
    )
    assert "Please enter" in answer


def test_links_to_the_provider_point_at_its_base_url(locked: Site) -> None:
    url = locked.python(
        """
from frappe.utils.oauth import get_oauth2_authorize_url
frappe.local.conf.host_name = "https://api.acme.example.com"
answer = get_oauth2_authorize_url("acceptance_auth", "/app")
"""
    )
    assert url.startswith("https://auth.example.com/authorize?")
    assert "client_id=acceptance" in url
    assert "api.acme.example.com" in url


def test_client_id_and_secret_of_the_config_go_first(locked: Site) -> None:
    answer = locked.python(
        """
from frappe.utils.oauth import get_oauth_keys
frappe.local.conf["acceptance_auth_login"] = {"client_id": "from config", "client_secret": "too"}
answer = get_oauth_keys("acceptance_auth")
"""
    )
    assert answer == {"client_id": "from config", "client_secret": "too"}


def test_the_way_back_from_an_unknown_provider_logs_nobody_in(site: Site, web: Web) -> None:
    path = "/api/method/frappe.integrations.oauth2_logins.custom/nobody"
    answer = web.get(site, path, params={"code": "x", "state": "y"})
    assert not logged_in(answer)


def test_sign_up_can_be_shut(site: Site, web: Web) -> None:
    site.python("frappe.db.set_single_value('Website Settings', 'disable_signup', 1)\nfrappe.clear_cache()")
    answer = web.post(
        site,
        "/api/method/frappe.core.doctype.user.user.sign_up",
        data={"email": "stranger@acceptance.test", "full_name": "Stranger", "redirect_to": "/"},
    )
    assert answer.status_code == 417
    assert "Sign Up is disabled" in answer.text
    assert not site.python("answer = frappe.db.exists('User', 'stranger@acceptance.test')")


def test_the_administrators_password_cannot_be_reset_from_outside(site: Site, web: Web) -> None:
    path = "/api/method/frappe.core.doctype.user.user.reset_password"
    assert web.post(site, path, data={"user": "Administrator"}).json() == {"message": "not allowed"}


def test_a_login_link_is_not_sent_once_it_is_shut(locked: Site, web: Web) -> None:
    path = "/api/method/frappe.www.login.send_login_link"
    answer = web.post(locked, path, data={"email": "nobody@acceptance.test"})
    assert answer.status_code == 200
    assert answer.json() == {}


def test_an_invalid_login_link_logs_nobody_in(site: Site, web: Web) -> None:
    answer = web.get(site, "/api/method/frappe.www.login.login_via_key", params={"key": "wrong"})
    assert answer.status_code == 403
    assert not logged_in(answer)


RESET_LINK = """
settings = frappe.get_doc("System Settings")
settings.reset_password_link_expiry_duration = payload["seconds"]
settings.save()
user = frappe.db.exists("User", "reset@acceptance.test") or frappe.get_doc({"doctype": "User",
    "email": "reset@acceptance.test", "first_name": "Reset", "send_welcome_email": 0,
    "roles": [{"role": "System Manager"}]}).insert().name
answer = frappe.get_doc("User", user).reset_password().partition("key=")[2]
"""


@pytest.mark.parametrize(("seconds", "lets_in"), [(1200, True), (1, False)])
def test_a_link_for_a_new_password_opens_a_locked_site_unless_it_dies_at_once(
    locked: Site, web: Web, seconds: int, lets_in: bool
) -> None:
    key = locked.python(RESET_LINK, seconds=seconds)
    time.sleep(2)
    path = "/api/method/frappe.core.doctype.user.user.update_password"
    answer = web.post(locked, path, data={"key": key, "new_password": "a-Password-of-Reset-7"})
    assert logged_in(answer) is lets_in
    assert answer.status_code == (200 if lets_in else 410)


@pytest.mark.parametrize(("limit", "status"), [(3, 404), (-1, 429)])
def test_below_zero_nobody_can_ask_for_a_new_password(locked: Site, web: Web, limit: int, status: int) -> None:
    locked.python(
        """
settings = frappe.get_doc("System Settings")
settings.password_reset_limit = payload["limit"]
settings.save()
""",
        limit=limit,
    )
    path = "/api/method/frappe.core.doctype.user.user.reset_password"
    never_seen = {"X-Forwarded-For": f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"}
    answer = web.post(locked, path, data={"user": "nobody@example.invalid"}, headers=never_seen)
    assert answer.status_code == status
