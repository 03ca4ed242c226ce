# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three ways to a site, one result: a cold site, one from its template and one that stood by are compared."""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from benchkit import Bench, Site, Web
from site_contents import SiteContents, differences, dumps_below

from ansible_collections.frappeops.tenants.plugins.module_utils import documents, site_template
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench as OurBench
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import Database, SitePlace
from ansible_collections.frappeops.tenants.plugins.module_utils.site_standby import AT_REST
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import TenantSite, WantedSite

SOURCES = ("cold", "template", "standby")
#: What each site's configuration has for itself.
OWN_KEYS = dict.fromkeys(("db_name", "db_user", "db_password", "encryption_key"))


def document(doctype: str, name: str | None = None, initial: dict[str, Any] | None = None, **values: Any) -> Any:
    """A document as the modules hand it on."""
    given = {"doctype": doctype, "name": name, "filters": None, "state": "present", "values": values, "rows": {}}
    (one,) = documents.wanted([{**given, "rows_from": {}, "initial": initial or {}, "fields": [], "secret_values": {}}])
    return one


#: What a standby site has before anybody wants it.
SETTINGS = [
    document(
        "Social Login Key",
        "test_auth",
        enable_social_login=1,
        social_login_provider="Custom",
        provider_name="Test Auth",
        client_id="tenants",
        client_secret="the-providers-own-1",
        custom_base_url=1,
        base_url="https://auth.test",
        authorize_url="/authorize",
        access_token_url="/token",
        api_endpoint="/profile",
        redirect_url="/api/method/frappe.integrations.oauth2_logins.custom/test_auth",
        sign_ups="Deny",
    ),
    document("System Settings", language="en", time_zone="Europe/Berlin", enable_scheduler=1),
]
#: What only a tenant has.
ADA = {"email": "ada@acme.example", "first_name": "Ada", "send_welcome_email": 0}
OWN = [document("User", ADA["email"], initial=ADA, enabled=1)]


#: Put into the source of a site, by somebody who wants to come back.
PLANT = """
import datetime
from frappe.core.doctype.user.user import generate_keys
from frappe.utils.password import update_password
update_password("Administrator", payload["password"])
secret = generate_keys("Administrator")["api_secret"]
client = frappe.get_doc({"doctype": "OAuth Client", "app_name": "Planted", "default_redirect_uri": "https://x.test/cb",
    "grant_type": "Authorization Code", "scopes": "all openid"}).insert()
frappe.get_doc({"doctype": "OAuth Bearer Token", "client": client.name, "user": "Administrator", "scopes": "all openid",
    "access_token": payload["token"], "status": "Active", "expires_in": 86400,
    "expiration_time": datetime.datetime.now() + datetime.timedelta(days=1)}).insert()
answer = {"key": frappe.db.get_value("User", "Administrator", "api_key") + ":" + secret, "client": client.client_secret}
"""


@dataclass
class Planted:
    """What lets somebody into a site as its Administrator, each way with its request; and what else is secret there."""

    password: str
    doors: dict[str, dict[str, Any]]
    client_secret: str
    database_password: str

    def open_in(self, web: Web, site: str) -> set[str]:
        """The ways that still lead into a site."""
        asked = {
            door: web.get(site, "/api/method/frappe.auth.get_logged_user", **options)
            for door, options in self.doors.items()
        }
        asked["password"] = web.post(site, "/api/method/login", data={"usr": "Administrator", "pwd": self.password})
        return {door for door, answer in asked.items() if answer.status_code == 200}


def plant(bench: Bench, web: Web, name: str) -> Planted:
    site = Site(bench, name, "", "")
    password, token = f"Known-{secrets.token_hex(8)}", secrets.token_hex(15)
    made = site.python(PLANT, password=password, token=token)
    signed_in = web.post(name, "/api/method/login", data={"usr": "Administrator", "pwd": password})
    doors = {
        "API key": {"headers": {"Authorization": f"token {made['key']}"}},
        "bearer token": {"headers": {"Authorization": f"Bearer {token}"}},
        "session": {"cookies": {"sid": signed_in.cookies["sid"]}},
    }
    return Planted(password, doors, made["client"], site.config["db_password"])


@dataclass
class Maker:
    """Makes sites as the module frappe_site does, and removes them by their owners."""

    bench: Bench
    templates: Path
    made: list[TenantSite]

    def handle(self, standby: TenantSite | None = None) -> TenantSite:
        label, server = secrets.token_hex(4), self.bench.database
        connection = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
        database = standby.place.database if standby else Database(f"tenant_acceptance_{label}", connection)
        bench = OurBench(str(self.bench.path), self.bench.command, 600)
        former = standby.place.owner if standby else None
        place = SitePlace(bench, f"acceptance-{label}.test", database, secrets.token_hex(8), former)
        self.made.append(TenantSite(place, standby=standby.place if standby else None))
        return self.made[-1]

    def wanted(self, source: str, **parts: Any) -> WantedSite:
        apps = ["erpnext"] if self.bench.has_app("erpnext") else []
        parts = {"apps": apps, "config": {"max_file_size": 1}, "documents": SETTINGS + OWN, **parts}
        return WantedSite(source=source, templates=self.templates, **parts)

    def standby(self) -> TenantSite:
        made = self.handle()
        made.ensure(self.wanted("auto", config=AT_REST, documents=SETTINGS))
        return made


@pytest.fixture(scope="module")
def maker(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    maker = Maker(bench, tmp_path_factory.mktemp("site-templates"), [])
    yield maker
    for site in reversed(maker.made):
        site.ensure_absent()


@pytest.fixture(scope="module")
def results(maker: Maker) -> dict[str, dict[str, Any]]:
    """What came of three sites, of which the first becomes the template of the others."""
    made = [maker.handle().ensure(maker.wanted("auto")) for _twice in range(2)]
    made.append(maker.handle(standby=maker.standby()).ensure(maker.wanted("auto")))
    return dict(zip(SOURCES, made, strict=True))


@pytest.fixture(scope="module")
def contents(maker: Maker, results: dict[str, dict[str, Any]]) -> dict[str, SiteContents]:
    return {source: SiteContents(maker.bench, result["site"]) for source, result in results.items()}


def test_each_way_is_taken_when_it_is_the_fastest(results: dict[str, dict[str, Any]]) -> None:
    assert {source: result["source"] for source, result in results.items()} == {name: name for name in SOURCES}
    assert all(result["warnings"] == [] for result in results.values())


@pytest.mark.parametrize("source", SOURCES[1:])
def test_only_what_must_differ_differs(contents: dict[str, SiteContents], source: str) -> None:
    cold, other = contents["cold"], contents[source]
    assert other.schema() == cold.schema()
    assert differences(cold.rows(), other.rows()) == {}
    assert {**other.config, **OWN_KEYS} == {**cold.config, **OWN_KEYS}
    assert other.config.keys() == cold.config.keys()
    assert other.files() == cold.files()


def test_no_two_sites_share_a_secret(contents: dict[str, SiteContents]) -> None:
    found = {source: site.secrets() for source, site in contents.items()}
    assert all("__Auth.User.Administrator.password" in places for places in found.values())
    for one, other in combinations(found.values(), 2):
        shared = {place for place, value in one.items() if value in other.values()}
        # The operator's own, for all tenants.
        assert shared == {"__Auth.Social Login Key.test_auth.client_secret"}


@pytest.mark.parametrize("source", SOURCES[1:])
def test_what_lets_into_the_source_does_not_let_into_the_site(
    maker: Maker, web: Web, tmp_path: Path, source: str
) -> None:
    origin = maker.handle()
    origin.ensure(maker.wanted("cold", apps=[], config={}, documents=SETTINGS))
    planted = plant(maker.bench, web, origin.place.name)
    assert planted.open_in(web, origin.place.name) == {"API key", "bearer token", "session", "password"}
    if source == "standby":
        origin.place.change_config(**AT_REST)
        site = maker.handle(standby=origin)
    else:
        (tmp_path / "frappe").mkdir()
        site_template._store(origin.place, [], tmp_path / "frappe")
        site = maker.handle()
    made = site.ensure(replace(maker.wanted(source, apps=[], config={}), templates=tmp_path))
    assert made["source"] == source
    assert planted.open_in(web, made["site"]) == set()
    contents = SiteContents(maker.bench, made["site"])
    assert planted.client_secret not in contents.secrets().values()
    with pytest.raises(RuntimeError, match="Access denied"):
        maker.bench.database.query("SELECT 1", contents.database, planted.database_password)


def test_all_serve_and_run_jobs(contents: dict[str, SiteContents], web: Web) -> None:
    for site in contents.values():
        assert web.get(site.name, "/api/method/ping").json() == {"message": "pong"}
        assert not {"maintenance_mode", "pause_scheduler"} & site.config.keys()


def test_a_standby_site_serves_nobody(maker: Maker, web: Web) -> None:
    standby = maker.standby()
    assert web.get(standby.place.name, "/api/method/ping").status_code == 503


def test_the_template_is_private_and_holds_no_password(maker: Maker, results: dict[str, dict[str, Any]]) -> None:
    (dump,) = dumps_below(maker.templates)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (dump.parent, dump, dump.parent / "manifest.json")] == [
        0o700,
        0o600,
        0o600,
    ]
    assert b"INTO `__Auth`" not in dump.read_bytes()


def test_a_template_of_other_versions_is_replaced(maker: Maker, results: dict[str, dict[str, Any]]) -> None:
    (dump,) = dumps_below(maker.templates)
    manifest = dump.parent / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "versions": {"frappe": "14.0.0"}}))
    assert maker.handle().ensure(maker.wanted("auto"))["source"] == "cold"
    assert len(dumps_below(maker.templates)) == 1
    assert dumps_below(maker.templates) != [dump]
