# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's bench reached over ssh, through a server of the test's own that can go away as a host does."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import yaml

ADDRESS = "127.0.0.1"


class FarBench:
    """An ssh server on this machine, and the inventory that leads to the bench through it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700)
        self._port = _free_port()
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
        (folder / "sshd_config").write_text(
            f"ListenAddress {ADDRESS}\nPort {self._port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
            "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n"
        )
        options = (
            f"-o StrictHostKeyChecking=no -o UserKnownHostsFile={folder}/known -o ControlMaster=no -o ControlPath=none"
        )
        variables = {
            "ansible_connection": "ssh",
            "ansible_host": ADDRESS,
            "ansible_port": self._port,
            "ansible_user": getpass.getuser(),
            "ansible_ssh_private_key_file": str(folder / "user"),
            "ansible_ssh_args": options,
        }
        self.inventory = folder / "far.yml"
        self.inventory.write_text(yaml.safe_dump({"all": {"hosts": {"lab-bench": variables}}}))

    def start(self) -> None:
        program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip("not installed: sshd (openssh-server)")
        if os.geteuid() == 0:
            # Its package makes this folder when the service starts, which it never does here.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._server = subprocess.Popen(
            [program, "-D", "-e", "-f", str(self._folder / "sshd_config")], stderr=subprocess.PIPE
        )
        while socket.socket().connect_ex((ADDRESS, self._port)) != 0:
            assert self._server.poll() is None, self._server.stderr.read()
            time.sleep(0.05)

    def lose_power(self) -> None:
        """End the server and everything that works on its behalf at once, bench commands in sessions of their own too."""
        family = [self._server.pid, *_descendants(self._server.pid)]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        for pid in [*family, *_descendants(self._server.pid)]:
            os.kill(pid, signal.SIGKILL)
        self._server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_descendants(child)]
    return found
