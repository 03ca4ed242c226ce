# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One command makes a live tenant, says so, and changes nothing when it runs again."""

from __future__ import annotations

import json
import re
import secrets
import shlex
import subprocess

import pytest
import traces

ADMIN = "ada@acme.example"
#: Mails and backups stay in the lab: what is counted needs a name that no earlier run had.
NAME = f"test-life-{secrets.token_hex(3)}"


@pytest.fixture
def name():
    return NAME


def curl_line(output: str) -> str:
    return re.search(r"try it +(curl .*)", output).group(1)


class TestOneTenant:
    """One tenant's life, test by test in this order."""

    def test_it_is_live_and_the_printed_curl_line_answers_pong(self, playbooks, name):
        made = playbooks.provision(tenant=name, admin_email=ADMIN, plan="professional")
        assert made.code == 0, made.output
        assert f"{name} is active" in made.output
        assert f"frontend       https://{name}.tenants.test:" in made.output
        assert re.search(r"certificate +Pebble Intermediate CA \w+, \d+ days left", made.output)
        assert re.search(r"steps +reserve \d", made.output)
        pong = subprocess.run(
            [*shlex.split(curl_line(made.output)), "--silent"], capture_output=True, text=True, check=False
        )
        assert json.loads(pong.stdout) == {"message": "pong"}

    def test_it_left_traces_everywhere(self, lab, name):
        assert set(traces.of_tenant(lab, name)) == {
            "site folders",
            "databases",
            "database users",
            "DNS records",
            "lineages",
            "nginx files",
        }

    def test_its_secrets_are_not_for_others(self, lab, name):
        config = lab.bench / "sites" / f"api.{name}.tenants.test" / "site_config.json"
        assert config.stat().st_mode & 0o007 == 0
        assert "admin_password" not in json.loads(config.read_text())

    def test_again_it_changes_nothing_and_says_so(self, playbooks, name):
        again = playbooks.provision(tenant=name, admin_email=ADMIN, plan="professional")
        assert again.code == 0, again.output
        assert again.count("changed") == 0, again.output
        assert "Nothing was changed" in again.output

    def test_in_check_mode_too(self, playbooks, name):
        checked = playbooks.provision("--check", "--diff", tenant=name, admin_email=ADMIN, plan="professional")
        assert checked.code == 0, checked.output
        assert checked.count("changed") == 0, checked.output

    def test_the_welcome_mail_was_sent_once(self, lab, name):
        welcomes = [mail for mail in traces.mails(lab, ADMIN) if f"{name}.tenants.test" in mail]
        assert len(welcomes) == 1

    def test_another_customer_can_not_have_the_name(self, playbooks, lab, name):
        before = traces.of_tenant(lab, name)
        refused = playbooks.provision(tenant=name, admin_email="eve@evil.example")
        assert refused.code != 0
        assert f"{name} already exists" in refused.output
        assert "stays as it is" in " ".join(refused.output.split())
        assert traces.of_tenant(lab, name) == before

    def test_what_was_changed_by_hand_is_mended(self, playbooks, lab, name):
        (lab.nginx / "sites-enabled" / f"{name}.tenants.test.conf").unlink()
        mended = playbooks.provision(tenant=name, admin_email=ADMIN, plan="professional")
        assert mended.code == 0, mended.output
        assert mended.count("changed") == 1, mended.output

    def test_it_is_taken_away_with_a_backup(self, playbooks, lab, name):
        gone = playbooks.deprovision(name)
        assert gone.code == 0, gone.output
        assert traces.of_tenant(lab, name) == {}
        backups = list((lab.bench / "archived" / "tenants").glob(f"api.{name}.*/*-database.sql.gz"))
        assert len(backups) == 1
        assert backups[0].parent.stat().st_mode & 0o077 == 0

    def test_its_name_is_not_another_customers_for_a_while(self, playbooks, lab, name):
        refused = playbooks.provision(tenant=name, admin_email="eve@evil.example", name_quarantine_days=30)
        assert refused.code != 0
        assert f"{name} was another tenant's name until" in " ".join(refused.output.split())
        assert traces.of_tenant(lab, name) == {}


def test_it_takes_a_dozen_module_calls_at_most(playbooks, tenant):
    """Each is a process of its own on its host, a quarter of a second at least."""
    made = playbooks.provision("-vvv", tenant=tenant, admin_email=ADMIN)
    assert made.code == 0, made.output
    calls = re.findall(r"Using module file \S+/(\w+)\.py", made.output)
    assert "frappe_site" in calls
    assert len(calls) <= 12, calls


class TestCheckMode:
    def test_a_new_tenant_is_foretold_and_not_made(self, playbooks, lab, tenant):
        checked = playbooks.provision("--check", "--diff", tenant=tenant, admin_email=ADMIN)
        assert checked.code == 0, checked.output
        assert f"{tenant} would be made" in checked.output
        assert checked.count("changed") > 3
        assert f"+{tenant}.tenants.test" in checked.output
        assert traces.of_tenant(lab, tenant) == {}
        assert traces.mails(lab, ADMIN) == [] or tenant not in "".join(traces.mails(lab, ADMIN))


class TestWrongInput:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({}, "Usage: ansible-playbook provision.yml -e tenant=acme -e admin_email=ada@acme.com"),
            ({"tenant": "", "admin_email": ADMIN}, "Usage: "),
            ({"tenant": "Acme Inc", "admin_email": ADMIN}, "only a-z, 0-9 and - are allowed"),
            ({"tenant": "api", "admin_email": ADMIN}, "this name is reserved"),
            ({"tenant": "lab-bench", "admin_email": ADMIN}, "this name is reserved"),
            ({"tenant": "$(touch x)", "admin_email": ADMIN}, "is refused"),
            ({"tenant": "good-name"}, "admin_email: '' is refused for good-name"),
            ({"tenant": "good-name", "admin_email": "ada"}, "Example: ada@example.com"),
            ({"tenant": "good-name", "admin_email": "a@b.example\nBcc: x@y.example"}, "it is not a mail address"),
            ({"tenant": "good-name", "admin_email": ADMIN, "plan": "gold"}, "Known plans: starter, professional"),
            (
                {"tenants": [{"tenant": "good-name", "admin_email": ADMIN}, {"tenant": "-x", "admin_email": ADMIN}]},
                "tenant: '-x' is refused",
            ),
            ({"tenant": "good-name", "admin_email": ADMIN, "tenant_domain": "No Domain"}, "not a domain name"),
        ],
    )
    def test_it_is_refused_with_the_reason_and_nothing_is_made(self, playbooks, lab, given, said):
        refused = playbooks.provision(**given)
        assert refused.code != 0
        assert said in " ".join(refused.output.split())
        assert "Traceback" not in refused.output
        assert "Make each tenant live" not in refused.output
        assert traces.of_tenant(lab, "good-name") == {}
