# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive installs, and the check of it finds what must not be in it."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

import build


def test_archive_installs_and_holds_nothing_of_a_checkout(tmp_path: Path) -> None:
    names = build.check(build.build(tmp_path))
    assert "plugins/module_utils/naming.py" in names


@pytest.mark.parametrize(
    "name", ["tests/unit/test_naming.py", ".lab/registry.db", "roles/dns/.cache/x", "plugins/a.pyc"]
)
def test_an_archive_with_more_than_the_collection_is_refused(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "frappeops-tenants-0.1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(build.BuildError, match=name):
        build.check(archive)
