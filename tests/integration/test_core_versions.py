# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection on the lowest ansible-core that it supports, and on the newest, which needs a newer Python."""

from __future__ import annotations

import pytest
import traces

from ansible_cores import programs


@pytest.mark.parametrize("which", ["lowest", "newest"])
def test_a_tenant_lives_and_goes(playbooks, lab, tenant, which):
    ansible = playbooks.with_programs(programs(which))
    made = ansible.provision(tenant=tenant, admin_email="ada@acme.example")
    assert made.code == 0, made.output
    assert f"{tenant} is active" in made.output
    assert "DEPRECATION" not in made.output
    assert "WARNING" not in made.output
    again = ansible.provision(tenant=tenant, admin_email="ada@acme.example")
    assert again.count("changed") == 0, again.output
    gone = ansible.deprovision(tenant)
    assert gone.code == 0, gone.output
    assert traces.of_tenant(lab, tenant) == {}
