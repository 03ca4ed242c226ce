#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_fingerprint.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_fingerprint
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Sum up what is applied to a tenant
description:
  - Returns a hash over all that the steps apply to a tenant, its wish, the operator's settings, and our steps' own files.
  - M(frappeops.tenants.tenant_registry) keeps it when the tenant becomes active. While it stays the same, the tenant need not
    go through the steps again, unless a part of it is missing.
  - Settings are the variables of C(localhost), the bench and the edge whose names begin with a step's name, such as C(dns_ttl) for
    C(frappeops.tenants.dns), C(tls_plan), and those of C(tenant_...) that steps read. Values of keys that name a secret are left out, so
    a new secret alone changes nothing.
options:
  identity:
    description: The tenant's identity, as M(frappeops.tenants.tenant_name_validate) returns it.
    type: dict
    required: true
  admin:
    description: The administrator's C(email) and C(first_name).
    type: dict
    required: true
  plan:
    description: The name of the plan.
    type: str
    required: true
  plan_data:
    description: What the plan holds.
    type: dict
    required: true
  bench:
    description: The inventory host of the tenant's bench.
    type: str
    required: true
  edge:
    description: The inventory host of the tenant's edge.
    type: str
    required: true
  settings:
    description: The country, time_zone and language that were asked for with the tenant.
    type: dict
    default: {}
  steps:
    description: The flow, one role per step.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_registry
    description: Keeps the hash.
"""

EXAMPLES = r"""
- name: Sum up what was applied to the tenant
  frappeops.tenants.tenant_fingerprint:
    identity: "{{ tenant_identity }}"
    admin: "{{ tenant_admin }}"
    plan: starter
    plan_data: "{{ tenant_plans.starter }}"
    bench: bench1
    edge: edge1
    steps: "{{ tenant_steps }}"
  register: applied
"""

RETURN = r"""
fingerprint:
  description: The hash, 64 hexadecimal digits.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""
