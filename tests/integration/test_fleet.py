# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet that somebody damaged: the audit names each thing, and a reconciling run mends what can be mended.

Every missing part and every orphan is really caused on the lab's servers. Other tests use the lab at the same time, so only
what bears this file's names is looked at.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess

import dns.query
import dns.update
import pytest
import traces

from lab.dns import keyring
from lab.settings import TSIG_KEY

ADMIN = "ada@fleet.example"
PREFIX = f"fleet-{secrets.token_hex(2)}"
MENDED, CHANGED, LOST, NEW, ORPHAN = (f"{PREFIX}-{what}" for what in ("mended", "changed", "lost", "new", "orphan"))
MADE = (MENDED, CHANGED, LOST)
#: Whom nobody knows: the mark of a provisioning of another registry.
STRANGER = "0123456789abcdef"


def order(name, plan="starter"):
    return {"tenant": name, "admin_email": ADMIN, "plan": plan}


def host(name):
    return f"{name}.tenants.test"


def as_root(lab, *statements):
    """What only the database's root may do, and an operator does by mistake."""
    for statement in statements:
        subprocess.run(["mariadb", "-u", "root", "-S", lab.mariadb_socket, "-e", statement], check=True)


def change_zone(lab, change):
    update = dns.update.UpdateMessage("tenants.test", keyring=keyring(lab), keyname=TSIG_KEY)
    change(update)
    assert dns.query.tcp(update, lab.address, port=lab.ports["dns"], timeout=5).rcode() == 0


def database_of(lab, name):
    config = json.loads((lab.bench / "sites" / f"api.{host(name)}" / "site_config.json").read_text())
    return config["db_name"]


@pytest.fixture(scope="module")
def fleet(playbooks, lab):
    """Three tenants, made by one command."""
    made = playbooks.provision(tenants=[order(name) for name in MADE])
    yield made
    for name in (*MADE, NEW):
        # One of them has lost its folder, so that there is nothing whole to back up.
        playbooks.run("deprovision.yml", tenant=name, confirm=name, site_backup=False)
        assert traces.of_tenant(lab, name) == {}


@pytest.fixture
def audit(playbooks, tmp_path):
    """Runs the audit and gives those findings that bear this file's names."""

    def run(**variables):
        file = tmp_path / "audit.json"
        outcome = playbooks.run("audit.yml", audit_file_out=str(file), **variables)
        assert "Traceback" not in outcome.output
        findings = json.loads(file.read_text())["findings"]
        names = (PREFIX, PREFIX.replace("-", "_"), STRANGER)
        return outcome, [found for found in findings if any(name in json.dumps(found) for name in names)]

    return run


def damage(lab):
    """Take parts of two tenants away, and change others. Returns what the audit must name, each as kind, what and tenant."""
    change_zone(lab, lambda update: update.delete(f"{host(MENDED)}."))
    (lab.nginx / "sites-enabled" / f"{host(MENDED)}.conf").unlink()
    for folder in ("live", "archive"):
        shutil.rmtree(lab.letsencrypt / "config" / folder / host(MENDED))
    (lab.letsencrypt / "config" / "renewal" / f"{host(MENDED)}.conf").unlink()
    config = lab.bench / "sites" / f"api.{host(MENDED)}" / "site_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "max_file_size": 1}))
    with (lab.nginx / "sites-available" / f"{host(LOST)}.conf").open("a") as file:
        file.write("# by hand\n")
    as_root(lab, f"DROP DATABASE {database_of(lab, LOST)}")
    shutil.rmtree(lab.bench / "sites" / f"api.{host(LOST)}")
    return {
        ("missing", "DNS record", MENDED),
        ("missing", "nginx", MENDED),
        ("missing", "certificate", MENDED),
        ("missing", "site folder", LOST),
        ("missing", "database", LOST),
        ("differs", "limits", MENDED),
        ("differs", "nginx", LOST),
    }


class Orphans:
    """Things of tenants that no registry knows, one of each sort."""

    def __init__(self, lab):
        self._lab = lab
        self._name = ORPHAN.replace("-", "_")
        self._folders = [
            lab.bench / "sites" / f"api.{host(ORPHAN)}",
            lab.bench / "sites" / f"by-hand.{host(ORPHAN)}",
            lab.bench / "sites" / f".frappeops-{STRANGER}",
            lab.bench / "archived" / "sites" / f"api.{host(ORPHAN)}",
        ]
        config = lab.letsencrypt / "config"
        self._files = {
            lab.nginx / "sites-available" / f"{host(ORPHAN)}.conf": f"# frappeops.tenants, owner {STRANGER}: made by\n",
            lab.nginx / "sites-enabled" / f"by-hand-{ORPHAN}.conf": (
                f"server {{ listen {lab.address}:{lab.ports['http']}; server_name api.{host(ORPHAN)}; return 404; }}\n"
            ),
            config / "frappe_tenants" / host(ORPHAN): f"{STRANGER}\n",
            config / "renewal" / f"{host(ORPHAN)}.conf": "version = 2.1.0\n",
        }

    def make(self):
        """Returns what the audit must name, each as kind, what and a part of its name."""
        for folder in self._folders:
            folder.mkdir(parents=True)
        (self._folders[0] / "frappeops.tenants.json").write_text(json.dumps({"owner": STRANGER, "whole": True}))
        # The trap of bench drop-site: a folder that names somebody else's database.
        (self._folders[1] / "site_config.json").write_text(json.dumps({"db_name": database_of(self._lab, CHANGED)}))
        for path, text in self._files.items():
            path.write_text(text)
        as_root(
            self._lab,
            f"CREATE DATABASE tenant_{self._name} COMMENT 'frappeops.tenants owner {STRANGER}'",
            f"CREATE USER tenant_{self._name}_user@'10.0.0.1'",
        )
        change_zone(self._lab, lambda update: update.add(f"{host(ORPHAN)}.", 60, "A", "192.0.2.1"))
        return {
            ("orphan", "site folder", f"api.{host(ORPHAN)}"),
            ("orphan", "site folder", f"by-hand.{host(ORPHAN)}"),
            ("orphan", "staging folder", f".frappeops-{STRANGER}"),
            ("orphan", "archived folder", f"api.{host(ORPHAN)}"),
            ("orphan", "nginx", str(self._lab.nginx / "sites-available" / f"{host(ORPHAN)}.conf")),
            ("orphan", "nginx", str(self._lab.nginx / "sites-enabled" / f"by-hand-{ORPHAN}.conf")),
            ("orphan", "certificate", host(ORPHAN)),
            ("orphan", "database", f"tenant_{self._name}"),
            ("orphan", "database user", f"tenant_{self._name}_user@10.0.0.1"),
            ("orphan", "DNS record", host(ORPHAN)),
        }

    def remove(self):
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        for path in self._files:
            path.unlink(missing_ok=True)
        as_root(
            self._lab,
            f"DROP DATABASE IF EXISTS tenant_{self._name}",
            f"DROP USER IF EXISTS tenant_{self._name}_user@'10.0.0.1'",
        )
        change_zone(self._lab, lambda update: update.delete(f"{host(ORPHAN)}."))


@pytest.fixture
def orphans(lab):
    made = Orphans(lab)
    yield made
    made.remove()


class TestInThisOrder:
    def test_a_fleet_that_is_right_gives_no_finding(self, fleet, audit):
        assert fleet.code == 0, fleet.output
        outcome, findings = audit()
        assert findings == []
        assert outcome.code == 0, outcome.output
        assert outcome.count("changed") == 0

    def test_each_missing_part_and_each_orphan_is_named_and_the_neighbour_is_clean(self, lab, audit, orphans):
        expected = orphans.make()
        damaged = damage(lab)
        outcome, findings = audit(audit_fail=True)
        assert outcome.code != 0
        assert {
            (found["kind"], found["what"], found["tenant"]) for found in findings if found["kind"] != "orphan"
        } == damaged
        assert {
            (found["kind"], found["what"], found["name"]) for found in findings if found["kind"] == "orphan"
        } == expected
        assert not [found for found in findings if found["tenant"] == CHANGED]
        trap = next(found for found in findings if found["name"] == f"by-hand.{host(ORPHAN)}")
        assert f"Do NOT run bench drop-site on it: it names the database of {CHANGED}" in trap["remedy"]
        assert all(found["remedy"] and found["where"] for found in findings)
        # For people too.
        assert f"-> {trap['remedy']}" in outcome.output

    def test_check_mode_tells_what_would_be_done_and_does_nothing(self, playbooks, lab):
        before = {name: traces.of_tenant(lab, name) for name in (*MADE, NEW)}
        checked = playbooks.run("reconcile.yml", "--check", tenants=[order(name) for name in (MENDED, LOST, NEW)])
        told = [" ".join(line.split()) for line in checked.output.splitlines()]
        assert f"new {NEW}" in told
        assert f"extra {CHANGED} active on lab-bench" in told
        assert any(
            line.startswith(f"repair {MENDED} differs limits api.{host(MENDED)}; missing nginx") for line in told
        )
        assert any(line.startswith(f"lost {LOST} missing site folder") for line in told)
        assert f"{NEW} would be made" in checked.output
        assert {name: traces.of_tenant(lab, name) for name in (*MADE, NEW)} == before

    def test_a_run_mends_makes_and_changes_and_says_what_it_can_not(self, playbooks, lab):
        wanted = [order(MENDED), order(CHANGED, "professional"), order(LOST), order(NEW)]
        outcome = playbooks.run("reconcile.yml", tenants=wanted)
        told = [" ".join(line.split()) for line in outcome.output.splitlines()]
        assert f"change {CHANGED} plan starter -> professional" in told
        assert outcome.code != 0
        assert f"{LOST}: missing site folder" in " ".join(told)
        assert set(outcome.stats) == {"localhost", "lab-bench", "lab-edge", MENDED, CHANGED, NEW}
        assert set(traces.of_tenant(lab, NEW)) == set(traces.of_tenant(lab, MENDED))
        # What held the lost tenant's data is not made anew.
        assert "site folders" not in traces.of_tenant(lab, LOST)

    def test_then_all_is_right_and_nobody_goes_through_the_steps(self, playbooks, audit):
        wanted = [order(MENDED), order(CHANGED, "professional"), order(NEW)]
        again = playbooks.run("reconcile.yml", tenants=wanted)
        assert again.code == 0, again.output
        assert again.count("changed") == 0, again.output
        assert set(again.stats) == {"localhost", "lab-bench", "lab-edge"}
        assert "WARNING" not in again.output
        _outcome, findings = audit()
        assert {found["tenant"] for found in findings} == {LOST}

    def test_a_tenant_that_lost_its_site_folder_keeps_its_database(self, playbooks, lab):
        shutil.rmtree(lab.bench / "sites" / f"api.{host(NEW)}")
        refused = playbooks.provision(**order(NEW))
        assert refused.code != 0
        assert f"The site api.{host(NEW)} was complete and is half-made now" in " ".join(refused.output.split())
        kept = playbooks.deprovision(NEW)
        assert kept.code != 0
        assert f"The site api.{host(NEW)} was complete and can't be backed up" in " ".join(kept.output.split())
        assert len(traces.of_tenant(lab, NEW)["databases"]) == 1

    def test_a_bench_that_can_not_be_looked_at_is_told_and_fails_the_audit(self, audit):
        outcome, findings = audit(frappe_bench_path="/nowhere/bench")
        assert outcome.code != 0
        assert "unseen" in outcome.output
        assert not [found for found in findings if found["what"] == "site folder"]
