# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates by all plans on the lab: its ACME authority, name server, Cloudflare stand-in and nginx."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import traces
from edge_servers import make_certificate
from lab_certificates import PROVIDERS, certbot, folders, rfc2136, wait_until, workers
from registry_rows import registered

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from lab.dns import ask
from lab.settings import Settings

ADMIN = "ada@acme.example"
AWAY = "https://127.0.0.1:9/dir"
#: What a tenant needs to come to its certificate.
STEPS = [f"frappeops.tenants.{step}" for step in ("reserve", "preflight", "dns", "certificate")]
HYPHEN = {"frontend": "{tenant}.{domain}", "backend": "{tenant}-api.{domain}"}


@pytest.fixture
def name() -> str:
    return f"test-tls-{secrets.token_hex(3)}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wildcard_by_dns_its_credentials_kept_and_gone(
    lab: Settings, tmp_path: Path, name: str, provider: Callable[[Settings], dict[str, Any]]
) -> None:
    host, settings = f"{name}.tenants.test", provider(lab)
    wanted = {"name": host, "domains": [host, f"*.{host}"], "dns": settings}
    assert certbot(lab, tmp_path, **wanted, check_mode=True)["changed"]
    assert not (tmp_path / "config").exists()

    made = certbot(lab, tmp_path, **wanted)
    assert made["certificate"]["names"] == [f"*.{host}", host]
    assert ask(lab, f"_acme-challenge.{host}", "TXT") == [], "the record is gone"
    credentials = tmp_path / "config" / "frappe_tenants.credentials" / f"{settings['provider']}-tenants.test.ini"
    assert credentials.stat().st_mode & 0o777 == 0o600
    secret = settings.get("key_secret") or settings["api_token"] or settings["api_key"]
    assert secret not in json.dumps(made)

    assert not certbot(lab, tmp_path, **wanted)["changed"]
    credentials.write_text("an older secret\n")
    again = certbot(lab, tmp_path, **wanted)
    assert again["changed"] and again["reason"] == "the credentials for its renewal are others"
    assert secret in credentials.read_text()
    assert certbot(lab, tmp_path, name=host, state="renewed", force=True, dns=settings)["changed"]

    certbot(lab, tmp_path, name=host, state="absent")
    left = [path for path in (tmp_path / "config").rglob("*") if path.is_file() and secret in path.read_text("latin-1")]
    assert left == [] and not credentials.exists()


def test_a_record_that_can_not_be_published_is_told_apart(lab: Settings, tmp_path: Path, name: str) -> None:
    host = f"{name}.tenants.test"
    with pytest.raises(TenantError) as failed:
        certbot(lab, tmp_path, name=host, domains=[host], dns={**rfc2136(lab), "key_secret": "d3Jvbmcga2V5"})
    assert failed.value.details["problem"] == "dns_update", failed.value.msg
    assert "credentials" in failed.value.remedy
    assert list((tmp_path / "config").rglob("*.ini")) == []
    assert not (tmp_path / "config" / "frappe_tenants" / host).exists()


class TestWithoutACertificateForNow:
    """One tenant's way from HTTP to HTTPS, test by test in this order."""

    NAME = f"test-http-{secrets.token_hex(3)}"

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def taken_away(cls, playbooks) -> Iterator[None]:
        yield
        playbooks.deprovision(cls.NAME)

    def test_the_tenant_goes_live_over_http_and_says_so(self, playbooks, lab) -> None:
        made = playbooks.provision(
            tenant=self.NAME, admin_email=ADMIN, certificate_required=False, certificate_acme_directory=AWAY
        )
        assert made.code == 0, made.output
        assert f"{self.NAME} GOES ON OVER HTTP, without a certificate" in made.output
        assert f"{self.NAME} WAS SEEN OVER HTTP" in made.output
        assert f"frontend       http://{self.NAME}.tenants.test:{lab.ports['http']}" in made.output
        assert "certificate    NONE: served over HTTP until" in made.output
        row = registered(playbooks.registry_url, self.NAME)
        assert (row["certificate"], row["evidence"]["encrypted"]) == ("http_only", False)
        assert row["backend_url"] == f"http://api.{self.NAME}.tenants.test:{lab.ports['http']}"
        config = lab.bench / "sites" / f"api.{self.NAME}.tenants.test" / "site_config.json"
        assert json.loads(config.read_text())["host_name"] == row["backend_url"]
        (welcome,) = (mail for mail in traces.mails(lab, ADMIN) if self.NAME in mail)
        assert "http://" in welcome and f"https://{self.NAME}" not in welcome

    def test_it_is_tried_again_and_brought_to_https(self, playbooks, lab, tmp_path) -> None:
        kept = playbooks.run("certificates.yml", certificates_file_out=str(tmp_path / "certificates.json"))
        assert kept.code == 0, kept.output
        row = registered(playbooks.registry_url, self.NAME)
        assert row["certificate"] == "issued"
        assert row["backend_url"] == f"https://api.{self.NAME}.tenants.test:{lab.ports['https']}"
        config = lab.bench / "sites" / f"api.{self.NAME}.tenants.test" / "site_config.json"
        assert json.loads(config.read_text())["host_name"] == row["backend_url"]
        listed = json.loads((tmp_path / "certificates.json").read_text())
        assert all({"lineage", "ours", "edge"} <= set(one) for one in listed)

    def test_then_there_is_nothing_to_do(self, playbooks) -> None:
        kept = playbooks.run("certificates.yml")
        assert (kept.code, kept.count("changed")) == (0, 0), kept.output
        assert "DAYS LEFT" in kept.output

    def test_nothing_is_left(self, playbooks, lab) -> None:
        gone = playbooks.deprovision(self.NAME)
        assert gone.code == 0, gone.output
        assert traces.of_tenant(lab, self.NAME) == {}


def test_one_certificate_for_all_stays_when_a_tenant_goes(playbooks, lab, name, tmp_path) -> None:
    made = playbooks.provision(
        tenant=name,
        admin_email=ADMIN,
        tenant_hosts=HYPHEN,
        tls_plan="shared",
        certificate_dns_wait=0,
        notify_enabled=False,
        **folders(tmp_path),
    )
    try:
        assert made.code == 0, made.output
        assert "shared by all tenants" in made.output
        assert registered(playbooks.registry_url, name)["certificate"] == "shared"
    finally:
        gone = playbooks.deprovision(name)
    assert gone.code == 0, gone.output
    assert (tmp_path / "config/renewal/shared.tenants.tenants.test.conf").is_file()
    assert traces.of_tenant(lab, name) == {}


def test_a_failing_challenge_is_told_taken_back_and_counted(playbooks, lab, name, tmp_path) -> None:
    order = {"tenant": name, "admin_email": ADMIN, "tenant_steps": STEPS}
    failed = playbooks.provision(**order, certificate_webroot=str(tmp_path))
    assert failed.code != 0, failed.output
    told = " ".join(failed.output.split())
    assert f"failed in step certificate: The certificate for {name}.tenants.test" in told, failed.output
    assert "the authority did not find the challenge" in told, failed.output
    assert traces.of_tenant(lab, name) == {}

    refused = playbooks.provision(**order, certificate_limits={"failures_hour": 1})
    told = " ".join(refused.output.split())
    assert refused.code != 0 and f"{name} failed in step preflight" in told, refused.output
    assert f"{name}.tenants.test" in told[told.index("failed in step preflight") :]
    assert traces.of_tenant(lab, name) == {}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"tls_plan": "shared"}, "can't cover tenant_hosts.backend"),
        ({"certificate_wildcard": True}, "can't be proven by HTTP-01"),
        ({"certificate_limits": {"domain_week": 1}}, "1 certificates below tenants.test were issued within a week"),
        ({"certificate_limits": {"orders_3_hours": 1}}, "1 certificates were ordered from lab-edge within 3 hours"),
    ],
)
def test_what_can_not_be_had_is_refused_before_anything_is_made(playbooks, lab, name, settings, reason) -> None:
    refused = playbooks.provision(tenant=name, admin_email=ADMIN, **settings)
    assert refused.code != 0 and reason in refused.output, refused.output
    assert traces.of_tenant(lab, name) == {}


def test_the_operators_files_are_checked_and_used(playbooks, lab, name, tmp_path) -> None:
    files = {"fullchain": str(tmp_path / "fullchain.pem"), "privkey": str(tmp_path / "privkey.pem")}
    ours = {"tls_plan": "existing", "certificate_existing": files, "notify_enabled": False}
    make_certificate(tmp_path / "fullchain.pem", tmp_path / "privkey.pem", "x", "DNS:*.elsewhere.test")
    refused = playbooks.provision(tenant=name, admin_email=ADMIN, **ours)
    assert refused.code != 0 and f"is not for {name}.tenants.test" in refused.output, refused.output
    assert traces.of_tenant(lab, name) == {}

    hosts = f"DNS:*.tenants.test,DNS:*.{name}.tenants.test"
    make_certificate(tmp_path / "fullchain.pem", tmp_path / "privkey.pem", "x", hosts)
    made = playbooks.provision(tenant=name, admin_email=ADMIN, verify_ca_file=files["fullchain"], **ours)
    try:
        assert made.code == 0, made.output
        assert registered(playbooks.registry_url, name)["certificate"] == "existing"
    finally:
        playbooks.deprovision(name)
    assert Path(files["fullchain"]).is_file() and traces.of_tenant(lab, name) == {}


def test_the_hook_reloads_nginx_once_and_only_for_ours(playbooks, lab) -> None:
    config = lab.letsencrypt / "config"
    mark = config / "frappe_tenants" / "hook.tenants.test"
    mark.parent.mkdir(exist_ok=True)
    mark.write_text("run1\n")

    def run(kind: str, **environment: str) -> None:
        subprocess.run([config / "renewal-hooks" / kind / "frappe_tenants"], env=environment, check=True)

    try:
        run("deploy", RENEWED_LINEAGE=f"{config}/live/somebody.else.test")
        assert not (mark.parent / ".renewed").exists()
        run("deploy", RENEWED_LINEAGE=f"{config}/live/hook.tenants.test")
        before = workers(lab)
        run("post")
        assert not (mark.parent / ".renewed").exists()
        assert wait_until(lambda: workers(lab) - before), "nginx has new workers"
    finally:
        mark.unlink()
