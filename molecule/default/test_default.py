# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One server that is bench and edge, as an operator has it: systemd, ssh, an ordinary user with two rules of sudo.

converge.yml has prepared it and made the tenant acme, and has been run again with no change.
"""

from __future__ import annotations

import re

import pytest
from kit import Scenario, wait_until

#: What bench_host and edge_host own of /etc, and what a tenant adds to it.
OURS = re.compile(
    r"/etc/(nginx/(conf\.d/frappe_tenants\.conf|frappe_tenants/|sites-(available|enabled)/|)"
    r"|letsencrypt/|sudoers\.d/frappeops_tenants)"
)


@pytest.fixture(scope="module", autouse=True)
def neighbour(scenario: Scenario):
    """acme, as it is before anything happens, and after everything has."""
    before = look(scenario, "acme")
    assert len(before) > 5
    yield
    assert look(scenario, "acme") == before


def look(scenario: Scenario, tenant: str) -> dict[str, str]:
    """A tenant's files and database, as hashes."""
    places = [f"/home/frappe/frappe-bench/sites/api.{tenant}.tenants.test", "/etc/nginx", "/etc/letsencrypt/live"]
    files = scenario.on(
        "bench1", "sh", "-c", f"find {' '.join(places)} -type f -not -path '*/logs/*' -exec sha256sum {{}} +"
    )
    found = {path: digest for digest, path in (line.split(maxsplit=1) for line in files.splitlines()) if tenant in path}
    (database,) = re.findall(
        rf"^tenant_{tenant}_\w+$", scenario.on("bench1", "mariadb", "-N", "-e", "SHOW DATABASES"), re.MULTILINE
    )
    dump = [
        "mariadb-dump",
        "--skip-comments",
        "--skip-dump-date",
        "--ignore-table",
        f"{database}.tabSessions",
        database,
    ]
    found["database"] = scenario.on("bench1", "sh", "-c", f"{' '.join(dump)} | sha256sum")
    return found


def test_the_tenant_is_well_from_outside_and_inside(scenario: Scenario) -> None:
    health = scenario.play("health.yml", tenant="acme")
    assert health.code == 0, health.output
    assert "FAIL" not in health.output


class TestSudo:
    """deploy may begin a task of Ansible as frappe and as root, and nothing else."""

    @pytest.mark.parametrize(
        "command",
        [
            "id",
            "-u mysql id",
            "-u frappe id",
            "/bin/sh -c id",
            "-u frappe /bin/bash",
            "-u www-data /bin/sh -c 'echo BECOME-SUCCESS-x'",
        ],
    )
    def test_what_is_not_listed_is_refused(self, scenario: Scenario, command: str) -> None:
        refused = scenario.ssh("bench1", "deploy", f"sudo -n {command}")
        assert refused.returncode != 0
        assert "password is required" in refused.stderr or "not allowed" in refused.stderr
        assert "uid=" not in refused.stdout

    @pytest.mark.parametrize("user", ["frappe", "root"])
    def test_what_is_listed_is_allowed(self, scenario: Scenario, user: str) -> None:
        allowed = scenario.ssh("bench1", "deploy", f"sudo -n -u {user} /bin/sh -c 'echo BECOME-SUCCESS-abc ; id -un'")
        assert allowed.stdout.split() == ["BECOME-SUCCESS-abc", user], allowed.stderr


def test_a_host_with_another_key_is_not_talked_to(scenario: Scenario, tmp_path) -> None:
    known = (scenario.state / "known_hosts").read_text()
    lines = known.splitlines()
    # Each machine's key under the name of the other.
    (tmp_path / "known_hosts").write_text(
        "".join(
            f"{line.split(maxsplit=1)[0]} {other.split(maxsplit=1)[1]}\n" for line, other in zip(lines, lines[::-1])
        )
    )
    strict = f"-o UserKnownHostsFile={tmp_path}/known_hosts -o StrictHostKeyChecking=yes -o ControlPath=none"
    refused = scenario.provision("stranger", ansible_ssh_common_args=strict)
    assert refused.code != 0
    assert "Host key verification failed" in refused.told or "HOST IDENTIFICATION HAS CHANGED" in refused.told
    assert scenario.left_of("stranger") == {}


def test_nothing_of_the_host_changed_but_what_the_roles_own(scenario: Scenario) -> None:
    before = dict(
        line.split(maxsplit=1)[::-1] for line in scenario.on("bench1", "cat", "/root/etc-before").splitlines()
    )
    now = dict(
        line.split(maxsplit=1)[::-1] for line in scenario.on("bench1", "/usr/local/sbin/hashes-of-etc").splitlines()
    )
    differing = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    assert {path for path in differing if not OURS.match(path)} == set()
    assert differing


def test_a_tenant_that_is_not_seen_to_work_is_taken_back_whole(scenario: Scenario) -> None:
    """It fails at the last moment, when everything has been made."""
    failed = scenario.provision("doomed", verify_frontend_statuses=[418], verify_timeout=3)
    assert failed.code != 0
    assert "doomed failed in step verify" in failed.told, failed.output
    assert "taken back" in failed.told
    assert scenario.left_of("doomed") == {}


def test_no_secret_is_in_a_log_of_the_host(scenario: Scenario) -> None:
    secrets = [path.read_text().strip() for path in (scenario.state / "secrets").iterdir()]
    config = scenario.on("bench1", "cat", "/home/frappe/frappe-bench/sites/api.acme.tenants.test/site_config.json")
    secrets += re.findall(r'"(?:db_password|encryption_key)": "([^"]+)"', config)
    assert len(secrets) > 5
    logs = scenario.on(
        "bench1",
        *(
            "sh",
            "-c",
            "journalctl --no-pager -o cat; find /var/log /home/frappe/frappe-bench/logs -type f -exec cat {} +",
        ),
    )
    assert "BECOME-SUCCESS" in logs
    assert [secret for secret in secrets if secret in logs] == []


class TestAnotherTenant:
    """A second one, on a plan with apps; renewed, rebooted, and taken away."""

    def test_it_is_made_live_and_made_again_without_change(self, scenario: Scenario) -> None:
        made = scenario.provision("globex", plan="professional")
        assert made.code == 0, made.output
        assert "globex is active" in made.output
        again = scenario.provision("globex", plan="professional")
        assert (again.code, again.changed) == (0, 0), again.output

    def test_a_renewal_by_certbots_timer_is_served(self, scenario: Scenario) -> None:
        live = "/etc/letsencrypt/live/globex.tenants.test/fullchain.pem"
        before = scenario.on("edge1", "sha256sum", live)
        scenario.on(
            "edge1",
            # A private authority is trusted by certbot alone, and not by what its timer starts.
            *("env", "REQUESTS_CA_BUNDLE=/etc/ssl/certs/lab-directory-ca.pem"),
            *("certbot", "renew", "--quiet", "--force-renewal", "--no-random-sleep-on-renew"),
            *("--cert-name", "globex.tenants.test"),
        )
        assert scenario.on("edge1", "sha256sum", live) != before
        serial = scenario.on("edge1", "openssl", "x509", "-in", live, "-noout", "-serial")
        asked = ["openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", "globex.tenants.test"]

        def served() -> str:
            shown = scenario.on("edge1", *asked, text="")
            return scenario.on("edge1", "openssl", "x509", "-noout", "-serial", text=shown)

        wait_until(lambda: served() == serial, "nginx serves the renewed certificate", 20)

    def test_it_is_there_after_a_reboot(self, scenario: Scenario) -> None:
        scenario.engine("restart", "--time", "20", scenario.container("bench1"))
        wait_until(lambda: scenario.pings("globex") and scenario.pings("acme"), "both tenants answer", 90)

    def test_it_is_taken_away_and_its_backup_stays(self, scenario: Scenario) -> None:
        gone = scenario.deprovision("globex")
        assert gone.code == 0, gone.output
        assert scenario.left_of("globex") == {}
        kept = scenario.on("bench1", "find", "/home/frappe/frappe-bench/archived/tenants", "-name", "*database.sql.gz")
        assert "globex" in kept
