# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""playbooks/health.yml on the lab: tenants that are well, ill in several ways at once, that nginx does not serve, or that are not there."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import lab_parts
import lab_sites
import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from lab.parts.worker import Worker

ADMIN = "ada@acme.example"
#: The lab has no process that starts scheduled jobs, which is a warning where it is not left out.
WITH_A_WARNING = {"health_leave_out": ["socket", "provider"]}


@pytest.fixture(scope="module")
def name(playbooks):
    """A tenant for all tests of this file, which has a neighbour."""
    name = f"test-health-{os.getpid()}"
    names = [name, f"{name}-2"]
    made = playbooks.provision("--forks", "2", tenants=[{"tenant": each, "admin_email": ADMIN} for each in names])
    assert made.code == 0, made.output
    yield name
    for each in names:
        playbooks.deprovision(each)


def health(playbooks, **variables):
    return playbooks.run("health.yml", **variables)


def test_a_tenant_that_is_well(playbooks, name, tmp_path):
    files = {"health_file": str(tmp_path / "health.json"), "health_junit_file": str(tmp_path / "health.xml")}
    seen = health(playbooks, tenant=name, **files)
    assert seen.code == 0, seen.output
    assert f"{name}: PASS" in seen.output
    assert "PASS  jobs           workers take jobs from every queue, and one runs the site's" in seen.output
    assert seen.count("changed") == 0
    [tenant] = json.loads((tmp_path / "health.json").read_text())
    assert {check["status"] for check in tenant["checks"]} == {"PASS"}
    # Nothing is left out silently: eleven things are seen from outside, five inside.
    assert len(tenant["checks"]) == 16
    assert ElementTree.parse(tmp_path / "health.xml").find("testsuite").get("failures") == "0"


def test_the_whole_fleet_without_naming_anybody(playbooks, name):
    assert f"{name}: PASS" in health(playbooks).output


@contextmanager
def scheduler_off_and_foreign_links(lab, name):
    """As by somebody's hand: the scheduler is off, and mails lead to another host."""
    site = f"api.{name}.tenants.test"
    bench = Bench(str(lab.bench), str(Path(sys.executable).parent / "bench"), 120)
    config = lab.bench / "sites" / site / "site_config.json"
    before = config.read_text()

    def schedule(switch):
        settings = lab_sites.given("System Settings", values={"enable_scheduler": switch})
        bench.site(site, "ensure_documents", documents=[settings], check=False)

    schedule(0)
    config.write_text(json.dumps({**json.loads(before), "host_name": "https://evil.test"}))
    try:
        yield
    finally:
        config.write_text(before)
        schedule(1)


@pytest.fixture(scope="module")
def limited(playbooks, name):
    """The two tenants of this file, from the registry as inventory."""
    source = playbooks.folder / "tenants.registry.yml"
    source.write_text(f"plugin: frappeops.tenants.registry\nregistry_url: {playbooks.registry_url}\n")
    return ["-i", "inventory/lab", "-i", str(source), "--limit", f"{name},{name}-2"]


def test_each_of_many_is_told_what_is_wrong_with_it(playbooks, lab, name, limited, tmp_path):
    file = tmp_path / "health.json"
    with lab_parts.stopped(lab, Worker), scheduler_off_and_foreign_links(lab, name):
        seen = playbooks.run("health.yml", *limited, health_file=str(file), health_fail_on="never", **WITH_A_WARNING)
    assert seen.code == 0, seen.output
    wrong = {
        tenant["name"]: {check["name"]: check["status"] for check in tenant["checks"] if check["status"] != "PASS"}
        for tenant in json.loads(file.read_text())
    }
    everybody = {"jobs": "FAIL", "schedule": "WARN"}
    # With another host in its links it sends people back there from the provider too.
    his = {"scheduler": "FAIL", "links": "FAIL", "oauth": "FAIL"}
    assert wrong == {name: {**everybody, **his}, f"{name}-2": everybody}
    assert "there is no worker for the queues short, default, long" in seen.output
    assert "they lead to https://evil.test" in seen.output
    assert "2 tenants: 2 FAIL" in seen.output


def test_warnings_fail_where_that_is_wanted(playbooks, name, limited):
    seen = playbooks.run("health.yml", *limited, health_fail_on="warn", **WITH_A_WARNING)
    assert seen.code != 0
    assert "2 tenants: 2 WARN" in seen.output, seen.output
    assert f"Not well: {name}, {name}-2." in " ".join(seen.output.split())


def test_a_tenant_that_nginx_does_not_serve_is_told_and_the_exit_code_says_so(playbooks, lab, name):
    (lab.nginx / "sites-enabled" / f"{name}.tenants.test.conf").unlink()
    os.kill(int((lab.nginx / "nginx.pid").read_text()), signal.SIGHUP)
    try:
        seen = health(playbooks, tenant=name)
    finally:
        mended = playbooks.provision(tenant=name, admin_email=ADMIN)
    assert seen.code != 0
    assert f"{name}: FAIL" in seen.output
    for told in ("FAIL  certificate", "FAIL  backend", "FAIL  frontend", "SKIP  doors"):
        assert told in seen.output
    assert mended.code == 0, mended.output


def test_a_tenant_that_is_not_there(playbooks):
    seen = health(playbooks, tenant="test-nobody")
    assert seen.code != 0
    assert "test-nobody is not in the registry: nothing to look at." in " ".join(seen.output.split())
