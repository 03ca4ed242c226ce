# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A named lock between processes. The file may stay behind: only the flock on it counts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

import frappe
from frappe.utils import get_bench_path


class LockTimeoutError(Exception):
    pass


@contextmanager
def filelock(lock_name: str, *, timeout: float = 30, is_global: bool = False) -> Iterator[None]:
    folder = os.path.join(get_bench_path(), "config") if is_global else frappe.get_site_path("locks")
    path = os.path.abspath(os.path.join(folder, f"{lock_name}.lock"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        with FileLock(path, timeout=timeout):
            yield
    except Timeout as error:
        raise LockTimeoutError(
            f"Failed to aquire lock: {lock_name}. Lock may be held by another process.<br>"
            f"You can manually remove the lock if you think it's safe: {path}"
        ) from error
