# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes listen on a TCP port of this host, read from Linux' own tables. They are only named, never touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"


@dataclass(frozen=True)
class Holder:
    """A process that listens."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid})"


def holders(port: int) -> list[Holder]:
    """All that listen on I(port); empty as well when this user may not see whose the sockets are."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    return [Holder(pid, _command(pid)) for pid in _processes() if sockets and sockets & _open_files(pid)]


def _inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            # A kernel without IPv6 has no such table.
            continue
        for line in lines:
            # Number, local address, remote address, state, ..., inode as the tenth.
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _processes() -> list[int]:
    return sorted(int(entry) for entry in os.listdir(_PROC) if entry.isdecimal())


def _open_files(pid: int) -> set[str]:
    folder = _PROC / str(pid) / "fd"
    found = set()
    # Processes end and close files meanwhile, and those of other users are not for us.
    with suppress(OSError):
        for number in os.listdir(folder):
            with suppress(OSError):
                found.add(os.readlink(folder / number))
    return found


def _command(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process that has ended"
