# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An edge of one's own for a test: nginx, pebble and its DNS on free ports, in the test's folder.

Tests break it on purpose (a dead authority, a broken configuration), so it isn't the lab's.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.frappeops.tenants.plugins.module_utils.nginx import Nginx as NginxModule
from ansible_collections.frappeops.tenants.plugins.module_utils.tools import Tools
from ansible_collections.frappeops.tenants.plugins.modules import (
    certbot_certificate,
    edge_preflight,
    nginx_tenant,
    nginx_vhost,
)

NEEDED = ("nginx", "pebble", "pebble-challtestsrv", "certbot", "openssl")
# The test servers listen on loopback only; a proxy of the environment must not stand between.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def need_programs() -> None:
    """Skip the test when a program is missing; the reason names it."""
    for name in NEEDED:
        if shutil.which(name) is None:
            pytest.skip(f"not installed: {name}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def has_ipv6() -> bool:
    """Whether the machine's loopback has an IPv6 address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def wait_for(answers: Callable[[], object], what: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            answers()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise AssertionError(f"{what} does not answer: {error}") from error
            time.sleep(0.05)


class Servers:
    """Processes of one test; all are ended by L(stop), by their ids."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, argv: list[str], log: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("wb") as output:
            process = subprocess.Popen(
                argv, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env={**os.environ, **environment}
            )
        self._running.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            process.wait(60)


class Authority:
    """Pebble with a DNS in which every name has the address 127.0.0.1."""

    def __init__(self, servers: Servers, folder: Path, http_port: int) -> None:
        self._servers = servers
        self.folder = folder
        folder.mkdir()
        self.port, self.management, self.dns, self.dns_management = (free_port() for _count in range(4))
        self.url = f"https://127.0.0.1:{self.port}/dir"
        self.ca_file = folder / "directory-ca.pem"
        key = folder / "directory.key"
        make_certificate(self.ca_file, key, "127.0.0.1", "IP:127.0.0.1")
        self._config = folder / "pebble.json"
        self._config.write_text(
            json.dumps(
                {
                    "pebble": {
                        "listenAddress": f"127.0.0.1:{self.port}",
                        "managementListenAddress": f"127.0.0.1:{self.management}",
                        "certificate": str(self.ca_file),
                        "privateKey": str(key),
                        "httpPort": http_port,
                        "tlsPort": 5001,
                        "ocspResponderURL": "",
                        "externalAccountBindingRequired": False,
                        "domainBlocklist": ["blocked-domain.example"],
                    }
                }
            )
        )

    def start(self) -> subprocess.Popen[bytes]:
        self._servers.start(
            [
                "pebble-challtestsrv",
                "-defaultIPv4=127.0.0.1",
                "-defaultIPv6=",
                "-http01=",
                "-https01=",
                "-tlsalpn01=",
                f"-dns01=127.0.0.1:{self.dns}",
                f"-management=127.0.0.1:{self.dns_management}",
            ],
            "dns.log",
        )
        pebble = self._servers.start(
            ["pebble", "-config", str(self._config), "-dnsserver", f"127.0.0.1:{self.dns}", "-strict"],
            "pebble.log",
            PEBBLE_VA_NOSLEEP="1",
            PEBBLE_WFE_NONCEREJECT="0",
            PEBBLE_AUTHZREUSE="0",
        )
        wait_for(lambda: socket.create_connection(("127.0.0.1", self.management), 1).close(), "pebble")
        wait_for(lambda: socket.create_connection(("127.0.0.1", self.dns_management), 1).close(), "its DNS")
        return pebble

    def root(self) -> str:
        """The root that the issued certificates lead to."""
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        with opener.open(f"https://127.0.0.1:{self.management}/roots/0", timeout=10) as answer:
            return answer.read().decode()

    def dns_answer(self, path: str, **question: object) -> None:
        """Change what the DNS says, such as C(add-caa) or C(add-a)."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.dns_management}/{path}", json.dumps(question).encode(), method="POST"
        )
        DIRECT.open(request, timeout=10).close()


class Nginx:
    """nginx with Debian's layout of folders below the test's own."""

    def __init__(self, servers: Servers, prefix: Path) -> None:
        self._servers = servers
        self.prefix = prefix
        self.config = prefix / "nginx.conf"
        self.pid_file = prefix / "nginx.pid"
        self.available, self.enabled = prefix / "sites-available", prefix / "sites-enabled"
        self.conf_d, self.webroot = prefix / "conf.d", prefix / "webroot"
        for folder in (self.available, self.enabled, self.conf_d, self.webroot, prefix / "logs"):
            folder.mkdir(parents=True)
        self.config.write_text(
            f"""{"user root;" if os.geteuid() == 0 else ""}
pid {self.pid_file};
error_log {prefix}/logs/error.log notice;
worker_processes 2;
daemon off;
events {{}}
http {{
    access_log {prefix}/logs/access.log;
    client_body_temp_path {prefix}/logs/body;
    proxy_temp_path {prefix}/logs/proxy;
    fastcgi_temp_path {prefix}/logs/fastcgi;
    uwsgi_temp_path {prefix}/logs/uwsgi;
    scgi_temp_path {prefix}/logs/scgi;
    include {self.conf_d}/*.conf;
    include sites-enabled/*;
}}
"""
        )

    def start(self) -> subprocess.Popen[bytes]:
        process = self._servers.start(["nginx", "-p", str(self.prefix), "-c", str(self.config)], "nginx.log")
        wait_for(self._has_workers, "nginx")
        return process

    def driver(self, timeout: float = 30) -> NginxModule:
        """The class by which the modules work with it."""
        return NginxModule(Tools(), ["nginx", "-p", str(self.prefix)], str(self.config), str(self.pid_file), timeout)

    def reload(self) -> None:
        self.driver().reload()

    def options(self) -> dict[str, object]:
        """What every module here is told of it."""
        return {
            "nginx_command": ["nginx", "-p", str(self.prefix)],
            "nginx_config": str(self.config),
            "nginx_pid_file": str(self.pid_file),
        }

    def tree(self) -> dict[str, str]:
        """Every configuration file with its content, or where the link leads."""
        found = {}
        for path in sorted(self.prefix.rglob("*")):
            name = str(path.relative_to(self.prefix))
            if name.startswith(("logs", "nginx.pid", "webroot")):
                continue
            if path.is_symlink():
                found[name] = f"-> {os.readlink(path)}"
            elif path.is_file():
                found[name] = path.read_text()
        return found

    def _has_workers(self) -> None:
        master = self.pid_file.read_text().strip()
        if not master or not Path(f"/proc/{master}/task/{master}/children").read_text().split():
            raise ConnectionError("no workers yet")


class Edge:
    """All of it, with certbot's folders, and the modules told of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = Servers(folder)
        self.nginx = Nginx(self.servers, folder / "nginx")
        self.http, self.https = free_port(), free_port()
        self.authority = Authority(self.servers, folder / "acme", self.http)

    def serve_challenges(self) -> None:
        """What the role edge_host does on a real edge, for tests of certbot alone."""
        (self.nginx.conf_d / "challenge.conf").write_text(
            f"server {{ listen 127.0.0.1:{self.http} default_server; location / {{ return 404; }}\n"
            f"location ^~ /.well-known/acme-challenge/ {{ root {self.nginx.webroot}; }} }}\n"
        )

    def refuse_orders(self, status: int, problem: str, detail: str) -> str:
        """Put a server before the authority that refuses every order. Returns its directory URL. Needs a reload."""
        port = free_port()
        answer = json.dumps({"type": f"urn:ietf:params:acme:error:{problem}", "detail": detail, "status": status})
        (self.nginx.conf_d / "authority.conf").write_text(
            f"""server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {self.authority.ca_file};
    ssl_certificate_key {self.authority.folder}/directory.key;
    location / {{ proxy_pass https://127.0.0.1:{self.authority.port}; proxy_set_header Host $http_host; }}
    location /order-plz {{ default_type application/problem+json; return {status} '{answer}'; }}
}}
"""
        )
        return f"https://127.0.0.1:{port}/dir"

    def certbot(self, **options: Any) -> dict[str, Any]:
        """Run the module certbot_certificate. Its failure is raised as TenantError."""
        folders = {f"{name}_dir": str(self.folder / "certbot" / name) for name in ("config", "work", "logs")}
        defaults = {
            "owner": "run1",
            "webroot": str(self.nginx.webroot),
            "email": "ops@tenants.test",
            "acme_directory": self.authority.url,
            "acme_ca_file": str(self.authority.ca_file),
            **folders,
        }
        return run_module(certbot_certificate.ARGUMENTS, certbot_certificate.ensure, {**defaults, **options})

    def vhost(self, **options: Any) -> dict[str, Any]:
        """Run the module nginx_vhost. Its failure is raised as TenantError."""
        folders = {"available_dir": str(self.nginx.available), "enabled_dir": str(self.nginx.enabled)}
        defaults = {"owner": "run1", "reload_timeout": 10, **folders, **self.nginx.options()}
        return run_module(nginx_vhost.ARGUMENTS, nginx_vhost.ensure, {**defaults, **options})

    def tenant(self, **options: Any) -> dict[str, Any]:
        """Run the module nginx_tenant. Its failure is raised as TenantError."""
        defaults = {"owner": "run1", "reload_timeout": 10, **self.nginx.options()}
        return run_module(nginx_tenant.ARGUMENTS, nginx_tenant.ensure, {**defaults, **options})

    def preflight(self, **options: Any) -> dict[str, Any]:
        """Run the module edge_preflight. Its failure is raised as TenantError."""
        shared = self.nginx.conf_d / "challenge.conf"
        defaults = {"shared_config": str(shared), **self.nginx.options()}
        # It is the same in check mode: it only looks.
        return run_module(
            edge_preflight.ARGUMENTS,
            lambda params, check_mode, tools: edge_preflight.look(params, tools),
            {**defaults, **options},
        )

    def certbot_files(self) -> list[str]:
        """What certbot and the module keep, certbot's account and its own note left out."""
        config = self.folder / "certbot" / "config"
        found = (str(path.relative_to(config)) for path in sorted(config.rglob("*")) if path.is_file())
        return [name for name in found if not name.startswith(("accounts/", "renewal-hooks/", "live/README"))]


def run_module(
    arguments: dict[str, Any], work: Callable[[dict[str, Any], bool, Tools], dict[str, Any]], options: dict[str, Any]
) -> dict[str, Any]:
    """Run a module's work in this process, its options checked and completed as Ansible does it."""
    check_mode = options.pop("check_mode", False)
    result = ArgumentSpecValidator(arguments).validate(options)
    assert result.error_messages == []
    return work(result.validated_parameters, check_mode, Tools())


def make_certificate(certificate: Path, key: Path, name: str, alternative: str) -> None:
    """A self-signed certificate, as a server of the test needs it."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
