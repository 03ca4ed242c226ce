# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx_vhost with a real nginx: nothing bad and nothing foreign is ever published or removed."""

from __future__ import annotations

import os
import socket
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_servers import DIRECT, Edge, free_port, need_programs

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

NAME = "acme.tenants.test.conf"


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    need_programs()
    edge = Edge(tmp_path)
    edge.serve_challenges()
    try:
        edge.nginx.start()
        yield edge
    finally:
        edge.servers.stop()


def server(edge: Edge, text: str, host: str = "acme.tenants.test") -> str:
    return f'server {{\n    listen 127.0.0.1:{edge.http};\n    server_name {host};\n    return 200 "{text}";\n}}\n'


def ask(edge: Edge, host: str = "acme.tenants.test") -> str:
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", edge.http), 5) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode().partition("\r\n\r\n")[2]


def workers(edge: Edge) -> list[str]:
    master = edge.nginx.pid_file.read_text().strip()
    return Path(f"/proc/{master}/task/{master}/children").read_text().split()


def test_publish_leave_alone_change_withdraw(edge: Edge) -> None:
    empty = edge.nginx.tree()
    predicted = edge.vhost(name=NAME, content=server(edge, "one"), check_mode=True)
    assert predicted["changed"] and edge.nginx.tree() == empty

    assert edge.vhost(name=NAME, content=server(edge, "one"))["changed"]
    assert ask(edge) == "one"
    assert os.readlink(edge.nginx.enabled / NAME) == f"../sites-available/{NAME}"
    assert (edge.nginx.available / NAME).read_text().startswith("# frappeops.tenants, owner run1: ")
    assert os.stat(edge.nginx.available / NAME).st_mode & 0o777 == 0o644

    serving = workers(edge)
    again = edge.vhost(name=NAME, content=server(edge, "one"))
    assert not again["changed"] and again["commands"] == []
    assert set(workers(edge)) <= set(serving)

    changed = edge.vhost(name=NAME, content=server(edge, "two"))
    assert changed["changed"] and ask(edge) == "two"
    assert [command[-2:] for command in changed["commands"]].count(["-s", "reload"]) == 1
    assert '"one"' in changed["diff"][0]["before"] and '"two"' in changed["diff"][0]["after"]

    assert edge.vhost(name=NAME, state="absent", check_mode=True)["changed"] and ask(edge) == "two"
    assert edge.vhost(name=NAME, state="absent")["changed"]
    assert edge.nginx.tree() == empty
    assert "404" in ask(edge)
    assert not edge.vhost(name=NAME, state="absent")["changed"]


def test_without_links_as_on_red_hat(edge: Edge) -> None:
    empty = edge.nginx.tree()
    places = {"available_dir": "", "enabled_dir": str(edge.nginx.conf_d)}
    edge.vhost(name=NAME, content=server(edge, "one"), **places)
    assert ask(edge) == "one" and (edge.nginx.conf_d / NAME).is_file()
    edge.vhost(name=NAME, state="absent", **places)
    assert edge.nginx.tree() == empty


def test_a_bad_candidate_never_reaches_the_live_tree(edge: Edge) -> None:
    edge.vhost(name=NAME, content=server(edge, "one"))
    before, serving = edge.nginx.tree(), workers(edge)
    for check_mode in (True, False):
        with pytest.raises(TenantError) as refused:
            edge.vhost(name=NAME, content=server(edge, "two").replace("return", "retrun"), check_mode=check_mode)
        error = refused.value
        assert error.details["problem"] == "candidate_refused"
        assert 'unknown directive "retrun"' in error.msg
        assert error.details["file"] == str(edge.nginx.enabled / NAME)
        assert error.details["line"] == 5, "the mark is line 1"
    assert edge.nginx.tree() == before and set(workers(edge)) <= set(serving) and ask(edge) == "one"


def test_a_candidate_that_only_fails_together_with_others_is_refused(edge: Edge) -> None:
    before = edge.nginx.tree()
    with pytest.raises(TenantError, match="a duplicate default server") as refused:
        edge.vhost(name=NAME, content=f"server {{ listen 127.0.0.1:{edge.http} default_server; }}")
    assert refused.value.details["problem"] == "candidate_refused"
    assert str(edge.nginx.prefix) in refused.value.msg, "live names, not those of the copy"
    assert edge.nginx.tree() == before


def test_a_missing_certificate_fails_the_test_but_not_check_mode(edge: Edge) -> None:
    content = f"server {{ listen 127.0.0.1:{free_port()} ssl;\n ssl_certificate /nowhere/a.pem;\n }}"
    predicted = edge.vhost(name=NAME, content=content, check_mode=True)
    assert predicted["changed"] and predicted["reason"] == "not tested, since /nowhere/a.pem does not exist yet"
    with pytest.raises(TenantError, match='cannot load certificate|no "ssl_certificate_key"'):
        edge.vhost(name=NAME, content=content)


def test_a_live_configuration_that_is_broken_already_is_not_ours(edge: Edge) -> None:
    (edge.nginx.conf_d / "other.conf").write_text("\nnonsense on;\n")
    before = edge.nginx.tree()
    with pytest.raises(TenantError, match="already broken, and not by us.*nonsense.*other.conf:2") as refused:
        edge.vhost(name=NAME, content=server(edge, "one"))
    assert refused.value.details["problem"] == "live_configuration_broken"
    assert edge.nginx.tree() == before


def test_withdrawing_works_beside_a_broken_file_and_tells_of_it(edge: Edge) -> None:
    empty = edge.nginx.tree()
    edge.vhost(name=NAME, content=server(edge, "one"))
    broken = edge.nginx.conf_d / "other.conf"
    broken.write_text("nonsense on;\n")
    with pytest.raises(TenantError, match="cannot reload.*nonsense.*other.conf:1"):
        edge.vhost(name=NAME, state="absent")
    broken.unlink()
    assert edge.nginx.tree() == empty
    assert edge.vhost(name=NAME, state="absent")["changed"], "the reload that could not be done is due"
    assert "404" in ask(edge)
    assert not edge.vhost(name=NAME, state="absent")["changed"]


def test_a_reload_that_was_cut_off_is_made_up_for(edge: Edge) -> None:
    edge.vhost(name=NAME, content=server(edge, "one"))
    file = edge.nginx.available / NAME
    time.sleep(0.05)
    file.write_text(file.read_text().replace("one", "two"))
    assert ask(edge) == "one"
    assert edge.vhost(name=NAME, content=server(edge, "two"))["changed"]
    assert ask(edge) == "two"
    assert not edge.vhost(name=NAME, content=server(edge, "two"))["changed"]


@pytest.mark.parametrize("text", ["server { return 204; }\n", "# frappeops.tenants, owner run2: x\nserver { }\n", ""])
def test_a_file_of_somebody_else_is_neither_overwritten_nor_removed(edge: Edge, text: str) -> None:
    (edge.nginx.available / NAME).write_text(text)
    before = edge.nginx.tree()
    with pytest.raises(TenantError, match="was not made by this provisioning") as refused:
        edge.vhost(name=NAME, content=server(edge, "one"))
    assert refused.value.details["problem"] == "foreign_file"
    left = edge.vhost(name=NAME, state="absent")
    assert left["left"] and not left["changed"]
    assert edge.nginx.tree() == before


def test_a_link_of_somebody_else_is_respected(edge: Edge) -> None:
    (edge.nginx.enabled / NAME).symlink_to("/dev/null")
    before = edge.nginx.tree()
    with pytest.raises(TenantError, match="was not made by this provisioning"):
        edge.vhost(name=NAME, content=server(edge, "one"))
    assert edge.vhost(name=NAME, state="absent")["left"]
    assert edge.nginx.tree() == before


def test_a_port_that_another_program_holds_puts_the_former_files_back(edge: Edge) -> None:
    before = edge.nginx.tree()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        content = f"server {{ listen 127.0.0.1:{other.getsockname()[1]}; }}"
        with pytest.raises(TenantError, match="no new worker came"):
            edge.vhost(name=NAME, content=content, reload_timeout=4)
    assert edge.nginx.tree() == before
    assert edge.vhost(name=NAME, content=server(edge, "one"))["changed"] and ask(edge) == "one"


def test_an_nginx_that_does_not_run_is_named(edge: Edge) -> None:
    edge.servers.stop()
    before = edge.nginx.tree()
    with pytest.raises(TenantError, match="nginx does not run"):
        edge.vhost(name=NAME, content=server(edge, "one"))
    assert edge.nginx.tree() == before


def test_a_folder_that_nginx_does_not_read_is_refused(edge: Edge) -> None:
    folder = edge.nginx.prefix / "elsewhere"
    folder.mkdir()
    with pytest.raises(TenantError, match="does not include .*elsewhere"):
        edge.vhost(name=NAME, content=server(edge, "one"), enabled_dir=str(folder))


@pytest.mark.parametrize("name", ["../x.conf", "a/b.conf", ".hidden", "", "a..b", "a b", "a;b", "a\n", "-x"])
def test_a_name_cannot_leave_the_folder(edge: Edge, name: str) -> None:
    before = edge.nginx.tree()
    for options in ({"content": "x;"}, {"state": "absent"}):
        with pytest.raises(TenantError, match="is no name for a file of nginx"):
            edge.vhost(name=name, **options)
    assert edge.nginx.tree() == before


def test_a_folder_outside_the_configuration_is_refused(edge: Edge, tmp_path: Path) -> None:
    for folder in (tmp_path, edge.nginx.prefix / ".." / "acme"):
        with pytest.raises(TenantError, match="is not below"):
            edge.vhost(name=NAME, content=server(edge, "one"), enabled_dir=str(folder))


def test_requests_go_on_while_tenants_are_published(edge: Edge) -> None:
    edge.vhost(name="first.conf", content=server(edge, "first", "first.tenants.test"))
    for number in range(5):
        edge.vhost(name=f"tenant{number}.conf", content=server(edge, "x", f"tenant{number}.tenants.test"))
        assert ask(edge, "first.tenants.test") == "first"
        try:
            DIRECT.open(f"http://127.0.0.1:{edge.http}/", timeout=5).close()
        except urllib.error.HTTPError as answer:
            assert answer.code == 404
