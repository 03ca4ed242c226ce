# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx with a prefix of its own. It starts with no server: those are the collection's to write."""

from __future__ import annotations

import os
from pathlib import Path

from lab.files import write
from lab.packages import find
from lab.part import NotAnsweringError, Part, Program


class Nginx(Part):
    name = "nginx"
    ports = ("http", "https")
    needs = {"nginx": "nginx-light"}

    def prepare(self) -> None:
        for name in ("conf.d", "sites-available", "sites-enabled", "webroot", "temporary"):
            (self.settings.nginx / name).mkdir(parents=True, exist_ok=True)
        write(self.settings.nginx / "nginx.conf", self._configuration())

    def program(self) -> Program:
        folder = self.settings.nginx
        command = [find("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
        return Program(command=[*command, "-g", "daemon off;"], directory=folder, stop_signal="QUIT")

    def answers(self) -> None:
        """Nothing to ask while it has no server: then a living master that wrote its pid is the answer."""
        pid_file = self._pid_file
        if not pid_file.exists() or not pid_file.read_text(encoding="ascii").strip():
            raise NotAnsweringError(f"no process id in {pid_file}")
        os.kill(int(pid_file.read_text(encoding="ascii")), 0)

    @property
    def _pid_file(self) -> Path:
        return self.settings.nginx / "nginx.pid"

    def _configuration(self) -> str:
        folder = self.settings.nginx
        temporary = "".join(
            f"    {kind}_temp_path {folder}/temporary/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        # Started by root it would give its workers to www-data, which can't read the bench of a lab that root runs.
        user = "user root;\n" if os.geteuid() == 0 else ""
        return (
            f"{user}worker_processes 2;\n"
            f"pid {self._pid_file};\n"
            "error_log stderr;\n"
            "events { worker_connections 1024; }\n"
            "http {\n"
            "    include /etc/nginx/mime.types;\n"
            "    default_type application/octet-stream;\n"
            "    sendfile on;\n"
            "    server_tokens off;\n"
            f"    access_log {self.settings.log('nginx-access')};\n"
            f"{temporary}"
            f"    include {folder}/conf.d/*.conf;\n"
            f"    include {folder}/sites-enabled/*;\n"
            "}\n"
        )
