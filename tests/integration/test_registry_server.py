# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's life with the registry on a database server, and its password nowhere in what is shown at -vvv.

Some runs want the name at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import races
import traces

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import registry_servers

ADMIN = "grace@acme.example"
RACERS = 4


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_a_tenant_is_made_once_checked_and_taken_away(playbooks, lab, monkeypatch, tmp_path, kind):
    name = f"test-on-{kind}"
    gate = tmp_path / "gate"
    gate.mkdir()
    monkeypatch.setenv("REGISTRY_PASSWORD", registry_servers.PASSWORD)
    with registry_servers.running(kind) as server:
        registry = {
            "tenant_registry_url": server.url(server.new_database()),
            "tenant_registry_password_env": "REGISTRY_PASSWORD",
        }
        raced = races.race(playbooks, gate, RACERS, "-vvv", tenant=name, admin_email=ADMIN, **registry)
        again = playbooks.provision(tenant=name, admin_email=ADMIN, **registry)
        audited = playbooks.run("audit.yml", "-vvv", audit_file_out=str(tmp_path / "audit.json"), **registry)
        gone = playbooks.run("deprovision.yml", "-vvv", tenant=name, confirm=name, **registry)
    races.assert_one_won(raced, name)
    assert (again.code, again.count("changed")) == (0, 0), again.output
    assert audited.code == 0, audited.output
    assert name not in json.dumps(json.loads((tmp_path / "audit.json").read_text())["findings"])
    assert gone.code == 0, gone.output
    assert traces.of_tenant(lab, name) == {}
    assert not any(registry_servers.PASSWORD in run.output for run in (*raced, audited, gone))
