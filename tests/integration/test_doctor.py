# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ten ailments, each really caused: doctor names it, a provisioning that it stops names it, and nothing is lost or left.

What is made ill belongs to the test: a bench, an nginx, name servers and ports of its own.
"""

from __future__ import annotations

import json
import secrets
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns_servers
import pytest
import traces
from edge_servers import Nginx, Servers, free_port
from neighbours import Neighbours, living
from registry_rows import events_of, registered
from sick_bench import SickBench, stranger

ADMIN = "ada@acme.example"
NOBODY = "127.0.0.1:1"


@pytest.fixture(scope="module", autouse=True)
def neighbours(playbooks, lab) -> Iterator[Neighbours]:
    """Two tenants that are there. The first is examined; the second must not feel anything of what happens here."""
    with living(playbooks, lab) as both:
        untouched = Neighbours(lab, playbooks.registry_url, both.names[1:])
        yield both
        untouched.assert_untouched()


@pytest.fixture(scope="module")
def live(neighbours) -> str:
    return neighbours.names[0]


@pytest.fixture(scope="module")
def bench(lab, tmp_path_factory) -> SickBench:
    """A bench whose sites folder is a disk of its own, which each test chooses."""
    return SickBench(lab, tmp_path_factory.mktemp("bench"), apps=("frappe", "erpnext", "ghost"))


@pytest.fixture(scope="module")
def nginx(tmp_path_factory) -> Iterator[Nginx]:
    """An nginx that somebody broke after it was started."""
    folder = tmp_path_factory.mktemp("edge")
    servers = Servers(folder)
    nginx = Nginx(servers, folder / "nginx")
    nginx.start()
    (nginx.conf_d / "somebody.conf").write_text("server { listen nowhere; }\n")
    yield nginx
    servers.stop()


@pytest.fixture(scope="module")
def ills(lab, bench, nginx) -> Iterator[dict[str, dict[str, Any]]]:
    """What a playbook is told, by ailment, so that it meets it before anything is made."""
    with stranger(free_port()) as holder, bench.on_small_disk("4m"):
        port = _port_of(holder.pid)
        database = {"host": lab.address, "port": lab.ports["mariadb"], "admin_user": "frappe_tenants"}
        edge = {f"proxy_nginx_{name}": value for name, value in _told_of(nginx).items()}
        yield {
            "2 an app": {"tenant_plans": {"starter": {"apps": ["nosuchapp"]}}},
            "3 nginx": edge,
            "4 the certificate": {"certificate_acme_directory": f"https://{NOBODY}/dir"},
            "6 the backend": {"proxy_bench_upstream": NOBODY},
            "7 the OAuth": {"tenant_oauth": {"provider_name": "Lab Auth", "base_url": "https://auth.tenants.test"}},
            "8 the database": {"frappe_database": {**database, "admin_password": "wrong"}},
            "9 a disk": bench.variables(),
            "10 another program": {"tenant_https_port": port},
        }


def _told_of(nginx: Nginx) -> dict[str, Any]:
    return {
        "command": ["nginx", "-p", str(nginx.prefix)],
        "config": str(nginx.config),
        "pid_file": str(nginx.pid_file),
        "conf_d": str(nginx.conf_d),
        "sites_available": str(nginx.available),
        "sites_enabled": str(nginx.enabled),
    }


def _port_of(pid: int) -> int:
    inodes = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if "socket" in str(link.readlink())}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        if f"socket:[{line.split()[9]}]" in inodes:
            return int(line.split()[1].partition(":")[2], 16)
    raise AssertionError("the stranger holds no port")


def doctor(playbooks, *arguments: str, **variables: Any):
    return playbooks.run("doctor.yml", *arguments, **variables)


def test_nothing_is_wrong_with_the_lab(playbooks):
    seen = doctor(playbooks)
    assert seen.code == 0, seen.output
    assert "a new tenant on lab-bench: nothing is wrong" in seen.output
    assert seen.count("changed") == 0


def test_doctor_names_all_at_once(playbooks, lab, ills, tmp_path):
    together = {key: value for name, told in ills.items() if name != "7 the OAuth" for key, value in told.items()}
    file = tmp_path / "findings.json"
    seen = doctor(playbooks, doctor_file=str(file), **together)
    assert seen.code != 0
    for name in ills.keys() - {"7 the OAuth"}:
        assert f"\n  {name}" in seen.output, seen.output
    assert seen.count("changed") == 0
    found = json.loads(file.read_text())
    assert [finding for finding in found if not finding["ailment"]] == []
    problems = {name: "" for name in ("port_taken", "disk_full", "nginx_invalid")}
    for finding in found:
        problems[finding["ailment"]["name"]] = problems.get(finding["ailment"]["name"], "") + finding["problem"]
    assert "is held by python" in problems["port_taken"]
    assert "MB free, a site needs 500" in problems["disk_full"]
    assert "somebody.conf:1" in problems["nginx_invalid"]
    assert all(finding["ailment"]["cause"] and finding["ailment"]["remedy"] for finding in found)


@pytest.mark.parametrize(
    "name",
    [
        "2 an app",
        "3 nginx",
        "4 the certificate",
        "6 the backend",
        "7 the OAuth",
        "8 the database",
        "9 a disk",
        "10 another program",
    ],
)
def test_provision_names_it_before_anything_is_made(playbooks, lab, tenant, ills, name):
    failed = playbooks.provision(tenant=tenant, admin_email=ADMIN, **ills[name])
    assert failed.code != 0
    assert f"{tenant} failed in step preflight" in failed.output
    assert f"  ailment        {name}" in failed.output, failed.output
    assert "  remedy  " in failed.output
    assert traces.of_tenant(lab, tenant) == {}
    assert traces.in_registry(playbooks.registry_url, tenant) == {}


def test_a_database_server_that_is_away(playbooks, lab, tenant):
    away = {"host": lab.address, "port": free_port(), "admin_user": "frappe_tenants", "admin_password": "any"}
    failed = playbooks.provision(tenant=tenant, admin_email=ADMIN, frappe_database=away)
    assert failed.code != 0
    assert "8 the database can't be reached" in failed.output
    assert "does not run, does not listen there" in failed.output
    assert traces.of_tenant(lab, tenant) == {}


def test_an_account_without_rights_and_a_disk_without_inodes(playbooks, lab, tmp_path):
    """8 and 9, each told by the sign that says which."""
    bench, account = SickBench(lab, tmp_path / "bench"), f"lacking_{secrets.token_hex(3)}"
    database = {"host": lab.address, "port": lab.ports["mariadb"], "admin_user": account, "admin_password": "short"}
    traces.sql(lab, f"CREATE USER '{account}'@'%' IDENTIFIED BY 'short'")
    try:
        with bench.on_small_disk("1g", inodes=500):
            seen = doctor(playbooks, frappe_database=database, **bench.variables())
    finally:
        traces.sql(lab, f"DROP USER '{account}'@'%'")
    assert seen.code != 0
    for line in (
        f"evidence   The database administrator {account} lacks CREATE USER",
        "cause      The database account lacks a right",
        "inodes free, a site needs 10000.",
        "cause      The file system can take no more files",
    ):
        assert line in seen.output, seen.output


def test_a_database_of_somebody_else(playbooks, lab, tenant):
    """1: it came to be after the name was chosen. It stays as it is."""
    cut = playbooks.provision(tenant=tenant, admin_email=ADMIN, environment={"CUT_STEP": "frappeops.tenants.site"})
    assert cut.code == -signal.SIGKILL, cut.output
    database = registered(playbooks.registry_url, tenant)["database_name"]
    traces.sql(lab, f"CREATE DATABASE `{database}`; CREATE TABLE `{database}`.`precious` (a INT)")
    try:
        failed = playbooks.provision(tenant=tenant, admin_email=ADMIN)
        assert f"{tenant} failed in step site" in failed.output, failed.output
        assert "  ailment        1 the site can't be created" in failed.output
        assert traces.of_tenant(lab, tenant) == {"databases": [database]}
        assert traces.sql(lab, f"SHOW TABLES IN `{database}`") == "precious\n"
    finally:
        traces.sql(lab, f"DROP DATABASE `{database}`")


def test_a_challenge_that_is_not_found(playbooks, lab, tenant, tmp_path):
    """4: nginx does not serve the folder that certbot writes into."""
    failed = playbooks.provision(
        tenant=tenant,
        admin_email=ADMIN,
        certificate_webroot=str(tmp_path),
        tenant_steps=[f"frappeops.tenants.{step}" for step in ("reserve", "preflight", "dns", "certificate")],
    )
    assert f"{tenant} failed in step certificate" in failed.output, failed.output
    assert "  ailment        4 the certificate can't be had" in failed.output
    assert "did not come to this edge" in failed.output
    assert traces.of_tenant(lab, tenant) == {}


def test_a_site_of_somebody_else(playbooks, lab, tenant):
    """1: the site exists. It stays as it is."""
    site = lab.bench / "sites" / f"api.{tenant}.tenants.test"
    site.mkdir()
    (site / "somebodys.txt").write_text("precious")
    try:
        for run in (
            playbooks.provision(tenant=tenant, admin_email=ADMIN),
            doctor(playbooks, tenant=tenant),
        ):
            assert run.code != 0
            assert "1 the site can't be created" in run.output, run.output
            assert "adopt.yml" in run.output
        assert (site / "somebodys.txt").read_text() == "precious"
        assert traces.of_tenant(lab, tenant) == {"site folders": [str(site)]}
    finally:
        (site / "somebodys.txt").unlink()
        site.rmdir()


def test_an_app_that_can_not_be_installed(playbooks, lab, bench, tenant, ills, tmp_path):
    """2: the bench lists it, and its Python package is not there. It shows when the site is half made."""
    plans = {"starter": {"apps": ["ghost"], "needs": {"disk_mb": 1}}}
    results = tmp_path / "results.json"
    failed = playbooks.provision(
        tenant=tenant, admin_email=ADMIN, tenant_plans=plans, tenant_result_file=str(results), **bench.variables()
    )
    assert f"{tenant} failed in step site" in failed.output, failed.output
    assert "  ailment        2 an app is missing" in failed.output
    # What bench printed last reaches everybody: the person, the result file, launchers, and the history.
    told = json.loads(results.read_text())["tenants"][tenant]
    lines = told["failure"]["output_tail"].splitlines()
    assert any("ModuleNotFoundError: No module named 'ghost'" in line for line in lines), lines
    assert all(line in failed.output for line in lines)
    assert failed.artifacts["tenants"][tenant] == told
    [event] = events_of(playbooks.registry_url, tenant, "provisioning failed")
    assert event["output_tail"] == told["failure"]["output_tail"]
    assert event["error"] == f"site: {told['failure']['msg']}"
    assert {step["state"] for step in told["steps"]} == {"undone"}
    assert all(step["undo_seconds"] is not None for step in told["steps"])
    assert traces.of_tenant(lab, tenant) == {}
    assert list((bench.folder / "sites").glob("api.*")) == []


def test_a_disk_that_fills_while_the_site_is_made(playbooks, lab, bench, tenant, ills):
    """9: a plan that says it needs nothing passes the preflight."""
    plans = {"starter": {"needs": {"disk_mb": 0}}}
    ballast = bench.folder / "sites" / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"\0" * 4096)
    try:
        failed = playbooks.provision(tenant=tenant, admin_email=ADMIN, tenant_plans=plans, **bench.variables())
    finally:
        ballast.unlink()
    assert f"{tenant} failed in step site" in failed.output, failed.output
    assert "  ailment        9 a disk is full" in failed.output
    assert traces.of_tenant(lab, tenant) == {}
    assert list((bench.folder / "sites").glob("*api.*")) == []


def test_the_tenants_own_nginx_file_is_refused(playbooks, lab, tenant):
    """3, ours: an address that looks like one passes the preflight; nginx knows better."""
    failed = playbooks.provision(tenant=tenant, admin_email=ADMIN, proxy_addresses=["999.1.1.1"])
    assert f"{tenant} failed in step proxy" in failed.output, failed.output
    assert "  ailment        3 nginx refuses its configuration" in failed.output
    assert "was never touched" in failed.output or "was not touched" in failed.output
    assert traces.of_tenant(lab, tenant) == {}


def test_a_rate_limit_is_named_with_the_ways_round_it(playbooks, lab, tenant, live):
    refused = playbooks.provision(tenant=tenant, admin_email=ADMIN, certificate_limits={"domain_week": 1})
    assert refused.code != 0
    assert "  ailment        4 the certificate can't be had" in refused.output, refused.output
    for way in ("certificate_staging", "tls_plan: shared", "certificate_required: false"):
        assert way in refused.output
    assert traces.of_tenant(lab, tenant) == {}


def test_a_live_tenant_is_well(playbooks, live):
    seen = doctor(playbooks, tenant=live)
    assert seen.code == 0, seen.output
    assert f"{live} on lab-bench: nothing is wrong" in seen.output


def test_a_provider_that_does_not_answer(playbooks, live):
    """7: the lab's provider is a name only, which is left out of its checks elsewhere."""
    seen = doctor(playbooks, tenant=live, health_leave_out=["socket"])
    assert seen.code != 0
    assert "7 the OAuth provider or its client is missing or wrong" in seen.output, seen.output
    assert "auth.tenants.test" in seen.output


@pytest.fixture
def two_servers(tmp_path_factory):
    """A zone with two name servers, of which the second hears of a change only when it is told; and what a play is told of them."""
    if not dns_servers.is_installed() or not dns_servers.has_ipv6():
        pytest.skip("two name servers need BIND and two loopback addresses")
    with dns_servers.running(tmp_path_factory.mktemp("dns")) as servers:
        yield (
            servers,
            {
                "tenant_domain": "two.test",
                "dns_rfc2136": servers.options("two.test"),
                "dns_resolvers": [dns_servers.PRIMARY],
                "dns_port": servers.port,
                "dns_timeout": 1,
            },
        )


def test_names_that_have_not_spread(playbooks, lab, two_servers, tenant):
    """5: one of the zone's servers keeps an old copy."""
    servers, settings = two_servers
    failed = playbooks.provision(tenant=tenant, admin_email=ADMIN, **settings)
    assert f"{tenant} failed in step certificate" in failed.output, failed.output
    assert "  ailment        5 the names do not lead here (yet)" in failed.output
    assert dns_servers.SECONDARY in failed.output
    assert servers.values(f"{tenant}.two.test", "A") == []
    assert list((lab.bench / "sites").glob(f"api.{tenant}.*")) == []


def test_a_server_of_the_zone_that_is_late(playbooks, two_servers, tenant):
    """5: the tenant's records are there, and one of the zone's servers has an old copy."""
    servers, settings = two_servers
    steps = [f"frappeops.tenants.{step}" for step in ("reserve", "preflight", "dns")]
    known = {"admin_email": ADMIN, **settings}
    try:
        assert playbooks.provision(tenant=tenant, tenant_steps=steps, **known).code == 0
        late = doctor(playbooks, tenant=tenant, **known)
        assert late.code != 0
        assert "5 the names do not lead here (yet)" in late.output, late.output
        assert dns_servers.SECONDARY in late.output
        servers.notify("two.test")
        after = doctor(playbooks, tenant=tenant, **known)
        assert "5 the names do not lead here (yet)" not in after.output, after.output
    finally:
        gone = playbooks.run("deprovision.yml", tenant=tenant, confirm=tenant, **settings)
    assert gone.code == 0, gone.output
    assert servers.values(f"{tenant}.two.test", "A") == []


def test_exactly_the_service_that_is_down_is_restarted_if_allowed(playbooks, lab, tmp_path):
    """6: the web service of a bench is down. The lab's own is not touched."""
    bench = SickBench(lab, tmp_path / "bench")
    bench.fill()
    told = {
        **bench.variables(),
        "doctor_services": ["redis_cache", "redis_queue", "web"],
        "doctor_restart_commands": {"web": bench.start_web_command(), "redis_queue": ["false"]},
        "proxy_bench_upstream": f"127.0.0.1:{bench.web_port}",
    }
    lab_web = (lab.lab_dir / "logs" / "gunicorn.log").read_text().count("Listening at")
    try:
        named = doctor(playbooks, **told)
        assert named.code != 0
        assert f"web at 127.0.0.1:{bench.web_port} does not answer: Connection refused" in named.output, named.output
        assert "6 the backend does not answer" in named.output
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", bench.web_port))
        mended = doctor(playbooks, doctor_restart=True, **told)
        assert mended.code == 0, mended.output
        assert "  restarted    web" in mended.output
        assert mended.count("changed") == 1
    finally:
        bench.stop()
    assert (lab.lab_dir / "logs" / "gunicorn.log").read_text().count("Listening at") == lab_web


def test_a_queue_and_a_worker_that_are_down_are_told_apart(playbooks, lab, tmp_path):
    """6: whose background jobs are not run, and why. A queue that is away hides that nobody listens to it."""
    bench = SickBench(lab, tmp_path / "bench", own_queue=True)
    bench.fill()
    told = {
        **bench.variables(),
        "doctor_services": ["redis_cache", "redis_queue", "worker"],
        "doctor_restart_commands": {
            "redis_queue": bench.start_queue_command(),
            "worker": bench.start_worker_command(),
        },
    }
    try:
        without_queue = doctor(playbooks, **told)
        assert f"redis_queue at 127.0.0.1:{bench.queue_port} does not answer" in without_queue.output
        assert "has no worker" not in without_queue.output
        queue = doctor(playbooks, doctor_restart=True, **told)
        assert "  restarted    redis_queue" in queue.output, queue.output
        without_worker = doctor(playbooks, **told)
        assert without_worker.code != 0
        assert f"The bench {bench.folder} has no worker for the queues short, default, long" in without_worker.output
        worker = doctor(playbooks, doctor_restart=True, **told)
        assert worker.code == 0, worker.output
        assert "  restarted    worker" in worker.output
    finally:
        bench.stop()
