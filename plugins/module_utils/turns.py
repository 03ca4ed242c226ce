# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for our turn on one folder or file, or for one of the turns that a folder has.

certbot refuses to run twice at once, two publications would test each other's half-made trees, and a run that was
killed leaves its bench command at work. The lock of a single turn is on it itself, so no lock file is left behind.
The kernel gives a lock back when the last process that has it open ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .errors import TenantError


class StillBusy(TenantError):
    """Others did not end in time."""


@contextmanager
def turn(path: str, timeout: float, shared: bool = False) -> Iterator[int]:
    """Hold the lock on I(path), which must exist; wait for it at most I(timeout) seconds.

    :param shared: whether others may hold it shared at the same time.
    :returns: the open file; a child process that inherits it holds the lock too.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _lock(descriptor, path, timeout, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def one_of(folder: str, count: int, timeout: float) -> Iterator[int]:
    """Hold one of I(count) turns on I(folder), which is made; wait for one at most I(timeout) seconds.

    Each turn is an empty file in the folder. They stay there: a file that is removed while another run waits for it
    would be two turns.

    :returns: the open file; a child process that inherits it holds the turn too.
    """
    os.makedirs(folder, exist_ok=True)
    files = [os.open(os.path.join(folder, f"turn-{number}"), os.O_RDWR | os.O_CREAT, 0o600) for number in range(count)]
    try:
        yield _first_free(files, folder, timeout)
    finally:
        for file in files:
            os.close(file)


def _first_free(files: list[int], folder: str, timeout: float) -> int:
    end = time.monotonic() + timeout
    while True:
        for file in files:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return file
        if time.monotonic() > end:
            raise TenantError(
                f"All {len(files)} turns in {folder} were taken for more than {timeout:g} s.",
                "Try again when fewer runs work there, or allow more at once.",
            )
        time.sleep(0.1)


def _lock(descriptor: int, path: str, timeout: float, kind: int) -> None:
    end = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise StillBusy(
                    f"Another run works in {path} for more than {timeout:g} s.", "Try again when it has ended."
                ) from error
            time.sleep(0.1)
