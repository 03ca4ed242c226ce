# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant of the lab looked at from outside: what proves it, what is told when something is wrong, and which doors are found open."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lab_parts
import pytest
import traces
from registry_rows import registered

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.http_probe import Client, View
from ansible_collections.frappeops.tenants.plugins.module_utils.login_doors import try_doors
from ansible_collections.frappeops.tenants.plugins.module_utils.ping import Wanted, until_seen
from lab.parts.worker import Worker
from lab.settings import Settings


@dataclass(frozen=True)
class Live:
    """A provisioned tenant."""

    name: str
    row: dict[str, Any]
    lab: Settings

    def client(self, **options: Any) -> Client:
        """Looks as people do: by the public name, with the lab's resolver and CA."""
        view = {"nameservers": (f"127.0.0.1#{self.lab.ports['dns']}",), "ca_file": f"{self.lab.lab_dir}/acme/ca.pem"}
        return Client(View(**{**view, **options}))

    def wanted(self, **options: Any) -> Wanted:
        given = {"proof_path": f"/files/{self.row['owner']}.txt", "proof_content": self.row["owner"], **options}
        return Wanted(self.row["backend_url"], frontend_url=self.row["frontend_url"], **given)

    @property
    def gunicorn(self) -> str:
        return f"http://127.0.0.1:{self.lab.ports['gunicorn']}"

    def set(self, doctype: str, field: str, value: int) -> None:
        """Change a setting of the site, as its administrator could."""
        program = (
            "import sys, frappe\n"
            "site, doctype, field, value = sys.argv[1:]\n"
            "frappe.init(site=site, sites_path='.')\n"
            "frappe.connect()\n"
            "frappe.set_user('Administrator')\n"
            "document = frappe.get_doc(doctype)\n"
            "document.set(field, int(value))\n"
            "document.save()\n"
            "frappe.db.commit()\n"
        )
        python = self.lab.bench / "env" / "bin" / "python"
        arguments = [self.row["site"], doctype, field, str(value)]
        subprocess.run([python, "-c", program, *arguments], cwd=self.lab.bench / "sites", check=True)


@pytest.fixture(scope="module")
def live(lab, playbooks) -> Iterator[Live]:
    name = f"seen-{secrets.token_hex(4)}"
    made = playbooks.provision(tenant=name, admin_email="ada@example.com")
    assert made.code == 0, made.output
    yield Live(name, registered(playbooks.registry_url, name), lab)
    playbooks.deprovision(name)


def fault(look) -> TenantError:
    with pytest.raises(TenantError) as raised:
        look()
    return raised.value


def test_the_evidence_is_kept_with_the_active_tenant(live):
    assert live.row["state"] == "active"
    evidence = live.row["evidence"]
    assert evidence["address"] == "127.0.0.1"
    assert set(evidence["certificate"]["names"]) == {f"{live.name}.tenants.test", f"api.{live.name}.tenants.test"}
    assert evidence["certificate"]["days_left"] > 0
    assert (evidence["frontend"], evidence["proven"]) == (200, True)
    assert {"dns", "sign_in", "files", "secret_paths", "scheduler", "jobs", "links", "oauth"} <= {
        check["name"] for check in evidence["checks"] if check["status"] == "PASS"
    }
    assert len(evidence["doors"]) > 12
    # Frappe answers three reset requests an hour, and the first of them went to the site itself.
    limited = {name for name, door in evidence["doors"].items() if door["state"] == "limited"}
    assert limited <= {"password_reset", "password_reset_command"}
    assert {door["state"] for door in evidence["doors"].values()} <= {"closed", "limited"}


def test_the_site_is_proven_through_its_public_name(live):
    seen = until_seen(live.client(), live.wanted(), 10)
    assert (seen["status"], seen["address"], seen["proven"], seen["frontend"]["status"]) == (
        200,
        "127.0.0.1",
        True,
        200,
    )


def test_another_tenants_proof_is_not_this_tenants(live):
    wanted = live.wanted(proof_path="/files/ffffffffffffffff.txt", proof_content="ffffffffffffffff")
    assert fault(lambda: until_seen(live.client(), wanted, 0)).details["error"] == "wrong_site"


def test_a_resolver_that_does_not_know_the_name(live):
    found = fault(lambda: until_seen(live.client(), Wanted("https://api.nobody.tenants.test:28443"), 0))
    assert found.details["error"] == "name_not_found"


def test_a_ca_that_did_not_issue_the_certificate(live):
    client = live.client(ca_file="/etc/ssl/certs/ca-certificates.crt")
    assert fault(lambda: until_seen(client, live.wanted(), 0)).details["error"] == "tls_unknown_ca"


def test_a_name_that_nginx_does_not_serve(live):
    """The lab's auth host leads to the same nginx, which has no certificate for it."""
    url = f"https://auth.tenants.test:{live.lab.ports['https']}"
    assert fault(lambda: until_seen(live.client(), Wanted(url), 0)).details["error"].startswith("tls_")


def test_a_site_that_the_bench_does_not_have(live):
    found = fault(lambda: until_seen(Client(View()), Wanted(live.gunicorn, site="api.nobody.tenants.test"), 0))
    assert found.details["error"] == "unknown_site"
    assert "api.nobody.tenants.test" in found.msg


@pytest.mark.parametrize(
    ("doctype", "field", "door"),
    [
        ("System Settings", "login_with_email_link", "email_link_command"),
        ("Website Settings", "disable_signup", "sign_up"),
        ("System Settings", "disable_user_pass_login", "ping_command_in_body"),
    ],
)
def test_an_opened_door_is_named_through_nginx_and_at_gunicorn(live, doctype, field, door):
    opened = int(field == "login_with_email_link")
    live.set(doctype, field, opened)
    try:
        through_nginx = fault(lambda: try_doors(live.client(), live.row["backend_url"], accept_limited=True))
        at_gunicorn = fault(lambda: try_doors(Client(View()), live.gunicorn, live.row["site"], accept_limited=True))
    finally:
        live.set(doctype, field, 1 - opened)
    assert door in through_nginx.details["not_closed"]
    assert door in at_gunicorn.details["not_closed"]


def test_a_locked_site_is_closed_without_nginx_too(live):
    seen = try_doors(Client(View()), live.gunicorn, live.row["site"], accept_limited=True)
    assert {door["state"] for door in seen["doors"].values()} <= {"closed", "limited"}
    assert seen["doors"]["login"] == {"state": "closed", "status": 401, "seen": "Frappe: password login is off"}


def test_a_tenant_that_is_not_seen_is_taken_back(playbooks, tenant):
    made = playbooks.provision(
        tenant=tenant,
        admin_email="ada@example.com",
        verify_ca_file="/etc/ssl/certs/ca-certificates.crt",
        verify_timeout=0,
    )
    assert made.code != 0
    assert "does not come from the CAs of /etc/ssl/certs/ca-certificates.crt" in made.output
    assert registered(playbooks.registry_url, tenant)["state"] == "failed"


def test_a_tenant_that_does_not_work_is_kept_when_that_is_wanted(playbooks, lab, tenant):
    """It is not active, everything of it is there to be looked at, heal leaves it so, and the next run goes on where this one stopped."""
    with lab_parts.stopped(lab, Worker):
        kept = playbooks.provision(tenant=tenant, admin_email="ada@example.com", tenant_on_verify_failure="keep")
    assert kept.code != 0
    assert f"{tenant}, jobs: there is no worker for the queues short, default, long. Are the" in kept.output
    assert f"{tenant} failed and is kept in step verify" in kept.output, kept.output
    assert registered(playbooks.registry_url, tenant)["state"] == "provisioning"
    assert {"site folders", "databases", "nginx files"} <= set(traces.of_tenant(lab, tenant))
    # Only told what it would do: other tests have unfinished tenants of their own.
    healed = playbooks.run("heal.yml", "--check")
    assert f"{tenant} kept after verify left, to be looked at provisioning" in " ".join(healed.output.split())
    mended = playbooks.provision(tenant=tenant, admin_email="ada@example.com")
    assert mended.code == 0, mended.output
    assert "Make the site with its apps" not in mended.output
    assert registered(playbooks.registry_url, tenant)["state"] == "active"
