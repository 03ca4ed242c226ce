# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether nginx's workers can read a key, and giving their group that right and no more."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.key_access import let_read, require_readable
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx import Account

# nobody and nogroup, which own nothing here.
WORKER = Account(65534, 65534, [])
STRANGER = Account(65533, 65533, [])

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def lineage() -> Iterator[Path]:
    """certbot's folders as it makes them. Returns the key, by certbot's link."""
    # Not pytest's own folder: others may not even pass through that.
    with tempfile.TemporaryDirectory() as name:
        config = Path(name)
        config.chmod(0o755)
        for folder in ("live", "archive"):
            (config / folder).mkdir(mode=0o700)
            (config / folder / "acme").mkdir(mode=0o755)
        for file in ("privkey", "fullchain"):
            (config / "archive" / "acme" / f"{file}1.pem").write_text(file)
            (config / "live" / "acme" / f"{file}.pem").symlink_to(f"../../archive/acme/{file}1.pem")
        (config / "archive" / "acme" / "privkey1.pem").chmod(0o600)
        yield config / "live" / "acme" / "privkey.pem"


@only_root
def test_the_workers_group_gets_the_right_to_read_and_nobody_else(lineage: Path) -> None:
    config = lineage.parents[2]
    paths = [str(lineage.with_name("fullchain.pem")), str(lineage)]
    with pytest.raises(TenantError, match="user 65534, group 65534. cannot read .*fullchain.pem"):
        require_readable(paths, WORKER)
    for _time in range(2):
        let_read(str(lineage), config, WORKER)
    require_readable(paths, WORKER)
    with pytest.raises(TenantError):
        require_readable(paths, STRANGER)
    modes = {name: (config / name).stat().st_mode & 0o777 for name in ("live", "archive", "archive/acme/privkey1.pem")}
    assert modes == {"live": 0o710, "archive": 0o710, "archive/acme/privkey1.pem": 0o640}


@only_root
def test_a_key_that_lies_elsewhere_gets_no_right_to_its_folders(lineage: Path, tmp_path: Path) -> None:
    before = tmp_path.stat()
    (tmp_path / "key.pem").touch(mode=0o600)
    let_read(str(tmp_path / "key.pem"), lineage.parents[2], WORKER)
    assert (tmp_path.stat().st_mode, tmp_path.stat().st_gid) == (before.st_mode, before.st_gid)


def test_a_missing_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TenantError, match="cannot read .*none.pem"):
        require_readable([str(tmp_path / "none.pem")], Account(os.geteuid(), os.getegid(), []))
