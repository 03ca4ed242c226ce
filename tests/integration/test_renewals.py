# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewals on the lab: what is due is renewed, and nginx loads it once, whoever renews."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import certificates
import pytest
from certificates import DAY
from conftest import Playbooks
from edge_servers import free_port
from lab_certificates import certbot, folders, rfc2136, wait_until, workers

from lab.settings import Settings

OURS, FOREIGN = ("one.tenants.test", "two.tenants.test"), "foreign.tenants.test"
PORTS = {name: free_port() for name in (*OURS, FOREIGN)}


@pytest.fixture(scope="module")
def edge(playbooks: Playbooks, lab: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """certbot's folders with two lineages of ours and one of somebody else, all served by nginx."""
    folder = tmp_path_factory.mktemp("renewals")
    for name in PORTS:
        certbot(lab, folder, name=name, domains=[name], dns=rfc2136(lab))
    (folder / "config" / "frappe_tenants" / FOREIGN).unlink()
    servers = lab.nginx / "conf.d" / "renewals.conf"
    servers.write_text("".join(server(lab, live(folder, name), port) for name, port in PORTS.items()))
    try:
        loaded = playbooks.run("certificates.yml", certificates_retry=False, **folders(folder))
        assert loaded.code == 0, loaded.output
        yield folder
    finally:
        servers.unlink()


def live(folder: Path, name: str) -> Path:
    return folder / "config" / "live" / name


def server(lab: Settings, files: Path, port: int) -> str:
    return (
        f"server {{ listen {lab.address}:{port} ssl; return 204;\n"
        f"ssl_certificate {files}/fullchain.pem; ssl_certificate_key {files}/privkey.pem; }}\n"
    )


def served(lab: Settings) -> dict[str, str]:
    """The certificate that nginx serves for each name."""
    return {name: first(ssl.get_server_certificate((lab.address, port))) for name, port in PORTS.items()}


def kept(folder: Path) -> dict[str, str]:
    """The certificate that certbot keeps for each name."""
    return {name: first((live(folder, name) / "fullchain.pem").read_text()) for name in PORTS}


def first(pem: str) -> str:
    """The first certificate of a file, without its last line."""
    return pem.partition("-----END")[0]


def test_what_is_due_is_renewed_and_loaded_once(playbooks: Playbooks, lab: Settings, edge: Path) -> None:
    for name in (OURS[0], FOREIGN):
        # Seven tenths of its life are over.
        old = certificates.write(
            edge / "old" / name / "fullchain.pem", certificates.certificate([name], -70 * DAY, 30 * DAY)
        )
        for file in ("fullchain.pem", "privkey.pem"):
            (live(edge, name) / file).write_bytes(old.with_name(file).read_bytes())
    before = kept(edge)
    run = playbooks.run("certificates.yml", certificates_retry=False, certificate_dns_wait=0, **folders(edge))
    assert run.code == 0, run.output
    assert run.output.count("Let nginx read the new certificates, once: changed") == 1
    assert [name for name, one in kept(edge).items() if one != before[name]] == [OURS[0]]
    assert served(lab) == kept(edge)


def test_certbots_own_renewals_reload_nginx_once(lab: Settings, edge: Path) -> None:
    for kind in ("deploy", "post"):
        hook = edge / "config" / "renewal-hooks" / kind / "frappe_tenants"
        ours = lab.letsencrypt / "config" / "renewal-hooks" / kind / "frappe_tenants"
        hook.parent.mkdir(parents=True, exist_ok=True)
        hook.write_text(ours.read_text().replace(str(lab.letsencrypt), str(edge)))
        hook.chmod(0o755)
    before, old_workers = kept(edge), workers(lab)
    seen: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.01):
            seen.update(workers(lab))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        renew(lab, edge)
        assert wait_until(lambda: not old_workers & workers(lab)), "the old workers are gone"
    finally:
        ended.set()
        watching.join()
    assert all(one != before[name] for name, one in kept(edge).items())
    assert len(seen - old_workers) == len(old_workers), "one generation of new workers"
    assert served(lab) == kept(edge)


def renew(lab: Settings, edge: Path) -> None:
    """What certbot's own timer does, for all lineages, due or not."""
    places = [word for name in ("config", "work", "logs") for word in (f"--{name}-dir", str(edge / name))]
    done = subprocess.run(
        ["certbot", "renew", "--force-renewal", "--no-random-sleep-on-renew", *places],
        env={**os.environ, "REQUESTS_CA_BUNDLE": str(lab.directory_ca)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
