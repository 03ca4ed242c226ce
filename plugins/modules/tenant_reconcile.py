#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_reconcile.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_reconcile
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Find what a fleet needs to come to its wanted list
description:
  - Sorts each wanted tenant by what is to be done about it, from the registry and from what was seen of the fleet, and prints
    all that is not simply right. Nothing is done.
  - A tenant is right when it is active, all its parts are there, and what was applied to it is what is wanted now, see
    M(frappeops.tenants.tenant_fingerprint).
options:
  orders:
    description: The wanted tenants, as M(frappeops.tenants.tenant_orders) returns them.
    type: list
    elements: dict
    required: true
  plans:
    description: The data of each plan, by its name.
    type: dict
    required: true
  steps:
    description: The flow, one role per step.
    type: list
    elements: str
    required: true
  whole_fleet:
    description: Whether O(orders) are all tenants that shall be there, so that others are told as V(extra).
    type: bool
    default: true
extends_documentation_fragment:
  - frappeops.tenants.world
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_orders
    description: Reads and checks who is wanted.
  - module: frappeops.tenants.tenant_audit
    description: Tells what is missing and what is too much, whoever is wanted.
"""

EXAMPLES = r"""
- name: Find what is to be done
  frappeops.tenants.tenant_reconcile:
    orders: "{{ wanted.orders }}"
    plans: "{{ tenant_plans }}"
    steps: "{{ tenant_steps }}"
    world:
      benches:
        bench1: "{{ hostvars['bench1'].bench_look }}"
      edges:
        edge1: "{{ hostvars['edge1'].edge_look }}"
      dns: "{{ dns_look }}"
      domain: example.com
  register: reconcile
"""

RETURN = r"""
verdicts:
  description: What is to be done about each tenant, in the order of O(orders), then those that nobody ordered.
  returned: success
  type: list
  elements: dict
  contains:
    tenant:
      description: The tenant's name.
      returned: always
      type: str
      sample: acme
    sort:
      description:
        - V(new), V(resume), V(change) and V(repair) are done by a run of the steps; V(right) needs nothing.
        - V(lost) lacks what no run can bring back, and V(unknown) could not be looked at. Both need a person.
        - V(adopted), V(suspended) and V(busy), on which another run works, are left as they are; V(extra) is not wanted and stays.
      returned: always
      type: str
      sample: change
    why:
      description: The reason.
      returned: always
      type: str
      sample: plan starter -> professional
counts:
  description: How many there are of each sort.
  returned: success
  type: dict
  sample: {right: 199, change: 1}
orders:
  description: Those of O(orders) that a run of the steps is to do.
  returned: success
  type: list
  elements: dict
  sample:
    - {identity: {name: acme}, admin: {email: ada@acme.com, first_name: Ada}, plan: professional, bench: ""}
in_need:
  description: The tenants that need a person, each with the reason.
  returned: success
  type: list
  elements: str
  sample: ["globex: missing site folder api.globex.example.com"]
"""
