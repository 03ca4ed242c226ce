# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run's sign of life while it waits for a host: a process beside it that renews its leases and ends with it.

Elsewhere nobody sees that a run was killed with its container, so its leases must be short; but a bench command may take
half an hour, and the run itself writes nothing meanwhile. A thread of ansible-playbook could beat too, but it would hold
locks of database libraries in moments in which ansible-playbook forks its workers, and those would hang.

There is one for each run and registry. It listens on an abstract socket, so that all see that it is there, nothing is left
on the disk, and the kernel forgets it however it ends.
"""

from __future__ import annotations

import hashlib
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

from .library import sa
from .runs import Run, is_alive

#: Seconds between two beats.
BEAT_SECONDS = 20.0

#: Seconds between two looks at the run: for so long it may outlive it.
LOOK_SECONDS = 1.0

#: Seconds to wait for its beginning, which takes milliseconds.
_START_SECONDS = 5.0


def start(run: Run, url: sa.URL, beat: Callable[[], None]) -> None:
    """Let the heartbeat of I(run) begin, where it does not beat already. Where it can't, leases are long.

    :param beat: renews the run's leases in the registry at I(url).
    """
    if is_beating(run, url):
        return
    reading, writing = os.pipe()
    with suppress(OSError):
        child = os.fork()
        if not child:
            _leave(run, url, beat, writing)
        os.waitpid(child, 0)
    os.close(writing)
    # It ends when the socket is there, or when nobody is left to make it.
    select.select([reading], [], [], _START_SECONDS)
    os.close(reading)


def is_beating(run: Run, url: sa.URL) -> bool:
    """Whether the leases of I(run) in the registry at I(url) are renewed by its heartbeat."""
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        try:
            client.connect(_address(run, url))
        except OSError:
            return False
        _pid, user, _group = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    # Anybody may take any address.
    return user == os.geteuid()


def _leave(run: Run, url: sa.URL, beat: Callable[[], None], writing: int) -> None:
    """In the child of a worker: never goes back into the worker's work, whatever happens."""
    try:
        # The child ends at once and is waited for; its own child is nobody's.
        if not os.fork():
            _let_go(writing)
            _beat_while_alive(run, url, beat, writing)
    finally:
        os._exit(0)


def _let_go(kept: int) -> None:
    """Give up all that came from the worker: its session, its ways to deal with signals, its files."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    for file in map(int, os.listdir("/proc/self/fd")):
        if file not in (0, 1, 2, kept):
            with suppress(OSError):
                os.close(file)
    nothing = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        os.dup2(nothing, file)


def _beat_while_alive(run: Run, url: sa.URL, beat: Callable[[], None], writing: int) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(_address(run, url))
        listener.listen()
        listener.settimeout(LOOK_SECONDS)
        os.close(writing)
        next_beat = 0.0
        while is_alive(run.name):
            if time.monotonic() >= next_beat:
                # A registry that is away for a moment is there at the next beat, or the leases end.
                with suppress(Exception):
                    beat()
                next_beat = time.monotonic() + BEAT_SECONDS
            with suppress(OSError):
                listener.accept()[0].close()


def _address(run: Run, url: sa.URL) -> str:
    what = f"{run.name} {url.render_as_string(hide_password=True)}"
    return "\0frappeops.tenants." + hashlib.sha256(what.encode()).hexdigest()
