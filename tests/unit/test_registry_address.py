# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the registry is: URLs as people write them, and passwords that are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import address


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////var/lib/registry.db", "sqlite+pysqlite"),
        ("postgresql://ops@db.example.com/tenants", "postgresql+psycopg"),
        ("mariadb://ops@db.example.com/tenants", "mariadb+pymysql"),
        ("mysql://ops@db.example.com/tenants", "mariadb+pymysql"),
        ("mysql+pymysql://ops@db.example.com/tenants", "mariadb+pymysql"),
        ("postgresql+psycopg2://ops@db.example.com/tenants", "postgresql+psycopg2"),
    ],
)
def test_the_driver_is_ours_unless_the_url_names_one(given, driver):
    assert address.parse(given).drivername == driver
    assert address.parse(address.parse(given)).drivername == driver


def test_a_file_may_be_below_the_home_folder():
    assert address.parse("sqlite:///~/registry.db").database == str(Path.home() / "registry.db")


@pytest.mark.parametrize(
    "given", ["hunter2", "postgresql://ops:hunter2@db.example.com:port/x", "oracle://ops:hunter2@db/x", "://hunter2"]
)
def test_a_url_that_can_not_be_used_is_refused_without_repeating_it(given):
    with pytest.raises(TenantError, match="tenant_registry_url") as refusal:
        address.parse(given)
    assert "hunter2" not in str(refusal.value.as_result())
    assert refusal.value.__cause__ is None


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4))
def test_no_password_is_shown(password):
    url = address.parse("postgresql://ops@db.example.com/tenants").set(password=f"<{password}>")
    url = url.update_query_pairs([("password", f"<{password}>")])
    assert address.shown(url) == "postgresql+psycopg://ops:***@db.example.com/tenants"


class TestPassword:
    URL = "postgresql://ops:old@db.example.com/tenants"

    def test_from_the_environment(self, monkeypatch):
        monkeypatch.setenv("REGISTRY_PASSWORD", "p@ss/word")
        assert address.parse(self.URL, password_env="REGISTRY_PASSWORD").password == "p@ss/word"

    def test_from_a_file_whose_editor_ended_the_line(self, tmp_path):
        (tmp_path / "password").write_text("p@ss/word\n")
        assert address.parse(self.URL, password_file=str(tmp_path / "password")).password == "p@ss/word"

    def test_else_it_is_the_urls(self):
        assert address.parse(self.URL).password == "old"

    def test_sqlite_has_none(self, monkeypatch):
        monkeypatch.setenv("REGISTRY_PASSWORD", "p")
        assert address.parse("sqlite:////x.db", password_env="REGISTRY_PASSWORD").password is None

    def test_a_variable_that_is_not_set_is_named(self):
        with pytest.raises(TenantError, match="REGISTRY_PASSWORD, named by tenant_registry_password_env, is not set"):
            address.parse(self.URL, password_env="REGISTRY_PASSWORD")

    @pytest.mark.parametrize(("content", "said"), [(None, "No such file"), (b"", "is empty"), (b"\xff\xfe", "no text")])
    def test_a_file_that_has_none_is_named(self, tmp_path, content, said):
        if content is not None:
            (tmp_path / "password").write_bytes(content)
        with pytest.raises(TenantError, match=said) as refusal:
            address.parse(self.URL, password_file=str(tmp_path / "password"))
        assert str(tmp_path / "password") in refusal.value.msg

    def test_two_places_are_one_too_many(self, tmp_path):
        with pytest.raises(TenantError, match="both set"):
            address.parse(self.URL, password_env="A", password_file=str(tmp_path))
