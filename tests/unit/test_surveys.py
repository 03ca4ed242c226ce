# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one look at an edge and at a bench's folders tells."""

from __future__ import annotations

import json

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import bench_survey, edge_survey
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_publish import marked


@pytest.fixture
def edge(tmp_path):
    for folder in ("sites-available", "sites-enabled", "letsencrypt"):
        (tmp_path / folder).mkdir()
    (tmp_path / "nginx.conf").write_text("http { include sites-enabled/*; }\n")
    return tmp_path


def survey(edge, available="sites-available"):
    folder = str(edge / available) if available else ""
    return edge_survey.survey(str(edge / "nginx.conf"), folder, str(edge / "letsencrypt"))


def available(edge, name, text):
    (edge / "sites-available" / name).write_text(text)


def test_a_file_of_ours_that_nginx_does_not_read_is_told_and_others_are_not(edge):
    server = "server { server_name acme.example.com; }\n"
    available(edge, "read", marked(server, "4f1c"))
    available(edge, "left", marked(server, "77aa"))
    available(edge, "default", server)
    (edge / "sites-enabled" / "read").symlink_to("../sites-available/read")
    found = survey(edge)
    assert [(entry["owner"], entry["hosts"]) for entry in found["published"]] == [("4f1c", ("acme.example.com",))]
    assert found["unread"] == [{"file": str(edge / "sites-available" / "left"), "owner": "77aa"}]
    assert found["certificates"] == []


def test_an_edge_without_a_folder_of_available_files(edge):
    assert survey(edge, available="")["unread"] == []


@pytest.fixture
def bench(tmp_path):
    """A bench whose database server answers what the test says."""
    (tmp_path / "apps").mkdir()
    (tmp_path / "sites").mkdir()

    class Answering(Bench):
        server = {"databases": {}, "users": {}}

        def database(self, operation, connection, **arguments):
            self.asked = (operation, arguments)
            return self.server

    return Answering(str(tmp_path))


def site(bench, name, config=None, mark=None):
    folder = bench.sites / name
    folder.mkdir()
    if config is not None:
        (folder / "site_config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    if mark is not None:
        (folder / "frappeops.tenants.json").write_text(json.dumps(mark))


def test_sites_are_folders_with_a_configuration_or_a_mark(bench):
    site(bench, "api.acme.test", {"db_name": "tenant_acme"}, {"owner": "4f1c", "whole": True})
    site(bench, "begun.test", mark={"owner": "77aa", "whole": False})
    site(bench, "assets")
    site(bench, ".frappeops-88bb", mark={"owner": "88bb"})
    (bench.sites / "apps.txt").write_text("frappe\n")
    found = bench_survey.survey(bench, {}, "tenant_")
    assert [(entry["site"], entry["owner"], entry["whole"]) for entry in found["sites"]] == [
        ("api.acme.test", "4f1c", True),
        ("begun.test", "77aa", False),
    ]
    assert found["staging"] == [".frappeops-88bb"]


def test_the_databases_of_all_sites_are_asked_for_at_once_and_those_without_a_site_are_told(bench):
    site(bench, "api.acme.test", {"db_name": "tenant_acme", "db_password": "s3cret"})
    bench.server = {
        "databases": {
            "tenant_acme": {"exists": True, "owner": "4f1c", "apps": None},
            "tenant_left": {"exists": True, "owner": None, "apps": None},
        },
        "users": {"tenant_acme": ["localhost", "%"]},
    }
    found = bench_survey.survey(bench, {}, "tenant_", apps=True)
    assert bench.asked == (
        "survey",
        {
            "prefix": "tenant_",
            "accounts": [{"name": "tenant_acme", "user": "tenant_acme", "password": "s3cret"}],
            "apps": True,
        },
    )
    (acme,) = found["sites"]
    assert (acme["database_exists"], acme["database_owner"]) == (True, "4f1c")
    assert acme["database_user_hosts"] == ["localhost", "%"]
    assert [entry["name"] for entry in found["databases"]] == ["tenant_left"]
    assert "s3cret" not in json.dumps(found)


def test_keys_are_told_on_request_and_secrets_never(bench):
    site(
        bench,
        "api.acme.test",
        {"db_name": "x", "host_name": "https://a.test", "max_file_size": 9, "encryption_key": "k"},
    )
    (acme,) = bench_survey.survey(bench, {}, "tenant_", ["encryption_key"])["sites"]
    assert acme["config"] == {"host_name": "https://a.test", "max_file_size": 9, "encryption_key": "********"}


def test_a_configuration_that_a_full_disk_emptied_is_told(bench):
    site(bench, "api.acme.test", "")
    (acme,) = bench_survey.survey(bench, {}, "tenant_")["sites"]
    assert "site_config.json is not JSON" in acme["problem"]
    assert acme["database"] is None


def test_what_drop_site_archived_is_told_with_its_mark(bench):
    archived = bench.path / "archived" / "sites" / "old.test"
    archived.mkdir(parents=True)
    (archived / "frappeops.tenants.json").write_text('{"owner": "4f1c"}')
    assert bench_survey.survey(bench, {}, "tenant_")["archived"] == [{"folder": str(archived), "owner": "4f1c"}]
