# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds once what each tenant of a run would ask for.

Ansible's workers share no memory, but the folder for temporary files that belongs to the run and goes with it.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable
from pathlib import Path

from ansible import constants


def once_a_run(key: str, find: Callable[[], str]) -> str:
    """What I(find) returns, called by the first that needs it; the others wait for it.

    :param key: of what is sought; it may hold secrets.
    """
    path = Path(constants.DEFAULT_LOCAL_TMP) / f"once-{hashlib.sha256(key.encode()).hexdigest()}"
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = file.read()
        if not known:
            known = find()
            file.write(known)
        return known
