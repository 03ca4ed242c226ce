# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's life with the registry on a database server, and its password nowhere in what is shown at -vvv."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import traces

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import registry_servers

ADMIN = "grace@acme.example"


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_a_tenant_is_made_checked_and_taken_away(playbooks, lab, monkeypatch, kind):
    name = f"test-on-{kind}"
    monkeypatch.setenv("REGISTRY_PASSWORD", registry_servers.PASSWORD)
    with registry_servers.running(kind) as server:
        registry = {
            "tenant_registry_url": server.url(server.new_database()),
            "tenant_registry_password_env": "REGISTRY_PASSWORD",
        }
        made = playbooks.provision("-vvv", tenant=name, admin_email=ADMIN, **registry)
        again = playbooks.provision(tenant=name, admin_email=ADMIN, **registry)
        gone = playbooks.run("deprovision.yml", "-vvv", tenant=name, confirm=name, **registry)
    assert made.code == 0, made.output
    assert f"{name} is active" in made.output
    assert (again.code, again.count("changed")) == (0, 0), again.output
    assert gone.code == 0, gone.output
    assert traces.of_tenant(lab, name) == {}
    assert registry_servers.PASSWORD not in made.output + gone.output
