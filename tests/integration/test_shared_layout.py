# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet whose nginx has the layout shared, with records at Cloudflare: made, suspended, resumed, damaged and mended.

Its tenants have a certificate that they share, one of the operator's, and none. The edge is an nginx of this file's own, so that
nobody else reloads it: after it was prepared, none of all this does either.
"""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request

import lab_parts
import pytest
from conftest import Outcome, Playbooks
from edge_servers import DIRECT, Nginx, Servers, free_port, make_certificate, need_programs
from registry_rows import registered
from stopped_runs import cut, orders, writes_of
from traces import of_tenant

from lab.settings import CLOUDFLARE_ZONE, Settings

PREFIX = f"sh-{secrets.token_hex(2)}"
ONE, TWO, OWN, PLAIN = (f"{PREFIX}-{what}" for what in ("one", "two", "own", "plain"))
HTTP_ONLY = {PLAIN}
#: The zone of the lab's stand-in.
RECORDS = "zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records"


def backend(tenant: str) -> str:
    return f"{tenant}-api.{CLOUDFLARE_ZONE}"


def order(tenant: str) -> dict[str, str]:
    return {"tenant": tenant, "admin_email": f"ada@{tenant}.example"}


@dataclass(frozen=True)
class World:
    """An edge of its own beside the lab's other servers, and a registry for its tenants alone."""

    lab: Settings
    playbooks: Playbooks
    nginx: Nginx
    folder: Path
    http: int
    https: int

    @property
    def variables(self) -> dict[str, Any]:
        """What the playbooks are told of it."""
        return {
            **{f"proxy_{name}": value for name, value in self.nginx.options().items()},
            "proxy_nginx_conf_d": str(self.nginx.conf_d),
            "proxy_nginx_sites_available": str(self.nginx.available),
            "proxy_nginx_sites_enabled": str(self.nginx.enabled),
            "proxy_layout": "shared",
            "tenant_http_port": self.http,
            "tenant_https_port": self.https,
            "tenant_hosts": {"frontend": "{tenant}.{domain}", "backend": "{tenant}-api.{domain}"},
            "tenant_registry_url": f"sqlite:///{self.folder}/registry.db",
            "dns_provider": "cloudflare",
            "certificate_dns_wait": 1,
            "certificate_webroot": str(self.nginx.webroot),
            **{f"certificate_{name}_dir": str(self.certbot / name) for name in ("config", "work", "logs")},
            "notify_enabled": False,
        }

    @property
    def certbot(self) -> Path:
        return self.folder / "certbot"

    @property
    def own_certificate(self) -> dict[str, str]:
        """The operator's files."""
        return {name: str(self.folder / f"{name}.pem") for name in ("fullchain", "privkey")}

    def plan(self, tenant: str) -> dict[str, Any]:
        """The variables that say how a tenant comes to its certificate."""
        if tenant == OWN:
            files = self.own_certificate
            return {"tls_plan": "existing", "certificate_existing": files, "verify_ca_file": files["fullchain"]}
        return {"tls_plan": "none" if tenant in HTTP_ONLY else "shared"}

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        return self.playbooks.run(playbook, *arguments, **{**self.variables, **variables})

    def audit(self, **variables: Any) -> set[tuple[str, str, str]]:
        """The findings that bear this file's names, each as kind, what and tenant."""
        file = self.folder / "audit.json"
        outcome = self.run("audit.yml", audit_file_out=str(file), tls_plan="shared", **variables)
        assert outcome.count("changed") == 0, outcome.output
        findings = json.loads(file.read_text())["findings"]
        return {(one["kind"], one["what"], one["tenant"]) for one in findings if PREFIX in json.dumps(one)}

    def status(self, tenant: str) -> int:
        """What the tenant's backend answers."""
        port = self.http if tenant in HTTP_ONLY else self.https
        connection = http.client.HTTPConnection(backend(tenant), port, timeout=20)
        stream = socket.create_connection((self.lab.address, port), 20)
        if tenant not in HTTP_ONLY:
            roots = self.own_certificate["fullchain"] if tenant == OWN else str(self.lab.acme_roots)
            stream = ssl.create_default_context(cafile=roots).wrap_socket(stream, server_hostname=backend(tenant))
        connection.sock = stream
        connection.request("GET", "/api/method/ping")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def workers(self) -> list[str]:
        master = self.nginx.pid_file.read_text().strip()
        return Path(f"/proc/{master}/task/{master}/children").read_text().split()

    def cloudflare(self, method: str, path: str) -> Any:
        """Ask the stand-in as an operator does in Cloudflare's dashboard."""
        headers = {"Authorization": f"Bearer {self.lab.secret('cloudflare_token')}"}
        url = f"http://{self.lab.address}:{self.lab.ports['cloudflare']}/client/v4/{path}"
        asked = Request(url, headers=headers, method=method)
        with lab_parts.beside_others(self.lab), DIRECT.open(asked, timeout=20) as answer:
            return json.load(answer)["result"]


@pytest.fixture(scope="module")
def world(lab: Settings, playbooks: Playbooks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    need_programs()
    folder = tmp_path_factory.mktemp("shared")
    servers = Servers(folder)
    made = World(lab, playbooks, Nginx(servers, folder / "nginx"), folder, free_port(), free_port())
    files = made.own_certificate
    make_certificate(Path(files["fullchain"]), Path(files["privkey"]), "x", f"DNS:*.{CLOUDFLARE_ZONE}")
    try:
        made.nginx.start()
        # Two first runs at once make the key and the certificate for unknown hosts, which must fit.
        with ThreadPoolExecutor(2) as pool:
            for prepared in pool.map(made.run, ["playbooks/edge.yml"] * 2):
                well(prepared)
        yield made
        well(made.run("tests/integration/retire_all.yml"))
        assert {name: of_tenant(lab, name) for name in (ONE, TWO, OWN, PLAIN)} == dict.fromkeys(
            (ONE, TWO, OWN, PLAIN), {}
        )
        assert list((made.nginx.prefix / "frappe_tenants").glob("*/*")) == []
    finally:
        servers.stop()


@pytest.fixture(scope="module")
def workers(world: World) -> list[str]:
    """nginx's workers before there was a tenant."""
    return world.workers()


def well(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.output
    return outcome


class TestInThisOrder:
    def test_a_broken_configuration_is_found_before_anything_is_made(self, world: World) -> None:
        other = world.nginx.conf_d / "other.conf"
        other.write_text("nonsense on;\n")
        refused = world.run("provision.yml", **order(PLAIN), **world.plan(PLAIN))
        other.unlink()
        told = " ".join(refused.output.split())
        assert refused.code != 0 and "already broken, and not by us" in told and "other.conf:1" in told, refused.output
        assert of_tenant(world.lab, PLAIN) == {}

    def test_tenants_of_every_plan_come_without_a_reload(self, world: World, workers: list[str]) -> None:
        well(world.run("provision.yml", tenants=[order(ONE), order(TWO)], **world.plan(ONE)))
        for tenant in (OWN, PLAIN):
            well(world.run("provision.yml", **order(tenant), **world.plan(tenant)))
        assert {tenant: world.status(tenant) for tenant in (ONE, TWO, OWN, PLAIN)} == dict.fromkeys(
            (ONE, TWO, OWN, PLAIN), 200
        )
        rows = [registered(world.variables["tenant_registry_url"], tenant) for tenant in (ONE, TWO, OWN, PLAIN)]
        assert [row["certificate"] for row in rows] == ["shared", "shared", "existing", "none"]
        assert world.workers() == workers

    @pytest.mark.parametrize("tenant", [ONE, OWN, PLAIN], ids=["shared", "existing", "none"])
    def test_suspended_and_resumed_without_a_reload(self, world: World, workers: list[str], tenant: str) -> None:
        well(world.run("suspend.yml", tenant=tenant, **world.plan(tenant)))
        assert (world.status(tenant), world.status(TWO)) == (402, 200)
        well(world.run("resume.yml", tenant=tenant, **world.plan(tenant)))
        assert world.status(tenant) == 200
        assert world.workers() == workers

    def test_a_fleet_that_is_right_gives_no_finding(self, world: World) -> None:
        assert world.audit() == set()

    def test_each_missing_part_is_named(self, world: World) -> None:
        (world.nginx.prefix / "frappe_tenants" / "hosts" / backend(ONE)).unlink()
        for record in world.cloudflare("GET", f"{RECORDS}?per_page=5000"):
            if record["name"] == backend(TWO):
                world.cloudflare("DELETE", f"{RECORDS}/{record['id']}")
        for folder in ("live", "archive", "renewal"):
            shutil.rmtree(world.certbot / "config" / folder)
        assert world.audit() == {
            ("missing", "nginx", ONE),
            ("missing", "DNS record", TWO),
            ("missing", "certificate", ONE),
            ("missing", "certificate", TWO),
        }

    def test_a_reconciling_run_mends_them(self, world: World, workers: list[str]) -> None:
        fleet = {"tenants": [order(ONE), order(TWO)], **world.plan(ONE)}
        well(world.run("reconcile.yml", **fleet))
        assert (world.status(ONE), world.status(TWO)) == (200, 200)
        assert world.audit() == set()
        again = well(world.run("reconcile.yml", **fleet))
        assert again.count("changed") == 0, again.output
        assert world.workers() == workers

    def test_runs_that_are_cut_while_they_publish_are_taken_back_or_completed(
        self, world: World, workers: list[str]
    ) -> None:
        """Before each write of the step and after it; the other steps are those of the layout vhost."""
        told = {**world.variables, **world.plan(PLAIN)}
        writes = writes_of(world.playbooks, f"{PREFIX}-whole", **told)
        # It begins, records what it will publish, and is complete when the next begins.
        begun = next(number for number, task in enumerate(writes, 1) if task.endswith("Begin proxy"))
        of_the_step = range(begun, begun + 3)
        assert ".proxy : " in writes[begun] and writes[begun + 1].endswith("Begin verify"), writes
        undone = {f"{PREFIX}-before-{number}": (number, "before") for number in of_the_step}
        resumed = {f"{PREFIX}-after-{number}": (number, "after") for number in of_the_step}
        cut(world.playbooks, {**undone, **resumed}, **told)
        well(world.run("provision.yml", tenants=orders(*undone), **world.plan(PLAIN), tenant_on_resume="rollback"))
        well(world.run("provision.yml", tenants=orders(*resumed), **world.plan(PLAIN)))
        assert {tenant: of_tenant(world.lab, tenant) for tenant in undone} == dict.fromkeys(undone, {})
        published = {file.name for file in (world.nginx.prefix / "frappe_tenants" / "hosts").iterdir()}
        assert {backend(tenant) in published for tenant in undone} == {False}
        assert {backend(tenant) in published for tenant in resumed} == {True}
        records = {record["name"] for record in world.cloudflare("GET", f"{RECORDS}?per_page=5000")}
        assert records.isdisjoint(map(backend, undone)) and records.issuperset(map(backend, resumed))
        assert world.status(ONE) == 200
        assert world.workers() == workers
