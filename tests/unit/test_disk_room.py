# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disk without room, or without inodes, is known before anything is written onto it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import disk_room, edge_checks
from ansible_collections.frappeops.tenants.plugins.module_utils.bench_check import data_folder
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError


@pytest.fixture
def disk(monkeypatch):
    """What the system tells of the disk, as a test sets it."""
    told = SimpleNamespace(f_bavail=600 * 256, f_frsize=4096, f_files=10**6, f_favail=20_000)
    monkeypatch.setattr(disk_room.os, "statvfs", lambda folder: told)
    return told


def test_what_is_free_is_told(disk):
    assert disk_room.require_room(Path("/sites"), "a site", 500, 10_000) == 600


@pytest.mark.parametrize(
    ("tells", "message"),
    [
        ({"f_bavail": 12 * 256}, "/sites has 12 MB free, a site needs 500."),
        ({"f_favail": 40}, "/sites has 40 inodes free, a site needs 10000."),
    ],
)
def test_too_little_is_refused(disk, tells, message):
    vars(disk).update(tells)
    with pytest.raises(TenantError) as refused:
        disk_room.require_room(Path("/sites"), "a site", 500, 10_000)
    assert refused.value.msg == message


def test_a_file_system_that_counts_no_inodes_is_not_asked(disk):
    vars(disk).update(f_files=0, f_favail=0)
    disk_room.require_room(Path("/sites"), "a site", 500, 10_000)


class TestDataFolder:
    """The database server's folder is looked at where it is on this host, and not on the disk of the sites."""

    SITES = Path("/sites")

    @pytest.fixture(autouse=True)
    def disks(self, monkeypatch):
        monkeypatch.setattr(Path, "is_dir", lambda path: str(path) != "/elsewhere")
        monkeypatch.setattr(Path, "stat", lambda path: SimpleNamespace(st_dev=1 if "data" in str(path) else 2))

    @pytest.mark.parametrize(
        ("datadir", "connection", "looked_at"),
        [
            ("/data/", {"unix_socket": "/run/mysqld.sock"}, Path("/data")),
            ("/data/", {"host": "127.0.0.1", "port": 3306}, Path("/data")),
            ("/data/", {"host": "db.internal", "port": 3306}, None),
            ("/elsewhere", {"host": "localhost", "port": 3306}, None),
            ("/var/lib/mysql", {"host": "localhost", "port": 3306}, None),
        ],
    )
    def test_when(self, datadir, connection, looked_at):
        assert data_folder({"datadir": datadir}, connection, self.SITES) == looked_at


def test_of_the_edge_the_disk_is_asked_that_a_folder_will_be_on(disk, tmp_path):
    edge_checks.disks_have_room([str(tmp_path / "not" / "there")])
    disk.f_bavail = 3 * 256
    with pytest.raises(TenantError, match=f"{tmp_path} has 3 MB free, the edge needs 50."):
        edge_checks.disks_have_room([str(tmp_path / "not" / "there")])
