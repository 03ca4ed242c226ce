# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets stay where they belong while tenants are made, taken back and taken away, with Ansible at its most talkative.

Every secret that an operator gives, and those that a site is given, are looked for in everything that others may read:
arguments and environment of processes, the output at -vvv, the run's log and result, the registry, all servers' logs
(MariaDB's log of all statements too), syslog, and every file of the lab.
"""

from __future__ import annotations

import base64
import json
import secrets
import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import eavesdropping
import pytest
import traces

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import registry_servers

ADMIN = "ada@acme.example"
LIVE, UNDONE = (f"test-secret-{secrets.token_hex(3)}{end}" for end in ("a", "b"))
WEBHOOK_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
#: With characters that a URL must quote.
REGISTRY_PASSWORD = f"{secrets.token_hex(8)}/@:%"

#: The lab's own files that hold secrets, and the only places where the collection may keep them. All are private.
BELONG = (
    "*/.lab/secrets/*",
    "*/.lab/dns/named.conf",
    "*/.lab/mariadb/admin.sql",
    "*/sites/*/site_config.json",
    "*/archived/tenants/*/*-site_config_backup.json",
    "*/letsencrypt/config/frappe_tenants.credentials/*",
    "*/given-*.json",
)


def lab_secrets(lab) -> dict[str, str]:
    return {
        "database administrator": lab.secret("mariadb_admin_password"),
        "TSIG key": lab.secret("tsig_secret"),
        "Cloudflare token": lab.secret("cloudflare_token"),
        "SMTP password": lab.secret("smtp_password"),
        "OAuth client secret": lab.secret("oauth_client_secret"),
    }


def operators_secrets(lab) -> dict[str, str]:
    return {
        **lab_secrets(lab),
        "webhook key": WEBHOOK_KEY,
        "registry password": REGISTRY_PASSWORD,
        "registry password, quoted": quote(REGISTRY_PASSWORD, safe=""),
    }


def secrets_of(config: dict[str, Any]) -> dict[str, str]:
    return {f"{key} of the site": config[key] for key in ("db_password", "encryption_key")}


@pytest.fixture(scope="module")
def heard(playbooks, lab, tmp_path_factory):
    """A tenant's life and another one's failure, and all that could be heard of them."""
    folder = tmp_path_factory.mktemp("secrets")
    statements, runs = folder / "statements.log", folder / "runs"
    processes, syslog, administrator = set(), [], set()

    def run(name: str, playbook: str, **variables: Any):
        watched = playbooks.under(eavesdropping.tracer(folder / f"{name}.programs"))
        # As an operator would: in a file that only he reads.
        given = folder / f"given-{name}.json"
        given.touch(0o600)
        given.write_text(json.dumps(variables))
        environment = {
            "ANSIBLE_CALLBACKS_ENABLED": "stats_file,cut,frappeops.tenants.run_log",
            "FRAPPEOPS_TENANTS_LOG_FOLDER": str(runs),
        }
        return watched.run(playbook, "-vvv", "-e", f"@{given}", environment=environment)

    site = lab.bench / "sites" / f"api.{LIVE}.tenants.test"
    with ExitStack() as stack:
        server = stack.enter_context(registry_servers.running("mariadb"))
        stack.enter_context(eavesdropping.processes(processes))
        stack.enter_context(eavesdropping.syslog(syslog))
        stack.enter_context(eavesdropping.database_log(lab, statements))
        stack.enter_context(eavesdropping.passing_key(site / "site_config.json", "admin_password", administrator))
        database = server.new_database()
        server.execute(f"GRANT ALL ON {database}.* TO keeper@'%' IDENTIFIED BY '{REGISTRY_PASSWORD}'")
        account = f"keeper:{quote(REGISTRY_PASSWORD, safe='')}"
        registry = {"tenant_registry_url": f"mariadb://{account}@127.0.0.1:{server.port}/{database}"}
        made = run(
            "made",
            "provision.yml",
            tenant=LIVE,
            admin_email=ADMIN,
            # By bench; the other tenant takes the fastest way.
            site_source="cold",
            certificate_challenge="dns",
            certificate_wildcard=True,
            certificate_dns_wait=0,
            notify_webhooks=[{"name": "deaf", "url": "http://127.0.0.1:9/", "secret": f"whsec_{WEBHOOK_KEY}"}],
            tenant_result_file=str(folder / "result.json"),
            **registry,
        )
        config = json.loads((site / "site_config.json").read_text())
        failed = run(
            "failed",
            "provision.yml",
            tenant=UNDONE,
            admin_email=ADMIN,
            dns_provider="cloudflare",
            # The certificate is good, and this authority did not make it.
            verify_ca_file=str(lab.directory_ca),
            verify_timeout=1,
            notify_webhooks=[{"name": "deaf", "url": "http://127.0.0.1:9/", "secret": f"whsec_{WEBHOOK_KEY}"}],
        )
        rows = server.content(database)
        gone = run("gone", "deprovision.yml", tenant=LIVE, confirm=LIVE, **registry)
    return SimpleNamespace(
        made=made,
        failed=failed,
        gone=gone,
        secrets={**operators_secrets(lab), **secrets_of(config), "Administrator": administrator.pop()},
        programs={name: (folder / f"{name}.programs").read_text() for name in ("made", "failed", "gone")},
        statements=statements.read_bytes(),
        processes=processes,
        syslog=syslog,
        rows=rows,
        folder=folder,
    )


def test_the_runs_were_those_that_were_wanted(heard, lab):
    assert heard.made.code == 0, heard.made.output
    assert heard.failed.code != 0
    assert "verify" in heard.failed.output
    assert heard.gone.code == 0, heard.gone.output
    assert traces.of_tenant(lab, LIVE) == traces.of_tenant(lab, UNDONE) == {}


def test_what_listens_hears(heard):
    """Each ear heard something that is no secret, and every secret is known: else nothing below could fail."""
    for word in ("certbot", "new-site", "mariadb", f"api.{LIVE}.tenants.test", "PATH="):
        assert word in heard.programs["made"]
    assert any(f"api.{LIVE}.tenants.test" in text for text in heard.processes)
    assert b"CREATE USER" in heard.statements
    assert LIVE in heard.rows
    assert any((heard.folder / "runs").glob("*.log"))
    assert (heard.folder / "result.json").exists()
    assert all(len(secret) > 10 for secret in heard.secrets.values())


def test_no_secret_stands_in_a_command_line_or_an_environment(heard, lab):
    # When a tenant is backed up to be taken away, bench hands its database's password to the client: it ends with the tenant.
    lasting = {name: secret for name, secret in heard.secrets.items() if name != "db_password of the site"}
    assert eavesdropping.secrets_in(heard.programs["made"], heard.secrets) == set()
    for text in heard.programs.values():
        assert eavesdropping.secrets_in(text, lasting) == set()
    # Tests beside this one have processes too, and give those the lab's secrets in their own ways.
    our_own = {name: secret for name, secret in lasting.items() if name not in lab_secrets(lab)}
    for text in heard.processes:
        assert eavesdropping.secrets_in(text, our_own) == set()


def test_no_secret_is_printed_or_told_to_syslog(heard):
    for text in [*(run.output for run in (heard.made, heard.failed, heard.gone)), *heard.syslog]:
        assert eavesdropping.secrets_in(text, heard.secrets) == set()


def test_no_secret_reaches_the_databases_log_or_the_registry(heard):
    assert eavesdropping.secrets_in(heard.statements, heard.secrets) == set()
    assert eavesdropping.secrets_in(heard.rows, heard.secrets) == set()


def test_no_file_holds_a_secret_but_the_private_ones_where_it_belongs(heard, lab, playbooks):
    for looked_into_above in heard.folder.glob("*.programs"):
        looked_into_above.unlink()
    found = eavesdropping.files_with([lab.lab_dir, heard.folder, playbooks.folder], heard.secrets)
    assert {file: names for file, names in found.items() if not eavesdropping.fits(file, BELONG)} == {}
    for file in found:
        private = file.stat().st_mode & 0o077 == 0 or file.parent.stat().st_mode & 0o077 == 0
        assert private or file.name == "site_config.json" and file.stat().st_mode & 0o027 == 0, file
