# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check for taken ports, before anything is started."""

from __future__ import annotations

import os
import re
import socket

import pytest

from lab.errors import LabError
from lab.ports import check_ports, is_free
from lab.settings import PORTS_FILE, read_ports


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_taken_port_is_named_with_its_process(kind: socket.SocketKind, free_port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", free_port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(LabError) as refused:
            check_ports("127.0.0.1", [("mariadb", free_port, kind)])
    assert re.match(rf"Port {free_port} \(mariadb\) is in use by .+, process {os.getpid()}\.", refused.value.msg)
    assert "ports.yml" in refused.value.remedy


def test_a_port_taken_for_every_address_is_taken_here(free_port: int) -> None:
    with socket.create_server(("", free_port)):
        assert not is_free("127.0.0.1", free_port)


def test_free_ports_pass(free_port: int) -> None:
    check_ports("127.0.0.1", [("mariadb", free_port, socket.SOCK_STREAM)])


def test_each_part_has_a_port_of_its_own() -> None:
    ports = read_ports(PORTS_FILE)
    assert len(set(ports.values())) == len(ports)
