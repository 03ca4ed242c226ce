# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the counts of the play recap, and what launchers are told, as JSON into the file that STATS_FILE names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: stats_file
type: aggregate
short_description: The play recap and the statistics of the run as JSON
description: For tests.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stats_file"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats: Any) -> None:
        counts = {host: stats.summarize(host) for host in stats.processed}
        # ansible-runner and AWX take the same as the artifacts of the job.
        artifacts = stats.custom.get("_run", {})
        Path(os.environ["STATS_FILE"]).write_text(json.dumps({"counts": counts, "artifacts": artifacts}))
