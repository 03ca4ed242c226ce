# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx_vhost with a real nginx: nothing bad and nothing foreign is ever published or removed."""

from __future__ import annotations

import itertools
import json
import os
import socket
import ssl
import threading
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from edge_servers import DIRECT, Edge, free_port, make_certificate, need_programs, run_module, wait_for

from ansible_collections.frappeops.tenants.plugins.module_utils import edge_checks, nginx_publish
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_reload import Reloads
from ansible_collections.frappeops.tenants.plugins.module_utils.turns import turn
from ansible_collections.frappeops.tenants.plugins.modules import nginx_reload

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
    assert (edge.nginx.available / NAME).read_text().startswith("# frappeops.tenants, owner run1, text ")
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


def test_what_is_wrong_with_the_edge_is_found_before_anything_is_made(edge: Edge) -> None:
    edge.vhost(name="shared.conf", content="# What all share.", enabled_dir=str(edge.nginx.conf_d), available_dir="")
    prepared = {"shared_config": str(edge.nginx.conf_d / "shared.conf")}
    edge.preflight(**prepared)
    (edge.nginx.conf_d / "other.conf").write_text("\nnonsense on;\n")
    with pytest.raises(TenantError, match="already broken, and not by us: .*nonsense.*other.conf:2") as found:
        edge.preflight(**prepared)
    assert [finding["item"] for finding in found.value.details["findings"]] == ["nginx"]
    (edge.nginx.conf_d / "other.conf").unlink()
    with pytest.raises(TenantError, match="which all tenants share, is not there.") as found:
        edge.preflight()
    assert "edge.yml" in found.value.remedy
    edge.servers.stop()
    with pytest.raises(TenantError, match="nginx does not run"):
        edge.preflight(**prepared)


def test_many_that_look_at_the_same_time_share_a_test(edge: Edge) -> None:
    edge.vhost(name="shared.conf", content="# What all share.", enabled_dir=str(edge.nginx.conf_d), available_dir="")
    note = edge.nginx.pid_file.with_name("nginx.pid.frappe_tenants_test")
    note.touch()
    with ThreadPoolExecutor(6) as threads:
        with turn(str(note), 10):
            running = [
                threads.submit(edge.preflight, shared_config=str(edge.nginx.conf_d / "shared.conf"))
                for _look in range(6)
            ]
            time.sleep(0.5)
        assert sum(len(look.result()["commands"]) for look in running) == 1
    assert len(edge.preflight(shared_config=str(edge.nginx.conf_d / "shared.conf"))["commands"]) == 1, "asked later"


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
        with pytest.raises(TenantError, match=r"no new worker came.*, since the port \d+ is held by"):
            edge.vhost(name=NAME, content=content, reload_timeout=4)
    assert edge.nginx.tree() == before
    assert edge.vhost(name=NAME, content=server(edge, "one"))["changed"] and ask(edge) == "one"


def test_the_workers_of_a_reload_under_way_are_no_strangers(edge: Edge) -> None:
    nginx = edge.nginx.driver()
    with ThreadPoolExecutor(1) as others:
        reloading = others.submit(lambda: [nginx.reload() for _time in range(10)])
        while not reloading.done():
            edge_checks.ports_are_free_for(nginx, [edge.http])
        reloading.result()


def test_files_that_others_take_away_meanwhile_are_no_fault(edge: Edge) -> None:
    nginx, over = edge.nginx.driver(), threading.Event()

    def come_and_go() -> None:
        for number in itertools.count():
            path = edge.nginx.conf_d / f"{number}.conf"
            path.write_text("# here for a moment\n")
            time.sleep(0.001)
            path.unlink()
            if over.wait(0.002):
                return

    with ThreadPoolExecutor(1) as others:
        going = others.submit(come_and_go)
        try:
            assert [fault for fault in (nginx.fault() for _time in range(400)) if fault] == []
        finally:
            over.set()
        going.result()


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


def publish_at_once(edge: Edge, contents: dict[str, str]) -> dict[str, dict[str, Any] | TenantError]:
    """Publish for all these hosts, after all have come to wait. Returns what became of each, with what was answered."""
    waiting = edge.nginx.pid_file.with_name("nginx.pid.frappe_tenants_candidates")

    def publish(host: str) -> dict[str, Any] | TenantError:
        try:
            result = edge.vhost(name=f"{host}.conf", content=contents[host], reload_timeout=30)
        except TenantError as error:
            return error
        return {**result, "answer": ask(edge, host)}

    def all_wait() -> None:
        if len(list(waiting.glob("[!.]*"))) < len(contents):
            raise FileNotFoundError

    with ThreadPoolExecutor(len(contents)) as threads:
        with turn(str(edge.nginx.prefix), 10):
            running = {host: threads.submit(publish, host) for host in contents}
            wait_for(all_wait, "a run")
        results = {host: future.result() for host, future in running.items()}
    assert list(waiting.glob("[!.]*")) == []
    return results


def commands(results: dict[str, dict[str, Any] | TenantError], *end: str) -> int:
    """How often nginx was run with these last arguments by those that were published."""
    published = [result["commands"] for result in results.values() if isinstance(result, dict)]
    return sum(command[-len(end) :] == list(end) for commands in published for command in commands)


def test_runs_that_publish_together_share_a_test(edge: Edge) -> None:
    hosts = [f"tenant{number}.tenants.test" for number in range(6)]
    results = publish_at_once(edge, {host: server(edge, host, host) for host in hosts})
    assert commands(results, "-t") == 1
    assert [result["answer"] for result in results.values()] == hosts, "each was served when its publication ended"


def test_of_runs_that_publish_together_only_the_bad_one_is_refused(edge: Edge) -> None:
    contents = {f"tenant{number}.tenants.test": "" for number in range(4)}
    contents = {host: server(edge, host, host) for host in contents}
    bad = server(edge, "bad", "bad.tenants.test").replace("return", "retrun")
    before = edge.nginx.tree()
    results = publish_at_once(edge, {**contents, "bad.tenants.test": bad})
    refused = results.pop("bad.tenants.test")
    assert isinstance(refused, TenantError) and refused.details["problem"] == "candidate_refused"
    assert refused.details["file"] == str(edge.nginx.enabled / "bad.tenants.test.conf")
    assert [result["answer"] for result in results.values()] == list(contents)
    assert not [name for name in edge.nginx.tree().keys() - before.keys() if "bad" in name]


def test_of_two_that_exclude_each_other_one_is_published(edge: Edge) -> None:
    contents = {f"{name}.tenants.test": "" for name in ("one", "two", "other")}
    both = "upstream same { server 127.0.0.1:9; }\n"
    contents = {host: (both if "other" not in host else "") + server(edge, host, host) for host in contents}
    results = publish_at_once(edge, contents)
    refused = [host for host, result in results.items() if isinstance(result, TenantError)]
    assert len(refused) == 1 and refused != ["other.tenants.test"]
    assert 'duplicate upstream "same"' in results[refused[0]].msg
    assert not (edge.nginx.enabled / f"{refused[0]}.conf").exists()


def test_what_a_dead_run_left_is_neither_tested_nor_published(edge: Edge) -> None:
    folder = edge.nginx.pid_file.with_name("nginx.pid.frappe_tenants_candidates")
    folder.mkdir()
    (folder / "0123456789abcdef").write_text(json.dumps({str(edge.nginx.enabled / "dead.conf"): "nonsense on;"}))
    result = edge.vhost(name=NAME, content=server(edge, "one"))
    assert [command[-1] for command in result["commands"]].count("-t") == 1
    assert not (edge.nginx.enabled / "dead.conf").exists()
    assert [path.name for path in folder.iterdir()] == [".passed"]


def test_runs_that_publish_together_share_a_reload(edge: Edge) -> None:
    hosts = [f"tenant{number}.tenants.test" for number in range(6)]
    # While one reloads, the others put their files in place.
    with ThreadPoolExecutor(1) as thread:
        with Reloads(edge.nginx.driver()).turn():
            running = thread.submit(publish_at_once, edge, {host: server(edge, host, host) for host in hosts})
            wait_for(lambda: [os.stat(edge.nginx.enabled / f"{host}.conf") for host in hosts], "a file")
        results = running.result()
    assert commands(results, "-s", "reload") == 1
    assert [result["answer"] for result in results.values()] == hosts
    assert not edge.vhost(name=f"{hosts[0]}.conf", content=server(edge, hosts[0], hosts[0]))["changed"]


def test_a_reload_that_began_before_a_file_came_is_not_taken_for_its_own(edge: Edge) -> None:
    edge.vhost(name=NAME, content=server(edge, "one"))
    edge.nginx.reload()
    # As another run would, that has not come to its reload yet.
    (edge.nginx.available / "moved").write_text(nginx_publish.marked(server(edge, "two"), "run1"))
    os.replace(edge.nginx.available / "moved", edge.nginx.available / NAME)
    result = edge.vhost(name=NAME, content=server(edge, "two"))
    assert result["changed"] and result["reason"] == "it was published, but not yet loaded" and ask(edge) == "two"


def with_certificate(edge: Edge) -> str:
    """A server with a certificate, which lies where certbot keeps a lineage: the name is a link."""
    archive, live = (edge.folder / "certbot" / name / "acme" for name in ("archive", "live"))
    for folder in (archive, live):
        folder.mkdir(parents=True)
    renew(edge)
    files = "".join(
        f'    {directive} "{live}/{name}.pem";\n'
        for directive, name in (("ssl_certificate", "fullchain"), ("ssl_certificate_key", "privkey"))
    )
    return f'server {{\n    listen 127.0.0.1:{edge.https} ssl;\n{files}    return 200 "one";\n}}\n'


def renew(edge: Edge) -> bytes:
    """Replace the certificate as certbot does. Returns the new one."""
    archive, live = (edge.folder / "certbot" / name / "acme" for name in ("archive", "live"))
    number = len(list(archive.iterdir()))
    names = {name: archive / f"{name}{number}.pem" for name in ("fullchain", "privkey")}
    make_certificate(names["fullchain"], names["privkey"], "acme.tenants.test", "DNS:acme.tenants.test")
    for name, target in names.items():
        (live / f"{name}.pem").unlink(missing_ok=True)
        (live / f"{name}.pem").symlink_to(target)
    return ssl.PEM_cert_to_DER_cert(names["fullchain"].read_text())


def served(edge: Edge) -> bytes:
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", edge.https)))


def load(edge: Edge, **options: Any) -> dict[str, Any]:
    """Run the module nginx_reload."""
    told = {"certbot_config_dir": str(edge.folder / "certbot"), **edge.nginx.options(), **options}
    return run_module(nginx_reload.ARGUMENTS, nginx_reload.ensure, told)


def test_a_certificate_that_was_made_anew_is_loaded_by_the_next_publication(edge: Edge) -> None:
    content = with_certificate(edge)
    edge.vhost(name=NAME, content=content)
    again = renew(edge)
    assert served(edge) != again
    assert edge.vhost(name=NAME, content=content)["changed"]
    assert served(edge) == again
    assert not edge.vhost(name=NAME, content=content)["changed"]


def test_nginx_is_reloaded_if_it_has_not_read_a_certificate(edge: Edge) -> None:
    edge.vhost(name=NAME, content=with_certificate(edge))
    assert not load(edge)["changed"]
    again = renew(edge)
    broken = edge.nginx.conf_d / "other.conf"
    broken.write_text("nonsense on;\n")
    with pytest.raises(TenantError, match="not reloaded: .*nonsense"):
        load(edge)
    broken.unlink()
    assert load(edge, check_mode=True)["changed"] and served(edge) != again
    made_up = load(edge)
    assert made_up["changed"] and served(edge) == again, "the reload that failed is made up for"
    assert [command[-2:] for command in made_up["commands"]].count(["-s", "reload"]) == 1
    assert not load(edge)["changed"]


def test_a_reload_that_certbots_hook_could_not_make_is_made_up_for(edge: Edge) -> None:
    edge.vhost(name=NAME, content=server(edge, "one"))
    note = edge.folder / "certbot" / "frappe_tenants" / ".renewed"
    note.parent.mkdir(parents=True)
    note.touch()
    assert load(edge)["changed"] and not note.exists()
    assert not load(edge)["changed"]


def test_a_name_that_another_server_has_is_found(edge: Edge) -> None:
    """nginx only warns of it, and would go on serving the other."""
    (edge.nginx.conf_d / "other.conf").write_text(
        f"server {{ listen 127.0.0.1:{edge.http}; server_name acme.tenants.test; return 404; }}\n"
    )
    answers = {"host": "acme.tenants.test", "port": edge.http}
    for _time in ("published", "unchanged"):
        with pytest.raises(TenantError, match="as for a host that no tenant has"):
            edge.vhost(name=NAME, content=server(edge, "one"), answers=answers)
    (edge.nginx.conf_d / "other.conf").unlink()
    edge.vhost(name=NAME, content=server(edge, "two"), answers=answers)
    assert ask(edge) == "two"


def test_requests_go_on_while_tenants_are_published(edge: Edge) -> None:
    edge.vhost(name="first.conf", content=server(edge, "first", "first.tenants.test"))
    for number in range(5):
        edge.vhost(name=f"tenant{number}.conf", content=server(edge, "x", f"tenant{number}.tenants.test"))
        assert ask(edge, "first.tenants.test") == "first"
        try:
            DIRECT.open(f"http://127.0.0.1:{edge.http}/", timeout=5).close()
        except urllib.error.HTTPError as answer:
            assert answer.code == 404
