# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""site_config.json: merged, whole at every moment, and never readable to others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils import site_config
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4)
configs = st.dictionaries(st.text(min_size=1), values, max_size=5)


def test_a_site_without_configuration_has_none(tmp_path):
    assert site_config.read(tmp_path) == {}


def test_what_was_written_is_read_and_others_can_not_read_it(tmp_path):
    site_config.write(tmp_path, {"db_name": "x", "text": "ünïcode 💾"})
    assert site_config.read(tmp_path) == {"db_name": "x", "text": "ünïcode 💾"}
    assert (tmp_path / "site_config.json").stat().st_mode & 0o777 == 0o640
    assert site_config.mode_is_right(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["site_config.json"]


def test_an_empty_file_is_told_and_not_taken_for_no_configuration(tmp_path):
    (tmp_path / "site_config.json").touch()
    with pytest.raises(TenantError, match="is not JSON"):
        site_config.read(tmp_path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    site_config.write(tmp_path, {"db_name": "x"})
    with pytest.raises(TypeError):
        site_config.write(tmp_path, {"db_name": object()})
    assert site_config.read(tmp_path) == {"db_name": "x"}
    assert [path.name for path in tmp_path.iterdir()] == ["site_config.json"]


def test_merging_keeps_others_sets_wanted_and_takes_out_what_is_wanted_as_none():
    merged = site_config.merged({"keep": 1, "set": 1, "drop": 1}, {"set": 2, "drop": None, "new": 3})
    assert merged == {"keep": 1, "set": 2, "new": 3}


@given(configs, configs)
def test_merging_twice_changes_nothing_more(config, wanted):
    once = site_config.merged(config, wanted)
    assert site_config.merged(once, wanted) == once


@given(configs)
def test_any_configuration_survives_a_write(tmp_path_factory, config):
    folder = tmp_path_factory.mktemp("site")
    site_config.write(folder, config)
    assert site_config.read(folder) == json.loads(json.dumps(config))


def test_secrets_are_hidden_at_any_depth():
    shown = site_config.shown(
        {
            "db_password": "p1",
            "encryption_key": "p2",
            "host_name": "https://x",
            "lab_auth_login": {"client_id": "c", "client_secret": "p3"},
        }
    )
    assert shown["host_name"] == "https://x"
    assert shown["lab_auth_login"]["client_id"] == "c"
    assert not any(secret in json.dumps(shown) for secret in ("p1", "p2", "p3"))


def test_a_key_that_is_said_to_be_secret_is_hidden_whatever_its_name():
    assert site_config.shown({"relay": "canary", "host_name": "x"}, ["relay"]) == {
        "relay": "********",
        "host_name": "x",
    }


class TestWayToDatabase:
    @pytest.mark.parametrize(
        ("connection", "common", "keys"),
        [
            ({"unix_socket": "/run/m.sock"}, {}, {"db_socket": "/run/m.sock"}),
            ({"unix_socket": "/run/m.sock"}, {"db_socket": "/run/m.sock"}, {}),
            ({"host": "127.0.0.1", "port": 3306}, {}, {}),
            ({"host": "10.0.0.5", "port": 3306}, {}, {"db_host": "10.0.0.5"}),
            ({"host": "10.0.0.5", "port": 3307}, {"db_host": "10.0.0.5", "db_port": 3307}, {}),
            ({"host": "10.0.0.5", "port": 3306}, {"db_host": "10.0.0.5", "db_socket": "/x"}, {"db_socket": ""}),
        ],
    )
    def test_the_site_comes_the_way_of_the_administrator(self, connection, common, keys):
        assert site_config.way_to_database({"user": "a", "password": "b", **connection}, common) == keys
