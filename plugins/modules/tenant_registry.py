#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_registry.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_registry
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Claim a tenant's name and move the tenant from state to state
description:
  - Writes a tenant into the registry, the control database of all tenants.
  - V(reserved) claims the name, of any number of runs at once exactly one gets it, and places the tenant on the bench with
    the fewest tenants that has room. The same provisioning may claim again and gets the same answer.
  - The states are V(reserved), V(provisioning), V(active), V(suspended), V(archived) and V(failed). A way that the state machine does
    not have is refused. A V(failed) or V(archived) name may be claimed anew, see O(quarantine_days).
  - Every change is noted in the registry's events. No secret is stored.
  - The tenant's row is also set as the fact C(tenant_record) of the host that runs the task.
options:
  tenant:
    description: The tenant's name.
    type: str
    required: true
  state:
    description: The state that it shall be in.
    type: str
    required: true
    choices: [reserved, provisioning, active, suspended, archived, failed]
  identity:
    description: The identity that M(frappeops.tenants.tenant_name_validate) made. Needed for V(reserved).
    type: dict
  plan:
    description: The plan's name. Needed for V(reserved).
    type: str
  admin_email:
    description: The administrator's address. Needed for V(reserved). A tenant that exists with another one is refused.
    type: str
  owner:
    description: The provisioning that makes the tenant. Needed for V(reserved).
    type: str
  database_prefix:
    description: What the name of the tenant's database begins with.
    type: str
    default: tenant_
  benches:
    description: The benches that may take the tenant. Needed for V(reserved).
    type: list
    elements: dict
    suboptions:
      name:
        description: The bench's inventory host.
        type: str
        required: true
      edge:
        description: The inventory host whose nginx serves the bench.
        type: str
        required: true
      max_tenants:
        description: How many tenants the bench takes; V(0) for no limit.
        type: int
        default: 0
  quarantine_days:
    description:
      - For how many days the name of a tenant that is V(archived) is refused to everybody but the administrator that it had, for V(reserved).
      - Mail, bookmarks and logins of the former tenant still go to its name.
    type: int
    default: 0
  reason:
    description: Why the tenant is in this state, for people.
    type: str
  evidence:
    description: What was seen of the tenant when it became V(active).
    type: dict
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.changes
seealso:
  - module: frappeops.tenants.tenant_registry_info
    description: Reads the registry.
  - module: frappeops.tenants.tenant_journal
    description: Notes what a provisioning makes.
"""

EXAMPLES = r"""
- name: Claim the name and a place
  frappeops.tenants.tenant_registry:
    tenant: acme
    state: reserved
    identity: "{{ tenant_identity }}"
    plan: starter
    admin_email: ada@acme.com
    owner: 4f1c9a7be2d85310
    benches:
      - {name: bench1, edge: edge1, max_tenants: 200}

- name: Mark it active
  frappeops.tenants.tenant_registry:
    tenant: acme
    state: active
    evidence: "{{ verify_evidence }}"
"""

RETURN = r"""
tenant:
  description: The tenant's row in the registry.
  returned: success
  type: dict
  sample:
    name: acme
    state: reserved
    plan: starter
    bench: bench1
    edge: edge1
    site: api.acme.example.com
    database_name: tenant_acme_1f3a90bc
    frontend_url: https://acme.example.com
    backend_url: https://api.acme.example.com
    admin_email: ada@acme.com
    owner: 4f1c9a7be2d85310
    identity: {name: acme, domain: example.com, site: api.acme.example.com}
ansible_facts:
  description: Holds C(tenant_record), which is RV(tenant).
  returned: success
  type: dict
  sample: {tenant_record: {name: acme, state: reserved}}
error:
  description:
    - V(already_exists) when the name belongs to another tenant, V(quarantined) when it did not long ago.
  returned: when a claim is refused for that
  type: str
  sample: already_exists
free_from:
  description: When the name is free, in UTC.
  returned: when RV(error) is V(quarantined)
  type: str
  sample: "2026-12-24T09:30:00.000+00:00"
"""
