# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worker of the lab's bench, away for a while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from lab.part import NotAnsweringError
from lab.parts.worker import Worker
from lab.settings import Settings
from lab.supervise import Supervisor


@contextmanager
def stopped(lab: Settings) -> Iterator[None]:
    """Nobody takes background jobs meanwhile."""
    supervisor = Supervisor(lab)
    supervisor.stop(Worker.name)
    try:
        yield
    finally:
        supervisor.start(Worker.name)
        _wait(Worker(lab))


def _wait(worker: Worker, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            return worker.answers()
        except NotAnsweringError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)
