# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets Ansible's workers leave Python's garbage alone.

Each task runs in a fork of the controller's process that lives for this task only. To collect garbage there is to walk through
all objects that it inherited, and to copy the memory in which they are: measured, a tenth of a run's time.
"""

from __future__ import annotations

import gc
import os
from functools import cache


@cache
def leave_alone() -> None:
    """From now on no fork of this process collects garbage; this process itself does as before."""
    os.register_at_fork(before=gc.freeze, after_in_parent=gc.unfreeze, after_in_child=gc.disable)
