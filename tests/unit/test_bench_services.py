# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which service of a bench is down, and that exactly that one is restarted."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from web_servers import Reply, free_port, serving

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.bench_services import examine
from ansible_collections.frappeops.tenants.plugins.module_utils.port_holders import holders
from ansible_collections.frappeops.tenants.plugins.module_utils.tools import Tools


@pytest.fixture
def bench(tmp_path):
    def make(**config):
        for folder in ("apps", "sites"):
            (tmp_path / folder).mkdir()
        (tmp_path / "sites" / "common_site_config.json").write_text(json.dumps(config))
        return Bench(str(tmp_path))

    return make


@contextmanager
def saying(text):
    """A server that says something to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    client, _address = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(64)
                    client.sendall(text)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def look(bench, *services, check_mode=False, **wanted):
    wish = {"services": services, "restart": False, "commands": {}, "patience": 5, **wanted}
    return examine(bench, wish, Tools(), check_mode)


@pytest.mark.parametrize("answer", [b"+PONG\r\n", b"-NOAUTH Authentication required.\r\n"])
def test_what_answers_is_well(bench, answer):
    with serving(lambda request: Reply(404, "no such site")) as web, saying(answer) as redis:
        ours = bench(webserver_port=web.port, socketio_port=web.port, redis_cache=f"redis://127.0.0.1:{redis}")
        assert look(ours, "web", "socketio", "redis_cache")["down"] == []


def test_what_has_no_address_is_not_looked_at(bench):
    assert look(bench(), "web", "socketio", "redis_cache", "redis_queue", "worker")["down"] == []


def test_only_what_is_down_is_named(bench):
    port = free_port()
    with saying(b"+PONG\r\n") as redis:
        found = look(bench(webserver_port=port, redis_queue=f"redis://127.0.0.1:{redis}"), "web", "redis_queue")
    assert found["down"] == ["web"]
    assert found["restarted"] == [] and not found["changed"]
    assert f"web at 127.0.0.1:{port} does not answer: Connection refused" in found["problems"][0]


@pytest.mark.parametrize("service", ["web", "redis_cache"])
def test_a_port_that_another_program_holds_is_never_restarted(bench, tmp_path, service):
    with saying(b"SSH-2.0\r\n") as port:
        ours = bench(webserver_port=port, redis_cache=f"redis://127.0.0.1:{port}")
        found = look(ours, service, restart=True, commands={service: ["touch", str(tmp_path / "restarted")]})
    assert f"is held by {holders_of_this_process()}" in found["problems"][0]
    assert not (tmp_path / "restarted").exists()


def holders_of_this_process():
    return f"{Path('/proc/self/comm').read_text().strip()} (pid {os.getpid()})"


def test_check_mode_only_tells_what_would_be_restarted(bench, tmp_path):
    command = ["touch", str(tmp_path / "restarted")]
    found = look(bench(webserver_port=free_port()), "web", restart=True, commands={"web": command}, check_mode=True)
    assert found["restarted"] == ["web"] and found["changed"]
    assert not (tmp_path / "restarted").exists()


@pytest.mark.parametrize(
    ("command", "told"), [(["false"], "can't be restarted by 'false'"), (["true"], "after it was restarted")]
)
def test_a_restart_that_helps_nothing_is_told(bench, command, told):
    found = look(bench(webserver_port=free_port()), "web", restart=True, commands={"web": command}, patience=0)
    assert told in found["problems"][0]


def test_holders_of_a_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert [holder.pid for holder in holders(server.getsockname()[1])] == [os.getpid()]
    assert holders(free_port()) == []
