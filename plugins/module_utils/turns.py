# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for our turn on one folder.

certbot refuses to run twice at once, two publications would test each other's half-made trees, and a run that was
killed leaves its bench command at work. The lock is on the folder itself, so no lock file is left behind.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import TenantError


@contextmanager
def turn(folder: str, timeout: float) -> Iterator[int]:
    """Hold the lock on I(folder), which must exist; wait for it at most I(timeout) seconds.

    :returns: the open folder; a child process that inherits it holds the lock too.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder, timeout)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: str, timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise TenantError(
                    f"Another run works in {folder} for more than {timeout:g} s.", "Try again when it has ended."
                ) from error
            time.sleep(0.1)
