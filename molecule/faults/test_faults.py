# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to servers happens while a tenant is made, and each time the journal's promise holds.

Either the tenant is live in the end, or nothing of it is left and the reason is told; what can't be taken back at once is taken
back, or completed, by the same command when the server is well again. acme, the neighbour, answers all the time.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from kit import ADMIN, Outcome, Scenario, wait_until

BENCH = "/home/frappe/frappe-bench"


@pytest.fixture(autouse=True)
def neighbour(scenario: Scenario) -> Iterator[None]:
    """acme was there before each misfortune, and is after it."""
    assert scenario.pings("acme")
    yield
    wait_until(lambda: scenario.pings("acme"), "acme answers")


class During:
    """A run for a tenant, to whose servers something happens when it has come to a point."""

    def __init__(self, scenario: Scenario, tenant: str, **variables: object) -> None:
        self._scenario = scenario
        self.tenant = tenant
        self.process = scenario.start("provision.yml", tenant=tenant, admin_email=ADMIN, **variables)
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self._lines.extend(iter(self.process.stdout.readline, ""))

    def reach_database(self) -> None:
        """Wait until the tenant's database has tables, and more are to come."""
        part = f"tenant_{self.tenant}%"
        query = f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema LIKE '{part}'"

        def has_tables() -> bool:
            assert self.process.poll() is None, "".join(self._lines)
            return int(self._scenario.on("bench1", "mariadb", "-N", "-e", query, check=False) or 0) > 0

        wait_until(has_tables, "the site's database is being filled", 240)

    def end(self) -> Outcome:
        """Wait for the end of the run."""
        code = self.process.wait(timeout=600)
        self._reader.join(10)
        return Outcome(code, "".join(self._lines))


def goes_on(scenario: Scenario, tenant: str, **variables: object) -> None:
    """The same command makes it live now, and nothing stands twice."""
    again = scenario.provision(tenant, **variables)
    assert again.code == 0, again.output
    assert scenario.pings(tenant)
    left = scenario.left_of(tenant)
    assert len(left["databases on bench1"]) == 1
    assert len(left["database users on bench1"]) == 1
    gone = scenario.deprovision(tenant)
    assert gone.code == 0, gone.output
    assert scenario.left_of(tenant) == {}


def test_the_database_server_is_killed_while_a_site_is_made(scenario: Scenario) -> None:
    run = During(scenario, "dbkilled", site_source="cold")
    run.reach_database()
    scenario.on("bench1", "systemctl", "kill", "--signal=KILL", "mariadb")
    ended = run.end()
    assert ended.code != 0
    assert "dbkilled failed in step site" in ended.told, ended.output
    wait_until(lambda: scenario.on("bench1", "mariadb", "-N", "-e", "SELECT 1", check=False).strip() == "1", "MariaDB")
    goes_on(scenario, "dbkilled")


def test_the_database_server_is_stopped_and_stays_away(scenario: Scenario) -> None:
    run = During(scenario, "dbstopped", site_source="cold")
    run.reach_database()
    scenario.on("bench1", "systemctl", "stop", "mariadb")
    try:
        ended = run.end()
        assert ended.code != 0
        # The database can't be dropped: that is told, and stays in the journal.
        assert "dbstopped failed in step site" in ended.told, ended.output
        assert "left" in ended.told
    finally:
        scenario.on("bench1", "systemctl", "start", "mariadb")
    healed = scenario.play("heal.yml")
    assert healed.code == 0, healed.output
    assert scenario.left_of("dbstopped") == {}


def test_the_database_server_hangs(scenario: Scenario) -> None:
    run = During(scenario, "dbhangs", site_source="cold", site_timeout=60)
    run.reach_database()
    scenario.on("bench1", "systemctl", "kill", "--signal=STOP", "mariadb")
    try:
        ended = run.end()
        assert ended.code != 0
        assert "dbhangs failed in step site" in ended.told, ended.output
        assert "60" in ended.told
        assert "left" in ended.told
    finally:
        scenario.on("bench1", "systemctl", "kill", "--signal=CONT", "mariadb")
    goes_on(scenario, "dbhangs")


@pytest.fixture
def small_disk(scenario: Scenario) -> Iterator[None]:
    """The sites on a file system of 64 MB, in the place of their own."""
    sites = f"{BENCH}/sites"
    scenario.mount("bench1", "mount", "-t", "tmpfs", "-o", "size=64m", "small", "/mnt")
    scenario.on("bench1", "cp", "-a", f"{sites}/.", "/mnt")
    scenario.mount("bench1", "mount", "--bind", "/mnt", sites)
    scenario.on("bench1", "supervisorctl", "restart", "all")
    yield
    # The web server stands in this folder: it goes back into the former one by a new start.
    scenario.on("bench1", "supervisorctl", "stop", "all")
    scenario.mount("bench1", "umount", "--lazy", sites)
    scenario.mount("bench1", "umount", "--lazy", "/mnt")
    scenario.on("bench1", "supervisorctl", "start", "all")


def test_the_disk_is_full(scenario: Scenario, small_disk: None) -> None:
    wait_until(lambda: scenario.pings("acme"), "acme answers")
    refused = scenario.provision("crowded")
    assert refused.code != 0
    assert "crowded failed in step preflight" in refused.told, refused.output
    assert "MB" in refused.told and "free" in refused.told, refused.output
    assert scenario.left_of("crowded") == {}
    # A plan that claims to need nothing comes further.
    scenario.on(
        "bench1",
        "sh",
        "-c",
        "head --bytes=$(($(df --output=avail -B1 /mnt | tail -1) - 8192)) /dev/zero > /mnt/.filler",
    )
    failed = scenario.provision("crowded", tenant_plans={"starter": {"needs": {"disk_mb": 0}}}, site_source="cold")
    assert failed.code != 0
    assert "crowded failed in step site" in failed.told, failed.output
    assert "No space left on device" in failed.told, failed.output
    assert scenario.left_of("crowded") == {}


def test_a_port_is_taken_after_the_checks(scenario: Scenario) -> None:
    run = During(scenario, "squatted", site_source="cold", tenant_https_port=8443)
    run.reach_database()
    scenario.on("edge1", "systemd-run", "--unit=squatter", "python3", "-m", "http.server", "8443")
    try:
        ended = run.end()
        assert ended.code != 0
        assert "squatted failed in step proxy" in ended.told, ended.output
        assert "8443" in ended.told and "python3" in ended.told, ended.output
        # It is none of ours, so it stays.
        assert scenario.on("edge1", "systemctl", "is-active", "squatter").strip() == "active"
    finally:
        scenario.on("edge1", "systemctl", "stop", "squatter")
    assert scenario.left_of("squatted") == {}


def test_the_folder_of_nginx_is_read_only(scenario: Scenario) -> None:
    folder = "/etc/nginx/sites-available"
    scenario.mount("edge1", "mount", "--bind", folder, folder)
    scenario.mount("edge1", "mount", "-o", "remount,bind,ro", folder)
    try:
        failed = scenario.provision("readonly")
    finally:
        scenario.mount("edge1", "umount", "--lazy", folder)
    assert failed.code != 0
    assert "Read-only file system" in failed.told, failed.output
    assert scenario.left_of("readonly") == {}


def test_the_second_name_server_is_stale(scenario: Scenario) -> None:
    scenario.on("services1", "knotc", "zone-freeze", "tenants.test")
    try:
        failed = scenario.provision("stale", dns_timeout=4)
        assert failed.code != 0
        assert f"{scenario.net}.3" in failed.told, failed.output
    finally:
        scenario.on("services1", "knotc", "zone-thaw", "tenants.test")
        scenario.on("services1", "knotc", "zone-refresh", "tenants.test")
    assert scenario.left_of("stale") == {}


def test_the_second_name_server_is_slow_and_catches_up(scenario: Scenario) -> None:
    scenario.on("services1", "systemctl", "kill", "--signal=STOP", "knot")

    def wake_up_late() -> None:
        wait_until(lambda: scenario.answer("slow.tenants.test").answer, "the primary has the records", 240)
        time.sleep(20)
        scenario.on("services1", "systemctl", "kill", "--signal=CONT", "knot")

    waker = threading.Thread(target=wake_up_late)
    waker.start()
    try:
        made = scenario.provision("slow", dns_timeout=120)
    finally:
        waker.join()
    assert made.code == 0, made.output
    assert scenario.deprovision("slow").code == 0


def test_the_authority_has_had_enough(scenario: Scenario) -> None:
    front = (
        f"server {{ listen {scenario.net}.2:14001 ssl; ssl_certificate /var/lib/frappeops-lab/tls/acme.pem;"
        " ssl_certificate_key /var/lib/frappeops-lab/tls/acme.key;"
        f" location / {{ proxy_pass https://{scenario.net}.2:14000; proxy_set_header Host $http_host; }}"
        " location /order-plz { default_type application/problem+json; return 429"
        ' \'{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates already issued", "status": 429}\'; } }\n'
    )
    scenario.on("services1", "tee", "/etc/nginx/conf.d/authority.conf", text=front)
    scenario.on("services1", "systemctl", "restart", "nginx")
    failed = scenario.provision("limited", certificate_acme_directory=f"https://{scenario.net}.2:14001/dir")
    assert failed.code != 0
    assert "too many certificates already issued" in failed.told, failed.output
    assert scenario.left_of("limited") == {}


def test_the_mailbox_is_refused(scenario: Scenario) -> None:
    made = scenario.provision("nomail", admin_email="reject@acme.example")
    assert made.code == 0, made.output
    assert "550" in made.told, made.output
    assert scenario.pings("nomail")
    assert scenario.deprovision("nomail").code == 0


def test_the_controller_is_killed(scenario: Scenario) -> None:
    run = During(scenario, "orphaned", site_source="cold")
    run.reach_database()
    os.killpg(run.process.pid, signal.SIGKILL)
    run.end()
    goes_on(scenario, "orphaned", site_source="cold")
