# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a disk has the room for what is about to be written."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import TenantError


def require_room(folder: Path, who: str, mb: int, inodes: int) -> int:
    """See that the disk of I(folder) takes so much more, and so many more files.

    :param who: what needs it, for the message.
    :returns: how many MB are free.
    """
    status = os.statvfs(folder)
    free_mb = status.f_bavail * status.f_frsize // 2**20
    if free_mb < mb:
        raise TenantError(f"{folder} has {free_mb} MB free, {who} needs {mb}.", "Make room on that host.")
    # A file system that makes inodes as it needs them tells 0.
    if status.f_files and status.f_favail < inodes:
        raise TenantError(
            f"{folder} has {status.f_favail} inodes free, {who} needs {inodes}.", "Remove files on that host."
        )
    return free_mb
