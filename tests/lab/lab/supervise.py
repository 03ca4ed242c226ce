# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Supervisor (PyPI supervisor): its configuration, and talking to it over its socket."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport  # type: ignore[import-untyped]

from lab.errors import LabError
from lab.files import private_folder, write
from lab.part import Part
from lab.processes import MARK
from lab.settings import Settings


def _value(text: str | Path) -> str:
    """A value in supervisord.conf, where a percent sign starts an expansion."""
    return str(text).replace("%", "%%")


class Supervisor:
    """The lab's supervisord."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.supervisor_socket.parent
        self.config = self.folder / "supervisord.conf"

    # -- configuration

    def render(self, parts: Iterable[Part]) -> str:
        return "\n".join([self._head(), *(self._section(part) for part in parts)])

    def _head(self) -> str:
        # Without `user` supervisord warns when root starts it.
        user = "user = root\n" if os.geteuid() == 0 else ""
        return (
            f"[unix_http_server]\nfile = {_value(self.settings.supervisor_socket)}\nchmod = 0700\n\n"
            f"[supervisord]\n{user}"
            f"logfile = {_value(self.settings.log('supervisor'))}\n"
            f"pidfile = {_value(self.folder / 'supervisord.pid')}\n"
            f"childlogdir = {_value(self.settings.log('supervisor').parent)}\n"
            f"directory = {_value(self.settings.lab_dir)}\n\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\n"
            f"[supervisorctl]\nserverurl = unix://{_value(self.settings.supervisor_socket)}\n"
        )

    def _section(self, part: Part) -> str:
        program = part.program()
        environment = "\n    ".join(f'{name}="{_value(value)}",' for name, value in sorted(program.environment.items()))
        lines = [
            f"[program:{part.name}]",
            f"command = {_value(shlex.join(program.command))}",
            f"directory = {_value(program.directory)}",
            f"stdout_logfile = {_value(self.settings.log(part.name))}",
            "stdout_logfile_maxbytes = 20MB",
            "stdout_logfile_backups = 1",
            "redirect_stderr = true",
            "autostart = false",
            # One that dies while it starts is to be reported, not tried again.
            "startretries = 0",
            "autorestart = true",
            f"stopsignal = {program.stop_signal}",
            f"stopwaitsecs = {program.stop_seconds}",
            "killasgroup = true",
        ]
        if environment:
            lines.append(f"environment = {environment}")
        return "\n".join(lines) + "\n"

    # -- the daemon

    @property
    def _remote(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.settings.supervisor_socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def pid(self) -> int | None:
        """The process id of supervisord, or None when it does not answer."""
        try:
            return int(self._remote.getPID())
        except (OSError, xmlrpc.client.Error):
            return None

    def runs_with(self, config: str) -> bool:
        """Whether the configuration on disk, which the daemon was started with, is this one."""
        return self.config.exists() and self.config.read_text(encoding="utf-8") == config

    def launch(self, config: str) -> None:
        """Start supervisord; it starts no part by itself."""
        private_folder(self.folder)
        write(self.config, config)
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.config)],
            env={**os.environ, MARK: str(self.settings.lab_dir)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LabError(f"supervisord did not start: {(done.stderr or done.stdout).strip()}")
        deadline = time.monotonic() + 20
        while self.pid() is None:
            if time.monotonic() > deadline:
                raise LabError("supervisord does not answer.", f"Its log: {self.settings.log('supervisor')}")
            time.sleep(0.05)

    def shut_down(self) -> None:
        """Let supervisord stop every part, all at once, and then itself."""
        # When it is gone already: whoever calls looks at the processes themselves.
        with contextlib.suppress(OSError, xmlrpc.client.Error):
            self._remote.stopAllProcesses()
            self._remote.shutdown()

    # -- its programs

    def start(self, name: str) -> None:
        try:
            self._remote.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            raise LabError(f"supervisord can't start {name}: {fault.faultString}") from fault

    def stop(self, name: str) -> None:
        """Stop one program and wait until it has ended; fine when it does not run."""
        with contextlib.suppress(OSError, xmlrpc.client.Error):
            self._remote.stopProcess(name)

    def states(self) -> dict[str, tuple[str, int, str]]:
        """State (RUNNING, STOPPED, FATAL ...), process id and supervisor's description of each program; {} when it is down."""
        try:
            found = self._remote.getAllProcessInfo()
        except (OSError, xmlrpc.client.Error):
            return {}
        return {
            one["name"]: (one["statename"], int(one["pid"]), one["spawnerr"] or one["description"]) for one in found
        }
