# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others could learn while a playbook runs: of the processes, of the database's log, of syslog, of files."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path

import pymysql
import pytest

from lab.settings import Settings

_SYSLOG = Path("/dev/log")


def tracer(log: Path) -> tuple[str, ...]:
    """What to write before a command, so that each program that it starts is noted, with arguments and environment.

    Looking into /proc again and again misses what lives for a moment; this misses nothing.
    """
    if not shutil.which("strace"):
        pytest.skip("not installed: strace (make packages)")
    calls = "trace=execve,execveat"
    return ("strace", "-f", "-qq", "--seccomp-bpf", "-e", calls, "-v", "-s", "1000000", "-A", "-o", str(log))


@contextmanager
def processes(seen: set[str]) -> Iterator[None]:
    """Collect what /proc tells of any process: of the servers too, which L(tracer) does not see."""

    def look() -> None:
        for process in Path("/proc").glob("[0-9]*"):
            if process.name != str(os.getpid()):
                for part in ("cmdline", "environ"):
                    with suppress(OSError):
                        seen.add((process / part).read_text(errors="replace"))

    with _again_and_again(look, pause=0.2):
        yield


@contextmanager
def passing_key(file: Path, key: str, values: set[str]) -> Iterator[None]:
    """Collect the values that a key of a JSON file has meanwhile, even if only for a moment."""

    def look() -> None:
        with suppress(OSError):
            _before, found, rest = file.read_text().partition(f'"{key}": "')
            if found and '"' in rest:
                values.add(rest.partition('"')[0])

    with _again_and_again(look):
        yield


@contextmanager
def database_log(lab: Settings, log: Path) -> Iterator[None]:
    """MariaDB notes every statement that it gets, as an operator would have it do in search of a fault."""
    root = {"unix_socket": str(lab.mariadb_socket), "user": getpass.getuser()}
    with pymysql.connect(**root) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL general_log_file = %s", (str(log),))
        cursor.execute("SET GLOBAL general_log = 1")
        try:
            yield
        finally:
            cursor.execute("SET GLOBAL general_log = 0")


@contextmanager
def syslog(messages: list[bytes]) -> Iterator[None]:
    """Collect what is told to syslog, on a machine that has none and lets us be one."""
    if _SYSLOG.exists() or _SYSLOG.is_symlink() or not os.access(_SYSLOG.parent, os.W_OK):
        yield
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(_SYSLOG))
        server.settimeout(0.1)

        def look() -> None:
            with suppress(TimeoutError):
                messages.append(server.recv(2**20))

        try:
            with _again_and_again(look):
                yield
        finally:
            _SYSLOG.unlink()


def files_with(folders: list[Path], secrets: Mapping[str, str]) -> dict[Path, set[str]]:
    """The files that hold a secret, with the names of those that they hold."""
    found = {}
    for file in (file for folder in folders for file in folder.rglob("*") if file.is_file() and not file.is_symlink()):
        # Tests beside this one remove theirs meanwhile.
        with suppress(FileNotFoundError):
            names = secrets_in(file.read_bytes(), secrets)
            if names:
                found[file] = names
    return found


def secrets_in(content: bytes | str, secrets: Mapping[str, str]) -> set[str]:
    """The names of the secrets that stand in a text."""
    content = content.encode(errors="replace") if isinstance(content, str) else content
    return {name for name, secret in secrets.items() if secret.encode() in content}


def fits(file: Path, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(str(file), pattern) for pattern in patterns)


@contextmanager
def _again_and_again(look: Callable[[], None], pause: float = 0.005) -> Iterator[None]:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            look()
            done.wait(pause)

    watcher = threading.Thread(target=work)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
