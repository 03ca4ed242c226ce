# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in which each tenant stops at a write to the registry of its own, by callback/stop.py."""

from __future__ import annotations

import json
import signal
import tempfile
from pathlib import Path
from typing import Any

ADMIN = "ada@acme.example"
KILLED = -signal.SIGKILL


def orders(*names: str) -> list[dict[str, str]]:
    return [{"tenant": name, "admin_email": ADMIN} for name in names]


def writes_of(playbooks: Any, name: str, **told: Any) -> list[str]:
    """Make the tenant; returns the task of each of its writes, in their order."""
    folder = _folder(playbooks, {name: (0, "after")})
    made = playbooks.provision(tenants=orders(name), **told, environment={"STOP_AT": str(folder)})
    assert made.code == 0, made.output
    return (folder / name).read_text().splitlines()


def cut(playbooks: Any, plan: dict[str, tuple[int, str]], **told: Any) -> None:
    """Kill a run in which each of the tenants has come to its write and no further.

    :param plan: by the tenant's name the number of the write, and C(before) or C(after).
    """
    folder = _folder(playbooks, plan)
    killed = playbooks.provision(tenants=orders(*plan), **told, environment={"STOP_AT": str(folder)})
    assert killed.code == KILLED, killed.output
    assert {path.stem for path in folder.glob("*.stopped")} == set(plan)


def _folder(playbooks: Any, plan: dict[str, tuple[int, str]]) -> Path:
    """The folder from which the callback reads where to stop, and in which it tells of the writes."""
    folder = Path(tempfile.mkdtemp(prefix="stops-", dir=playbooks.folder))
    (folder / "plan.json").write_text(json.dumps(plan))
    return folder
