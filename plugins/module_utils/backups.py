# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup counts when it can be read back."""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

from .errors import TenantError

#: Below this a gzipped dump can't hold the tables of a site.
_LEAST_DUMP_BYTES = 200


def require_readable_backup(folder: Path, files: list[str]) -> None:
    """Refuse a backup that lacks a part, or has one that can't be read to its end.

    bench writes four files: *-database.sql.gz, *-files.tar, *-private-files.tar and *-site_config_backup.json.
    """
    by_part = {_part_of(file): Path(file) for file in files}
    for part, read in _PARTS.items():
        if part not in by_part:
            raise TenantError(f"The backup in {folder} has no file *{part}.", "Nothing was removed.")
        try:
            read(by_part[part])
        except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
            raise TenantError(
                f"The backup {by_part[part]} can't be read back: {error}.", "Nothing was removed."
            ) from error


def _part_of(file: str) -> str:
    """The longest ending that fits: the private files' name ends like that of the public ones."""
    return max((part for part in _PARTS if file.endswith(part)), key=len, default="")


def _read_dump(path: Path) -> None:
    if path.stat().st_size < _LEAST_DUMP_BYTES:
        raise ValueError(f"{path.stat().st_size} bytes are too few for a site")
    with gzip.open(path) as stream:
        while stream.read(2**20):
            pass


def _read_tar(path: Path) -> None:
    with tarfile.open(path) as archive:
        archive.getnames()


def _read_json(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


_PARTS: dict[str, Callable[[Path], None]] = {
    "-database.sql.gz": _read_dump,
    "-files.tar": _read_tar,
    "-private-files.tar": _read_tar,
    "-site_config_backup.json": _read_json,
}
