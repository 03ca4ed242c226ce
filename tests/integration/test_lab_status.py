# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the lab that runs is the one that is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OTHER_SETTINGS = "The lab was started with other settings, such as another LAB_BENCH."


def status(**environment):
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "lab"), **environment}
    return subprocess.run(
        [sys.executable, "-m", "lab", "status"], env=surroundings, capture_output=True, text=True, check=False
    )


def test_one_that_serves_another_bench_is_not_up(lab, tmp_path):
    # Beside this test, others take parts away for a while. That is told in other words.
    assert OTHER_SETTINGS not in status().stdout
    asked = status(LAB_BENCH=str(tmp_path))
    assert asked.returncode == 1
    assert asked.stdout.startswith(OTHER_SETTINGS)
