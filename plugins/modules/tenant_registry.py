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
  - V(reserved) claims the name, of any number of runs at once exactly one gets it, and places the tenant on a bench that has the
    plan's apps and room, of several on the one with most room. The same provisioning may claim again and gets the same answer.
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
  apps:
    description: The plan's apps. Only a bench that has them is taken, see O(benches[].apps).
    type: list
    elements: str
    default: []
  needs:
    description:
      - How much of its bench the tenant takes, of C(sites), C(tables), C(disk_mb), C(inodes) and C(memory_mb).
      - What is left out counts as 1 site, 700 tables, 500 MB of disk and 50 MB of memory.
    type: dict
    default: {}
  bench:
    description:
      - The bench that the tenant shall live on. When it is left out, the registry chooses.
      - A tenant that lives on another bench is refused, not moved.
    type: str
  admin_email:
    description: The administrator's address. Needed for V(reserved). A tenant that exists with another one is refused.
    type: str
  admin_first_name:
    description: The administrator's first name. When it is left out, a new tenant's is V(Admin), and another's stays as it is.
    type: str
  settings:
    description: The tenant's country, time_zone and language, as far as they are asked for. What is left out stays as it is.
    type: dict
    default: {}
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
      capacity:
        description:
          - How much the bench holds, of C(sites), C(tables), C(disk_mb), C(inodes) and C(memory_mb). What is left out has no limit.
          - Against it counts what the tenants need that live there, see O(needs).
        type: dict
        default: {}
      apps:
        description: The apps that the bench has beside Frappe. When it is left out, any are taken to be there.
        type: list
        elements: str
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
  applied:
    description: What was applied to the tenant, as M(frappeops.tenants.tenant_fingerprint) returns it, when it is V(active).
    type: str
  certificate:
    description: How the tenant is served; the role P(frappeops.tenants.certificate#role) finds it out. Not for V(reserved).
    type: dict
    suboptions:
      state:
        description:
          - By which certificate. V(issued) is one of its own, V(shared) that of all tenants, V(existing) the operator's.
          - V(http_only) is none until one can be had, V(none) is none by its plan.
        type: str
        choices: [issued, shared, existing, http_only, none]
        required: true
      frontend_url:
        description: The frontend's URL, with C(http) when there is no certificate.
        type: str
        required: true
      backend_url:
        description: The backend's URL.
        type: str
        required: true
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
      - {name: bench1, edge: edge1, capacity: {sites: 200}}
      - {name: bench2, edge: edge1, capacity: {sites: 50, tables: 40000}, apps: [erpnext]}

- name: Mark it active
  frappeops.tenants.tenant_registry:
    tenant: acme
    state: active
    evidence: "{{ verify_evidence }}"
    certificate:
      state: http_only
      frontend_url: http://acme.example.com
      backend_url: http://api.acme.example.com
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
    needs: {sites: 1, tables: 700, disk_mb: 500, inodes: 10000, memory_mb: 50}
    frontend_url: https://acme.example.com
    backend_url: https://api.acme.example.com
    admin_email: ada@acme.com
    certificate: issued
    owner: 4f1c9a7be2d85310
    identity: {name: acme, domain: example.com, site: api.acme.example.com}
error:
  description:
    - V(already_exists) when the name belongs to another tenant, V(quarantined) when it did not long ago.
    - V(no_room), V(missing_apps), V(unknown_bench) or V(other_bench) when there is no place.
  returned: when a claim is refused for that
  type: str
  sample: already_exists
free_from:
  description: When the name is free, in UTC.
  returned: when RV(error) is V(quarantined)
  type: str
  sample: "2026-12-24T09:30:00.000+00:00"
"""
