# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a port free, and if not: who holds it? (proc(5), /proc/net/tcp)"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
from collections.abc import Iterable
from pathlib import Path

from lab.errors import LabError
from lab.settings import PORTS_FILE, ROOT

_TABLES = {socket.SOCK_STREAM: ("tcp", "tcp6"), socket.SOCK_DGRAM: ("udp", "udp6")}
# State of a TCP socket that listens, and of a UDP socket that is bound.
_WAITING = {socket.SOCK_STREAM: "0A", socket.SOCK_DGRAM: "07"}


def is_free(address: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # As servers do: a connection in its last minute (TIME_WAIT) is no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def holder(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> str:
    """Who holds the port, as a person would say it: C(nginx, process 812)."""
    for inode, uid in _sockets(port, kind):
        for process in Path("/proc").glob("[0-9]*"):
            if _has_socket(process, inode):
                return f"{_command(process)}, process {process.name}"
        return f"a process of user {_user(uid)}"
    return "an unknown process"


def check_ports(address: str, ports: Iterable[tuple[str, int, socket.SocketKind]]) -> None:
    """Refuse to start when any of the ports (name, number, kind) is taken, naming each and its process."""
    taken = [
        f"Port {port} ({name}) is in use by {holder(port, kind)}."
        for name, port, kind in ports
        if not is_free(address, port, kind)
    ]
    if taken:
        raise LabError("\n".join(taken), f"Stop it, or choose another port in {PORTS_FILE.relative_to(ROOT)}.")


def _sockets(port: int, kind: socket.SocketKind) -> list[tuple[str, int]]:
    """Inode and user id of each socket that waits on the port."""
    found = []
    for table in _TABLES[kind]:
        path = Path("/proc/net") / table
        if not path.exists():
            continue
        for line in path.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port and fields[3] == _WAITING[kind]:
                found.append((fields[9], int(fields[7])))
    return found


def _has_socket(process: Path, inode: str) -> bool:
    # Another user's process can't be looked into, and any process may end while we look.
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(descriptor) == f"socket:[{inode}]":
                    return True
    return False


def _command(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "a process that just ended"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
