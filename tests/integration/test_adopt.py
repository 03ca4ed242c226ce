# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site that somebody made by hand comes into the registry, and stays as it is to the last byte, whatever is run on it."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from registry_rows import registered

ADMIN = "ada@hand.example"
NAME = f"hand-{secrets.token_hex(3)}"
SITE = f"erp-{NAME}.tenants.test"
#: Outside the prefix of tenants' databases, so that the collection's own account may not see it.
DATABASE = f"by_{NAME.replace('-', '_')}"


def bench(lab, *arguments: str, answers: str = "") -> None:
    """Run a bench command as an operator would."""
    finished = subprocess.run(
        [Path(sys.executable).parent / "bench", *arguments],
        cwd=lab.bench,
        input=answers,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def image(lab) -> str:
    """A hash over all that the site is: its files with their modes and times, and a dump of its database."""
    digest = hashlib.sha256()
    folder = lab.bench / "sites" / SITE
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        digest.update(f"{path.relative_to(folder)} {status.st_mode} {status.st_mtime_ns}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    config = json.loads((folder / "site_config.json").read_text())
    dump = subprocess.run(
        [
            "mariadb-dump",
            "--defaults-extra-file=/dev/stdin",
            "--skip-dump-date",
            "--single-transaction",
            config["db_name"],
        ],
        input=f"[client]\nuser={config['db_name']}\npassword={config['db_password']}\nprotocol=tcp\n"
        f"host={lab.address}\nport={lab.ports['mariadb']}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return f"{digest.hexdigest()} {hashlib.sha256(dump.stdout.encode()).hexdigest()}"


@pytest.fixture(scope="module")
def site(lab):
    """A site made as the manual says, by the database's root, with nothing of ours."""
    root = ("--db-root-username", "root", "--db-socket", str(lab.mariadb_socket))
    bench(
        lab,
        *("new-site", SITE, "--db-name", DATABASE, *root, "--mariadb-user-host-login-scope", "%"),
        answers="\nlet-me-in\nlet-me-in\n",
    )
    yield image(lab)
    shutil.rmtree(lab.bench / "sites" / SITE)
    for statement in (f"DROP DATABASE {DATABASE}", f"DROP USER {DATABASE}"):
        subprocess.run(["mariadb", "-u", "root", "-S", lab.mariadb_socket, "-e", statement], check=True)


@pytest.fixture(scope="module")
def adopted(playbooks, site):
    return playbooks.run("adopt.yml", tenant=NAME, adopt_site=SITE, admin_email=ADMIN)


def test_it_is_an_active_tenant_of_the_registry(playbooks, adopted):
    assert adopted.code == 0, adopted.output
    row = registered(playbooks.registry_url, NAME)
    assert (row["state"], row["site"], row["database_name"], row["bench"]) == ("active", SITE, DATABASE, "lab-bench")
    assert (row["admin_email"], row["plan"]) == (ADMIN, "starter")
    assert json.loads(row["identity"])["backend_host"] == SITE


def test_not_a_byte_of_it_was_changed(lab, site, adopted):
    assert image(lab) == site


def test_again_it_changes_nothing(playbooks, adopted):
    again = playbooks.run("adopt.yml", tenant=NAME, adopt_site=SITE, admin_email=ADMIN)
    assert again.code == 0, again.output
    assert again.count("changed") == 0, again.output


def test_no_run_changes_it_or_takes_it_away(playbooks, lab, site, adopted):
    wish = {"tenant": NAME, "admin_email": ADMIN}
    for refused in (playbooks.provision(**wish), playbooks.deprovision(NAME)):
        assert refused.code != 0
        assert f"{NAME} was adopted: it was there before this registry" in " ".join(refused.output.split())
        assert "Traceback" not in refused.output
    assert image(lab) == site


def test_on_a_list_of_tenants_it_is_told_as_adopted(playbooks, adopted):
    outcome = playbooks.run("reconcile.yml", "--check", tenants=[{"tenant": NAME, "admin_email": ADMIN}])
    assert f"adopted {NAME} it was not made by this collection" in " ".join(outcome.output.split()), outcome.output
    assert outcome.code == 0, outcome.output


def test_its_health_is_not_judged_by_what_was_never_made_for_it(playbooks, adopted, tmp_path):
    # Nobody publishes it in the lab, and no scheduler runs.
    left_out = [
        *("dns", "certificate", "backend", "frontend", "redirect", "uploads", "secret_paths", "socket"),
        *("scheduler", "schedule"),
    ]
    seen = playbooks.run("health.yml", tenant=NAME, health_leave_out=left_out, health_file=str(tmp_path / "seen.json"))
    [tenant] = json.loads((tmp_path / "seen.json").read_text())
    assert {check["name"]: check["status"] for check in tenant["checks"]} == {"inside": "PASS", "jobs": "PASS"}, tenant
    assert seen.code == 0, seen.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"adopt_site": "nosuch.tenants.test"}, "the site 'nosuch.tenants.test' is on none of the benches"),
        (
            {"adopt_site": SITE, "tenant": "another"},
            f"The site {SITE} on lab-bench belongs to the tenant {NAME} already",
        ),
        ({"adopt_site": SITE, "admin_email": "eve@evil.example"}, "is adopted already, with admin_email"),
        ({"adopt_site": SITE, "tenant": "lab-bench"}, "'lab-bench' is refused: this name is reserved"),
        ({}, "Nothing says which site to adopt"),
    ],
    ids=["no such site", "another's site", "another's administrator", "an inventory host's name", "nothing"],
)
def test_what_can_not_be_adopted_is_refused(playbooks, adopted, given, said):
    refused = playbooks.run("adopt.yml", **{"tenant": NAME, "admin_email": ADMIN, **given})
    assert refused.code != 0
    assert said in re.sub(r"\s+", " ", refused.output)


def test_forgotten_it_stays_as_it_is(playbooks, lab, site, adopted):
    forgotten = playbooks.run("adopt.yml", forget=NAME)
    assert forgotten.code == 0, forgotten.output
    assert registered(playbooks.registry_url, NAME)["state"] == "archived"
    assert image(lab) == site
