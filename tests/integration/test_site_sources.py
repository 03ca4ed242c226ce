# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates and standby sites on the lab's bench: what goes wrong, what a killed run leaves, and who waits for whom.

That the sites are alike whatever their source is compared in tests/acceptance/test_site_sources.py.
"""

from __future__ import annotations

import json
import multiprocessing
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
import traces
from killed_runs import Killed, killed_at, killed_at_second_folder

from ansible_collections.frappeops.tenants.plugins.module_utils import inside_site, site_standby, site_template
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import Database, SitePlace
from ansible_collections.frappeops.tenants.plugins.module_utils.site_rekey import secrets_left
from ansible_collections.frappeops.tenants.plugins.module_utils.site_standby import AT_REST
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import TenantSite, WantedSite
from ansible_collections.frappeops.tenants.plugins.module_utils.turns import turn
from lab.settings import DATABASE_ADMIN, Settings

COMMAND = str(Path(sys.executable).parent / "bench")


@dataclass
class Workshop:
    """Makes handles on sites whose names hold C(name), as the module frappe_site does."""

    lab: Settings
    name: str
    templates: Path

    def place(self, site: str, owner: str, database: str, former_owner: str | None = None) -> SitePlace:
        connection = {
            "host": self.lab.address,
            "port": self.lab.ports["mariadb"],
            "user": DATABASE_ADMIN,
            "password": self.lab.secret_file("mariadb_admin_password").read_text().strip(),
        }
        bench = Bench(str(self.lab.bench), COMMAND, 120)
        return SitePlace(bench, site, Database(f"tenant_{self.name}_{database}", connection), owner, former_owner)

    def tenant(self, number: int = 0, standby: TenantSite | None = None) -> TenantSite:
        site, owner = f"api{number}.{self.name}.test", f"{number:016}"
        if standby is None:
            return TenantSite(self.place(site, owner, str(number)))
        database = standby.place.database.name.rpartition("_")[2]
        place = self.place(site, owner, database, former_owner=standby.place.owner)
        return TenantSite(place, standby=standby.place)

    def standby(self) -> TenantSite:
        made = TenantSite(self.place(f"standby.{self.name}.invalid", "f" * 16, "standby"))
        made.ensure(self.wanted(config=AT_REST))
        return made

    def wanted(self, source: str = "auto", **parts) -> WantedSite:
        parts = {"apps": [], "config": {}, "documents": [], **parts}
        return WantedSite(source=source, templates=self.templates, **parts)

    def traces(self) -> dict[str, list[str]]:
        return traces.of_tenant(self.lab, self.name)


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    return tmp_path_factory.mktemp("site-templates")


@pytest.fixture
def workshop(lab, templates):
    made = Workshop(lab, f"src{secrets.token_hex(3)}", templates)
    yield made
    for number in (0, 1):
        for database in (str(number), "standby"):
            place = made.place(f"api{number}.{made.name}.test", f"{number:016}", database, former_owner="f" * 16)
            standby = made.place(f"standby.{made.name}.invalid", "f" * 16, database)
            TenantSite(place, standby=standby).ensure_absent()
    assert made.traces() == {}


#: The moments of a take-over: before the mark, the move, the database, the keys, the configuration.
MOMENTS = [
    (site_standby, "_move"),
    (Path, "rename"),
    (SitePlace, "take_database"),
    (site_standby, "rekey"),
    (SitePlace, "change_config"),
]


class TestTakeOver:
    @pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment[1])
    def test_a_killed_one_is_undone(self, workshop, moment):
        standby = self.cut_off(workshop, moment)
        workshop.tenant(standby=standby).ensure_absent()
        assert workshop.traces() == {}

    def test_an_undo_that_is_killed_is_finished(self, workshop):
        standby = self.cut_off(workshop, MOMENTS[0])
        with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
            killed_at_second_folder(patched, workshop.lab.bench)
            workshop.tenant(standby=standby).ensure_absent()
        assert standby.place.staging.exists()
        workshop.tenant(standby=standby).ensure_absent()
        assert workshop.traces() == {}
        assert not standby.place.staging.exists()

    @pytest.mark.parametrize("moment", MOMENTS[1:], ids=lambda moment: moment[1])
    def test_a_killed_one_is_resumed(self, workshop, moment):
        standby = self.cut_off(workshop, moment)
        made = workshop.tenant(standby=standby).ensure(workshop.wanted())
        assert (made["source"], made["warnings"]) == ("standby", [])
        assert workshop.tenant(standby=standby).ensure(workshop.wanted())["changed"] is False
        assert len(workshop.traces()["databases"]) == 1

    def cut_off(self, workshop, moment):
        standby = workshop.standby()
        with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
            killed_at(patched, *moment)
            workshop.tenant(standby=standby).ensure(workshop.wanted())
        return standby

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            ({"versions": {"frappe": "14.0.0"}}, "the bench has other versions of its apps now"),
            ({"apps": ["erpnext"]}, "the plan has other apps now"),
            ({"whole": False}, "it is not there, or not complete"),
            ({"owner": "somebody"}, "it is not there, or not complete"),
        ],
        ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
    )
    def test_one_that_is_not_fit_is_not_used(self, workshop, spoil, said):
        standby = workshop.standby()
        mark = standby.place.folder / "frappeops.tenants.json"
        kept = mark.read_text()
        mark.write_text(json.dumps({**json.loads(kept), **spoil}))
        made = workshop.tenant(standby=standby).ensure(workshop.wanted())
        assert made["source"] == "template"
        assert said in made["warnings"][0]
        # What is somebody else's by now is not ours to remove.
        assert standby.place.folder.exists() == ("owner" in spoil)
        if standby.place.folder.exists():
            mark.write_text(kept)

    def test_one_without_its_database_is_not_used(self, workshop):
        standby = workshop.standby()
        standby.place.drop_database()
        made = workshop.tenant(standby=standby).ensure(workshop.wanted())
        assert made["source"] == "template"
        assert "is not there" in made["warnings"][0]
        assert not standby.place.folder.exists()

    def test_who_wants_no_other_way_is_refused_without_one(self, workshop):
        with pytest.raises(TenantError, match="There is no standby site for this tenant"):
            workshop.tenant().ensure(workshop.wanted("standby"))
        assert workshop.traces() == {}


class TestTemplate:
    def test_one_that_a_fault_of_the_database_keeps_out_is_kept(self, workshop, monkeypatch):
        workshop.tenant().ensure(workshop.wanted())
        (dump,) = workshop.templates.rglob("*.sql")
        before = dump.read_bytes()

        def lost(self, database, dump):
            raise TenantError("Lost connection to server during query.")

        with monkeypatch.context() as patched:
            patched.setattr(Bench, "import_dump", lost)
            made = workshop.tenant(1).ensure(workshop.wanted())
        assert made["source"] == "cold"
        assert "could not be imported, and the site is made without it: Lost connection" in made["warnings"][0]
        assert dump.read_bytes() == before

    def test_one_that_breaks_meanwhile_is_told_of_and_replaced(self, workshop, monkeypatch):
        workshop.tenant().ensure(workshop.wanted())
        (dump,) = workshop.templates.rglob("*.sql")
        import_dump = Bench.import_dump

        def spoilt(self, database, dump):
            dump.write_bytes(b"nothing that a database could read")
            import_dump(self, database, dump)

        with monkeypatch.context() as patched:
            patched.setattr(Bench, "import_dump", spoilt)
            made = workshop.tenant(1).ensure(workshop.wanted())
        assert made["source"] == "cold"
        assert "could not be imported" in made["warnings"][0]
        assert [path.name for path in workshop.templates.rglob("*.sql")] == [f"{1:016}.sql"]

    def test_a_dump_that_does_not_fit_on_the_disk_leaves_nothing(self, workshop, tmp_path, monkeypatch):
        workshop.templates = tmp_path / "site-templates"
        dump = Bench.dump

        def too_long(self, database, target, without_rows_of):
            dump(self, database, target, without_rows_of)
            raise TenantError("mariadb-dump failed: No space left on device.")

        monkeypatch.setattr(Bench, "dump", too_long)
        made = workshop.tenant().ensure(workshop.wanted())
        assert made["source"] == "cold"
        assert "No space left on device" in made["warnings"][0]
        assert list(workshop.templates.rglob("*.sql")) == []

    def test_one_that_was_changed_is_not_used(self, workshop):
        workshop.tenant().ensure(workshop.wanted())
        (dump,) = workshop.templates.rglob("*.sql")
        dump.write_bytes(dump.read_bytes() + b"-- more")
        made = workshop.tenant(1).ensure(workshop.wanted())
        assert (made["source"], made["warnings"]) == ("cold", [])

    def test_one_that_is_not_there_in_time_is_not_waited_for(self, workshop, tmp_path, monkeypatch):
        workshop.templates = tmp_path / "site-templates"
        (workshop.templates / "frappe").mkdir(parents=True)
        monkeypatch.setattr(site_template, "_WAIT_SECONDS", 0.2)
        with turn(str(workshop.templates / "frappe"), 0):
            made = workshop.tenant().ensure(workshop.wanted())
        assert made["source"] == "cold"
        assert "is not waited for any longer" in made["warnings"][0]

    def test_of_two_at_once_one_makes_it_and_the_other_waits(self, workshop, tmp_path):
        workshop.templates = tmp_path / "site-templates"
        past = workshop.templates / "frappe+gone"
        past.mkdir(parents=True)
        (past / "manifest.json").write_text(json.dumps({"versions": {"frappe": "1.0", "gone": "1.0"}}))
        processes = multiprocessing.get_context("fork")
        sources = processes.SimpleQueue()

        def make(number):
            sources.put(workshop.tenant(number).ensure(workshop.wanted())["source"])

        forks = [processes.Process(target=make, args=(number,)) for number in (0, 1)]
        for fork in forks:
            fork.start()
        assert {sources.get() for _fork in forks} == {"cold", "template"}
        for fork in forks:
            fork.join()
        # Those of versions that are past went with it.
        assert [path.name for path in workshop.templates.iterdir()] == ["frappe"]

    def test_a_site_with_a_secret_that_nobody_can_renew_is_not_kept_as_one(self, workshop, tmp_path, monkeypatch):
        workshop.templates = tmp_path / "site-templates"
        monkeypatch.setattr(site_template, "secrets_left", lambda place: ["tabGate.api_token"])
        made = workshop.tenant().ensure(workshop.wanted())
        assert made["source"] == "cold"
        assert "in tabGate.api_token" in made["warnings"][0]
        assert list(workshop.templates.rglob("*.sql*")) == []

    def test_a_secret_of_an_app_is_found(self, workshop):
        workshop.tenant().ensure(workshop.wanted())
        place = workshop.tenant().place
        assert secrets_left(place) == []
        place.bench.in_site(inside_site, place.name, "ensure_api_key", user="Administrator", renew=False, check=False)
        assert secrets_left(place) == [], "what is renewed is no reason"
        config = json.loads((place.folder / "site_config.json").read_text())
        in_database(config, "ALTER TABLE tabNote ADD api_token varchar(140)", "UPDATE tabNote SET api_token = 's3cret'")
        in_database(config, "INSERT INTO tabNote (name, api_token) VALUES ('x', 's3cret')")
        in_database(config, "INSERT INTO tabSingles (doctype, field, value) VALUES ('Gate', 'private_key', 's3cret')")
        in_database(
            config, "ALTER TABLE tabUser ADD gate_token varchar(140)", "UPDATE tabUser SET gate_token = 's3cret'"
        )
        assert sorted(secrets_left(place)) == ["Gate.private_key", "tabNote.api_token", "tabUser.gate_token"]

    def test_a_folder_that_a_shell_would_read_otherwise_is_refused(self, workshop, tmp_path):
        workshop.templates = tmp_path / "a $(touch x) b"
        with pytest.raises(TenantError, match="has a character that could mean something to"):
            workshop.tenant().ensure(workshop.wanted())
        assert workshop.traces() == {}


class TestCold:
    def test_no_template_is_used_or_made(self, workshop, tmp_path):
        workshop.templates = tmp_path / "site-templates"
        assert workshop.tenant().ensure(workshop.wanted("cold"))["source"] == "cold"
        assert not workshop.templates.exists()

    def test_a_failing_app_leaves_nothing(self, workshop, monkeypatch):
        monkeypatch.setattr(Bench, "require_apps", lambda self, apps: None)
        monkeypatch.setattr("ansible_collections.frappeops.tenants.plugins.module_utils.sites.app_versions", dict)
        with pytest.raises(TenantError, match="nosuchapp"):
            workshop.tenant().ensure(workshop.wanted("cold", apps=["nosuchapp"]))
        assert workshop.traces() == {}


def in_database(config, *statements):
    """Change the site's database as its own user."""
    options = {"user": config["db_name"], "password": config["db_password"], "database": config["db_name"]}
    settings = Settings.load()
    with pymysql.connect(host=settings.address, port=settings.ports["mariadb"], autocommit=True, **options) as server:
        for statement in statements:
            with server.cursor() as cursor:
                cursor.execute(statement)


class TestBroken:
    """A site that is whole by its mark and does not work is never made anew: it may hold data."""

    def test_one_that_lists_no_apps_is_left_alone(self, workshop):
        made = workshop.tenant()
        made.ensure(workshop.wanted())
        config = json.loads((made.place.folder / "site_config.json").read_text())
        in_database(config, "DELETE FROM tabDefaultValue WHERE defkey = 'installed_apps'")
        with pytest.raises(TenantError, match="complete by its mark, but does not list frappe") as refused:
            workshop.tenant().ensure(workshop.wanted())
        assert refused.value.details["error"] == "site_broken"
        assert json.loads((made.place.folder / "site_config.json").read_text()) == config
        assert workshop.traces()["databases"]

    def test_one_that_lets_nobody_into_its_database_is_left_alone(self, workshop):
        made = workshop.tenant()
        made.ensure(workshop.wanted())
        made.place.bench.database(
            "set_password", made.place.database.connection, name=made.place.database.name, password="another"
        )
        before = made.place.folder.joinpath("site_config.json").read_bytes()
        with pytest.raises(TenantError, match="Access denied"):
            workshop.tenant().ensure(workshop.wanted())
        assert made.place.folder.joinpath("site_config.json").read_bytes() == before
        assert workshop.traces()["databases"]
