# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bench of a test's own, to make ill: it shares the code of the lab's bench, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from edge_servers import free_port

from lab.settings import Settings


class SickBench:
    """Its folder, and what playbooks are told of it."""

    def __init__(
        self, lab: Settings, folder: Path, apps: tuple[str, ...] = ("frappe", "erpnext"), own_queue: bool = False
    ) -> None:
        self._lab = lab
        self.folder = folder
        self.web_port = free_port()
        #: The port of its queues' Redis; None while it shares the lab's.
        self.queue_port = free_port() if own_queue else None
        for name in ("apps", "logs", "config/pids", "sites"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "env").symlink_to(lab.bench / "env")
        self._apps = apps
        for app in apps:
            if (lab.bench / "apps" / app).is_dir():
                (folder / "apps" / app).symlink_to(lab.bench / "apps" / app)
            else:
                self._make_ghost(folder / "apps" / app / app)

    def _make_ghost(self, package: Path) -> None:
        """The code of an app that nobody has installed into the bench's Python."""
        package.mkdir(parents=True)
        (package / "__init__.py").write_text('__version__ = "1.0.0"\n')

    def fill(self) -> None:
        """Write what a bench has in its sites folder."""
        config = json.loads((self._lab.bench / "sites" / "common_site_config.json").read_text())
        config["webserver_port"] = self.web_port
        if self.queue_port:
            config["redis_queue"] = f"redis://127.0.0.1:{self.queue_port}"
        (self.folder / "sites" / "common_site_config.json").write_text(json.dumps(config))
        (self.folder / "sites" / "apps.txt").write_text("\n".join(self._apps) + "\n")

    @contextmanager
    def on_small_disk(self, size: str, inodes: int = 100_000) -> Iterator[None]:
        """Its sites live on a disk of this size meanwhile, which takes so many files."""
        sites = str(self.folder / "sites")
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size},nr_inodes={inodes}", "tmpfs", sites]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("a small disk needs the right to mount one")
        try:
            self.fill()
            yield
        finally:
            subprocess.run(["umount", sites], check=True)

    def start_web_command(self) -> list[str]:
        """A command that starts its web server and leaves it running, as a supervisor's would."""
        gunicorn = f"env/bin/gunicorn --bind 127.0.0.1:{self.web_port} frappe.app:application"
        return self._start_command("web", f"{self.folder}/{gunicorn}")

    def start_queue_command(self) -> list[str]:
        """The same for the Redis of its queues."""
        redis = f"redis-server --bind 127.0.0.1 --port {self.queue_port} --save '' --dir {self.folder}"
        return self._start_command("redis", redis)

    def start_worker_command(self) -> list[str]:
        """The same for its worker."""
        return self._start_command("worker", f"{self.folder}/env/bin/python -m frappe.utils.bench_helper frappe worker")

    def _start_command(self, name: str, program: str) -> list[str]:
        script = self.folder / f"start-{name}"
        script.write_text(
            f"cd {self.folder}/sites || exit 1\n"
            f"nohup {program} </dev/null >{self.folder}/logs/{name}.log 2>&1 &\n"
            f"echo $! >{self.folder}/config/pids/{name}.pid\n"
        )
        return ["sh", str(script)]

    def stop(self) -> None:
        """Stop all of its services that run."""
        for file in (self.folder / "config" / "pids").glob("*.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGTERM)
            file.unlink()

    def variables(self) -> dict[str, Any]:
        """For a playbook: this bench in the place of the lab's."""
        return {"frappe_bench_path": str(self.folder)}


@contextmanager
def stranger(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Another program that holds a port, and is the same afterwards."""
    program = (
        f"import socket, time\nwith socket.create_server(('127.0.0.1', {port})):\n print(flush=True)\n time.sleep(900)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    process.stdout.readline()
    try:
        yield process
        assert process.poll() is None, "the program that held the port was ended"
    finally:
        process.kill()
        process.wait()
