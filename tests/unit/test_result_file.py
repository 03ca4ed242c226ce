# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of a run in one file, written by many tenants at once."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils import result_file


def test_entries_stand_beside_each_other_and_the_last_one_counts(tmp_path):
    path = tmp_path / "new folder" / "results.json"
    for name, state in (("acme", "failed"), ("globex", "active"), ("acme", "active")):
        result_file.add(path, name, {"state": state})
    assert json.loads(path.read_text()) == {"tenants": {"acme": {"state": "active"}, "globex": {"state": "active"}}}
    assert [entry.name for entry in path.parent.iterdir()] == ["results.json"]


def test_many_at_once_lose_nothing(tmp_path):
    path = tmp_path / "results.json"
    names = [f"tenant-{number}" for number in range(24)]
    with ProcessPoolExecutor(8) as pool:
        list(pool.map(result_file.add, [path] * 24, names, [{}] * 24))
    assert sorted(json.loads(path.read_text())["tenants"]) == sorted(names)


@pytest.mark.parametrize("text", ["", "[]", "{}", "precious notes"])
def test_a_file_of_others_is_not_overwritten(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(TenantError, match="is no result file"):
        result_file.add(path, "acme", {})
    assert path.read_text() == text


def test_a_place_that_can_not_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TenantError, match="can't be written: "):
        result_file.add(tmp_path / "file" / "results.json", "acme", {})
