# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup counts when every part of it can be read back."""

from __future__ import annotations

import gzip
import random
import tarfile

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.backups import require_readable_backup
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

PARTS = ["x-database.sql.gz", "x-files.tar", "x-private-files.tar", "x-site_config_backup.json"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / PARTS[0]).write_bytes(gzip.compress(random.Random(0).randbytes(5000)))
    for name in PARTS[1:3]:
        with tarfile.open(tmp_path / name, "w") as archive:
            archive.add(tmp_path / PARTS[0], "a")
    (tmp_path / PARTS[3]).write_text('{"db_name": "x"}')
    return tmp_path


def check(folder):
    require_readable_backup(folder, sorted(str(path) for path in folder.iterdir()))


def test_a_whole_backup_counts(folder):
    check(folder)


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_named(folder, part):
    (folder / part).unlink()
    with pytest.raises(TenantError, match="has no file") as refusal:
        check(folder)
    assert refusal.value.remedy == "Nothing was removed."


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_was_cut_off_is_named(folder, part):
    whole = (folder / part).read_bytes()
    (folder / part).write_bytes(whole[: len(whole) // 2 - 1])
    with pytest.raises(TenantError, match=f"{part} can't be read back"):
        check(folder)
