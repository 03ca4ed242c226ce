# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the web server answers: which site, which user, which file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import requests
from benchkit import Site, Web

EVE = "eve@acceptance.test"


@dataclass(frozen=True)
class Key:
    user: str
    token: str

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}


@pytest.fixture(scope="module")
def key(site: Site) -> Iterator[Key]:
    """A System Manager with an API key."""
    keys = site.python(
        f"""
from frappe.core.doctype.user.user import generate_keys
frappe.get_doc({{"doctype": "User", "email": "{EVE}", "first_name": "Eve", "send_welcome_email": 0,
    "roles": [{{"role": "System Manager"}}]}}).insert(ignore_permissions=True)
secret = generate_keys("{EVE}")["api_secret"]
answer = [frappe.db.get_value("User", "{EVE}", "api_key"), secret]
"""
    )
    yield Key(EVE, ":".join(keys))
    site.python(f"frappe.delete_doc('User', '{EVE}', ignore_permissions=True)")


# --- which site --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/method/ping", {"message": "pong"}),
        ("/api/method/frappe.ping", {"message": "pong"}),
        ("/api/v1/method/ping", {"message": "pong"}),
        ("/api/v2/method/ping", {"data": "pong"}),
    ],
)
def test_ping(site: Site, web: Web, path: str, answer: dict) -> None:
    found = web.get(site, path)
    assert (found.status_code, found.json()) == (200, answer)


def test_the_site_is_chosen_by_host_where_the_header_is_missing(site: Site, web: Web) -> None:
    answer = requests.get(f"{web.url}/api/method/ping", headers={"Host": site.name}, timeout=60)
    assert answer.json() == {"message": "pong"}


def test_the_header_goes_before_host_whoever_sent_it(site: Site, web: Web) -> None:
    answer = web.get(site, "/api/method/ping", headers={"Host": "another.test"})
    assert answer.json() == {"message": "pong"}


def test_an_unknown_host_is_404(web: Web) -> None:
    answer = web.get("acceptance-none.test", "/api/method/ping", headers={"Accept": "*/*"})
    assert answer.status_code == 404
    assert "acceptance-none.test does not exist" in answer.text


def test_a_site_without_an_enabled_guest_is_417(site: Site, web: Web) -> None:
    """How a half-made site shows."""
    site.python("frappe.db.set_value('User', 'Guest', 'enabled', 0)\nfrappe.clear_cache()")
    try:
        answer = web.get(site, "/api/method/ping")
    finally:
        site.python("frappe.db.set_value('User', 'Guest', 'enabled', 1)\nfrappe.clear_cache()")
    assert answer.status_code == 417
    assert "User Guest is disabled" in answer.text


def test_maintenance_mode_stops_everything(site: Site, web: Web) -> None:
    site.run("set-maintenance-mode", "on")
    try:
        answer = web.get(site, "/api/method/ping")
    finally:
        site.run("set-maintenance-mode", "off")
    assert answer.status_code == 503
    assert answer.json()["exc_type"] == "SessionStopped"
    assert web.get(site, "/api/method/ping").status_code == 200


def test_maintenance_mode_may_let_readers_in(site: Site, web: Web, key: Key) -> None:
    site.run("set-config", "-p", "allow_reads_during_maintenance", "1")
    site.run("set-maintenance-mode", "on")
    try:
        read = web.get(site, "/api/resource/Note", headers=key.header)
        write = web.post(site, "/api/resource/Note", headers=key.header, json={"title": "no"})
    finally:
        site.run("set-maintenance-mode", "off")
        site.run("set-config", "allow_reads_during_maintenance", "None")
    assert (read.status_code, write.status_code) == (200, 503)


# --- how much ----------------------------------------------------------------------------------------------------------


@contextmanager
def limited(site: Site, key: str, value: str) -> Iterator[None]:
    site.run("set-config", "-p", key, value)
    try:
        yield
    finally:
        site.run("set-config", key, "None")


def test_more_than_max_file_size_is_refused_with_413(site: Site, web: Web) -> None:
    with limited(site, "max_file_size", "1000"):
        small, large = (web.post(site, "/api/method/ping", data=b"x" * size) for size in (10, 2000))
    assert (small.status_code, large.status_code) == (200, 413)
    # By which health tells it from nginx's own.
    assert "The data value transmitted exceeds the capacity limit" in large.text


def test_who_used_up_the_rate_limit_is_refused_with_429(site: Site, web: Web) -> None:
    """A millisecond of processing an hour is used up by any request."""
    with limited(site, "rate_limit", "{'limit': 0.001, 'window': 3600}"):
        assert [web.get(site, "/api/method/ping").status_code for _turn in range(2)] == [200, 429]
    assert web.get(site, "/api/method/ping").status_code == 200


# --- which user --------------------------------------------------------------------------------------------------------


def test_a_token_says_who_is_asking(site: Site, web: Web, key: Key) -> None:
    answer = web.get(site, "/api/method/frappe.auth.get_logged_user", headers=key.header)
    assert (answer.status_code, answer.json()) == (200, {"message": key.user})


@pytest.mark.parametrize("token", ["token wrong:wrong", "token {user}:wrong", "Bearer wrong"])
def test_a_wrong_token_is_401_and_not_a_guest(site: Site, web: Web, key: Key, token: str) -> None:
    header = {"Authorization": token.format(user=key.token.split(":")[0])}
    assert web.get(site, "/api/method/ping", headers=header).status_code == 401


def test_a_guest_may_not_ask_who_he_is(site: Site, web: Web) -> None:
    assert web.get(site, "/api/method/frappe.auth.get_logged_user").status_code == 403


def test_a_session_is_kept_by_its_cookie_until_logout(site: Site, web: Web) -> None:
    from benchkit import ADMIN_PASSWORD

    login = web.post(site, "/api/method/login", data={"usr": "Administrator", "pwd": ADMIN_PASSWORD})
    cookie = {"sid": login.cookies["sid"]}
    who = "/api/method/frappe.auth.get_logged_user"
    assert web.get(site, who, cookies=cookie).json() == {"message": "Administrator"}
    assert web.get(site, "/api/method/logout", cookies=cookie).status_code == 200
    assert web.get(site, who, cookies=cookie).status_code == 403


def test_a_resource_can_be_made_read_changed_and_deleted(site: Site, web: Web, key: Key) -> None:
    made = web.post(site, "/api/resource/Note", headers=key.header, json={"title": "Over HTTP"})
    assert made.status_code == 200, made.text
    path = f"/api/resource/Note/{made.json()['data']['name']}"
    assert web.get(site, path, headers=key.header).json()["data"]["title"] == "Over HTTP"
    changed = web.request(site, "PUT", path, headers=key.header, json={"title": "Changed"})
    assert changed.json()["data"]["title"] == "Changed"
    assert web.request(site, "DELETE", path, headers=key.header).status_code == 202
    assert web.get(site, path, headers=key.header).status_code == 404


def test_a_guest_reads_no_resource(site: Site, web: Web) -> None:
    assert web.get(site, "/api/resource/User").status_code == 403


def test_an_unknown_path_and_an_unknown_method(site: Site, web: Web) -> None:
    assert web.get(site, "/api/nothing").status_code == 404
    unknown = web.get(site, "/api/method/no_such_method")
    assert unknown.status_code == 417
    assert "Failed to get method" in unknown.text


# --- which file --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(site: Site) -> Iterator[dict[str, str]]:
    """A public and a private file, both the Administrator's."""
    made = site.python(
        """
answer = {}
for kind, private in (("public", 0), ("private", 1)):
    document = frappe.get_doc({"doctype": "File", "file_name": "acceptance-" + kind + ".txt", "is_private": private,
        "content": kind + " content of " + frappe.local.site}).insert()
    answer[kind] = document.file_url
"""
    )
    yield made
    site.python(
        "for name in frappe.get_all('File', {'file_name': ['like', 'acceptance-%']}, pluck='name'):\n    frappe.delete_doc('File', name)"
    )


def test_anybody_may_download_a_public_file_through_the_api(site: Site, web: Web, files: dict[str, str]) -> None:
    """The collection's proof that it is THIS site that answers, whatever nginx does with /files."""
    answer = web.get(site, "/api/method/download_file", params={"file_url": files["public"]})
    assert (answer.status_code, answer.text) == (200, f"public content of {site.name}")


@pytest.mark.parametrize("url", ["{private}", "/files/acceptance-missing.txt"])
def test_a_private_or_missing_file_is_refused_to_a_guest(site: Site, web: Web, files: dict, url: str) -> None:
    answer = web.get(site, "/api/method/download_file", params={"file_url": url.format(**files)})
    assert answer.status_code == 403


def test_a_private_file_is_handed_over_to_nginx(site: Site, web: Web, files: dict[str, str]) -> None:
    from benchkit import ADMIN_PASSWORD

    login = web.post(site, "/api/method/login", data={"usr": "Administrator", "pwd": ADMIN_PASSWORD})
    cookie = {"sid": login.cookies["sid"]}
    behind = web.get(site, files["private"], cookies=cookie, headers={"X-Use-X-Accel-Redirect": "True"})
    assert behind.headers["X-Accel-Redirect"] == f"/protected{files['private']}"
    assert behind.content == b""
    assert web.get(site, files["private"], cookies=cookie).text == f"private content of {site.name}"
    assert web.get(site, files["private"]).status_code == 403


def test_a_file_lies_in_the_sites_own_folder(site: Site, files: dict[str, str]) -> None:
    assert (site.folder / "public" / files["public"].lstrip("/")).read_text() == f"public content of {site.name}"
    assert (site.folder / files["private"].lstrip("/")).exists()
