# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's life with the registry on a database server, and its password nowhere in what is shown at -vvv.

Some runs want the name at once. Another tenant's run is killed, and heal completes it.
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
def test_a_tenant_is_made_once_healed_checked_and_taken_away(playbooks, lab, monkeypatch, tmp_path, kind):
    name, killed = f"test-on-{kind}", f"test-killed-on-{kind}"
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
        cut = {"CUT_STEP": "frappeops.tenants.certificate"}
        playbooks.provision(tenant=killed, admin_email=ADMIN, environment=cut, **registry)
        healed = playbooks.run("heal.yml", "-vvv", **registry)
        told = playbooks.run("history.yml", "-vvv", tenant=killed, history_file=str(tmp_path / "told.json"), **registry)
        audited = playbooks.run("audit.yml", "-vvv", audit_file_out=str(tmp_path / "audit.json"), **registry)
        gone = [playbooks.run("deprovision.yml", "-vvv", tenant=one, confirm=one, **registry) for one in (name, killed)]
    races.assert_one_won(raced, name)
    assert (again.code, again.count("changed")) == (0, 0), again.output
    assert healed.code == 0, healed.output
    assert f"{killed} is active" in healed.output
    events = [event["event"] for event in json.loads((tmp_path / "told.json").read_text())]
    assert events.index("reserved") < events.index("active"), events
    assert audited.code == 0, audited.output
    assert f"-on-{kind}" not in json.dumps(json.loads((tmp_path / "audit.json").read_text())["findings"])
    assert [run.code for run in gone] == [0, 0], gone[-1].output
    assert (traces.of_tenant(lab, name), traces.of_tenant(lab, killed)) == ({}, {})
    assert not any(registry_servers.PASSWORD in run.output for run in (*raced, healed, told, audited, *gone))
