# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One test of nginx's live configuration for all runs that ask at the same time.

At thousands of tenants a test takes seconds and hundreds of MB, and a run of fifty tenants asks fifty times. A test that
began after a run asked has seen all that the run's own would see.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .nginx import Fault, Nginx
from .turns import turn

#: How long others may test before us, in seconds.
_TIMEOUT = 300


def live_fault(nginx: Nginx) -> Fault | None:
    """What nginx refuses in its live configuration; None when all is well."""
    asked = time.time_ns()
    note = nginx.pid_file.with_name(f"{nginx.pid_file.name}.frappe_tenants_test")
    note.touch()
    with turn(str(note), _TIMEOUT):
        last = _last(note)
        if asked < last["began"]:
            return Fault(**last["fault"]) if last["fault"] else None
        began = time.time_ns()
        fault = nginx.fault()
        note.write_text(json.dumps({"began": began, "fault": asdict(fault) if fault else None}), encoding="utf-8")
        return fault


def _last(note: Path) -> dict[str, Any]:
    """The last test that was noted; one that was cut off says nothing."""
    try:
        return dict(json.loads(note.read_text(encoding="utf-8")))
    except ValueError:
        return {"began": 0, "fault": None}
