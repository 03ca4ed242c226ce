# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forks collect no garbage, their parent does."""

from __future__ import annotations

import os
import subprocess
import sys

#: In a process of its own: what is registered for forks stays.
PROGRAM = """
import gc, os
from ansible_collections.frappeops.tenants.plugins.plugin_utils import worker_garbage
worker_garbage.leave_alone()
worker_garbage.leave_alone()
child = os.fork()
if child == 0:
    os._exit(0 if not gc.isenabled() and gc.get_freeze_count() else 1)
print(os.waitpid(child, 0)[1], gc.isenabled(), gc.get_freeze_count())
"""


def test_a_fork_leaves_garbage_alone_and_its_parent_does_not():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "True", "0"]
