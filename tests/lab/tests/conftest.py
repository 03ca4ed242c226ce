# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free ports, and servers of ours that run while a test looks at them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer

import pytest


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serve() -> Iterator[Callable[[ThreadingHTTPServer], int]]:
    """Serve in the background until the test ends; gives the port."""
    running: list[ThreadingHTTPServer] = []

    def start(server: ThreadingHTTPServer) -> int:
        # It looks for the end of the test every 10 ms; with the default of 500 ms every test would take that long.
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
        return int(server.server_address[1])

    yield start
    for server in running:
        server.shutdown()
        server.server_close()
