# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of a bench: which of them is down, and the restart of exactly that one.

Where each listens stands in common_site_config.json. A service that has no address there is not looked at: a bench may have
its web server on another host.
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from . import inside_queue
from .bench import Bench
from .errors import TenantError
from .port_holders import holders
from .tools import Tools

_TIMEOUT = 5
_PAUSE = 0.3


class Services:
    """The services of one bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._config = bench.common_config()
        #: How each is asked. Each raises TenantError when it is down.
        self.checks: dict[str, Callable[[], None]] = {
            "redis_cache": lambda: self._redis("redis_cache"),
            "redis_queue": lambda: self._redis("redis_queue"),
            "web": lambda: self._http("web", "webserver_port", "/api/method/ping"),
            "socketio": lambda: self._http("socketio", "socketio_port", "/socket.io/?EIO=4&transport=polling"),
            "worker": self._worker,
        }

    def down(self, names: list[str]) -> dict[str, TenantError]:
        """Those of I(names) that don't do their work, with what was seen."""
        found = {}
        for name in names:
            try:
                self.checks[name]()
            except TenantError as error:
                found[name] = error
        return found

    def restart(self, name: str, command: list[str], tools: Tools, seconds: float) -> None:
        """Restart one service by I(command), and see that it works again.

        :raises TenantError: it can't be restarted, or is still down after I(seconds).
        """
        outcome = tools.run(command)
        if outcome.rc != 0:
            raise TenantError(f"{name} can't be restarted by '{' '.join(command)}': {_last_line(outcome.output)}.")
        end = time.monotonic() + seconds
        while True:
            try:
                return self.checks[name]()
            except TenantError as error:
                if time.monotonic() > end:
                    raise TenantError(
                        f"{error.msg.rstrip('.')}, {seconds:g} s after it was restarted.", "Look into its log."
                    ) from error
            time.sleep(_PAUSE)

    def _redis(self, name: str) -> None:
        """A Redis that wants a password first is one that answers."""
        where = urlsplit(str(self._config.get(name, "")))
        if not where.hostname:
            return
        address = (where.hostname, where.port or 6379)
        try:
            with socket.create_connection(address, timeout=_TIMEOUT) as connection:
                connection.sendall(b"PING\r\n")
                answer = connection.recv(64)
        except OSError as error:
            raise TenantError(
                f"{name} at {address[0]}:{address[1]} does not answer: {error.strerror or error}.",
                "Start it on the bench host: supervisorctl status.",
            ) from error
        if not answer.startswith((b"+PONG", b"-NOAUTH")):
            raise TenantError(
                f"The port {address[1]} of {name} is held by {_owners(address[1])}, which is no Redis that answers.",
                f"Stop that program, or change {name}.",
            )

    def _http(self, name: str, port_name: str, path: str) -> None:
        """Any answer by HTTP will do: no site need be there."""
        port = self._config.get(port_name)
        if not port:
            return
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=_TIMEOUT)
        try:
            connection.request("GET", path)
            connection.getresponse()
        except http.client.HTTPException as error:
            raise TenantError(
                f"The port {port} of {name} is held by {_owners(int(port))}, which does not speak HTTP.",
                f"Stop that program, or change {port_name}.",
            ) from error
        except OSError as error:
            raise TenantError(
                f"{name} at 127.0.0.1:{port} does not answer: {error.strerror or error}.",
                "Start it on the bench host: supervisorctl status.",
            ) from error
        finally:
            connection.close()

    def _worker(self) -> None:
        url = str(self._config.get("redis_queue", ""))
        if not url:
            return
        seen = self._bench.call(inside_queue, {"operation": "workers", "url": url})
        # Where Redis is down, that is what is told.
        deaf = [queue for queue, states in (seen["workers"] or {}).items() if not states]
        if deaf:
            raise TenantError(
                f"The bench {self._bench.path} has no worker for the queues {', '.join(deaf)}: these background jobs of its "
                "tenants are not run.",
                "Start its workers on the bench host: supervisorctl status.",
            )


def examine(bench: Bench, wanted: Mapping[str, Any], tools: Tools, check_mode: bool) -> dict[str, Any]:
    """Look at the services, and restart those that are down and may be.

    :param wanted: C(services), their names; C(restart), whether to restart; C(commands), a command per service; C(patience).
    :returns: C(problems), a line each, C(down) and C(restarted), names.
    """
    services = Services(bench)
    down = services.down(wanted["services"])
    restarted, problems = [], []
    for name, error in down.items():
        command = wanted["commands"].get(name)
        if not wanted["restart"] or not command or "is held by" in error.msg:
            problems.append(f"{error.msg} {error.remedy}")
            continue
        restarted.append(name)
        if not check_mode:
            try:
                services.restart(name, command, tools, wanted["patience"])
            except TenantError as left:
                problems.append(f"{left.msg} {left.remedy}".strip())
    return {"changed": bool(restarted), "down": list(down), "restarted": restarted, "problems": problems}


def _owners(port: int) -> str:
    return ", ".join(map(str, holders(port))) or "another program"


def _last_line(output: str) -> str:
    return output.splitlines()[-1].rstrip(".") if output else "it printed nothing"
