# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of the lab that are away for a while: nobody else works with the lab meanwhile.

Test files are dealt out to several processes, which share the lab. Whoever runs a playbook there holds the lab's turn together
with others; whoever takes a part away holds it alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.frappeops.tenants.plugins.module_utils.turns import turn
from lab.part import NotAnsweringError, Part
from lab.settings import Settings
from lab.supervise import Supervisor

#: How long others may work before us, in seconds.
_PATIENCE = 1200
#: Whether this process has the lab for itself.
_alone = False


@contextmanager
def beside_others(lab: Settings) -> Iterator[None]:
    """The lab is whole meanwhile, but for what this process took away itself."""
    if _alone:
        yield
        return
    with turn(_file(lab), _PATIENCE, shared=True):
        yield


@contextmanager
def alone(lab: Settings) -> Iterator[None]:
    """Nobody else works with the lab meanwhile."""
    global _alone
    with turn(_file(lab), _PATIENCE):
        _alone = True
        try:
            yield
        finally:
            _alone = False


@contextmanager
def stopped(lab: Settings, kind: type[Part]) -> Iterator[None]:
    """The part does not run meanwhile."""
    supervisor = Supervisor(lab)
    with alone(lab):
        supervisor.stop(kind.name)
        try:
            yield
        finally:
            supervisor.start(kind.name)
            _wait(kind(lab))


def _file(lab: Settings) -> str:
    path = Path(lab.lab_dir) / "tests.lock"
    path.touch()
    return str(path)


def _wait(part: Part, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            return part.answers()
        except (NotAnsweringError, OSError):
            if time.monotonic() > end:
                raise
        time.sleep(0.1)
