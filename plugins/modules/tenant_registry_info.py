#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_registry_info.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_registry_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Read tenants from the registry
description:
  - Returns tenants as the registry, the control database of all tenants, knows them.
options:
  names:
    description: Only these tenants. Names that are not in the registry are left out.
    type: list
    elements: str
    aliases: [name]
  states:
    description: Only tenants in one of these states; in any when it is empty.
    type: list
    elements: str
    choices: [reserved, provisioning, active, suspended, archived, failed]
    default: []
  plans:
    description: Only tenants on one of these plans; on any when it is empty.
    type: list
    elements: str
    default: []
  benches:
    description: Only tenants on one of these benches; on any when it is empty.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_registry
    description: Writes the registry.
"""

EXAMPLES = r"""
- name: Read all tenants
  frappeops.tenants.tenant_registry_info:
  register: fleet

- name: Read one
  frappeops.tenants.tenant_registry_info:
    name: acme
  register: found

- name: Read those that are suspended on one bench, with the password from the environment
  frappeops.tenants.tenant_registry_info:
    registry_url: postgresql://tenants@db.example.com/tenants
    registry_password_env: REGISTRY_PASSWORD
    states: [suspended]
    benches: [bench1]
  register: suspended
"""

RETURN = r"""
tenants:
  description:
    - The tenants, sorted by name. The fields are those that M(frappeops.tenants.tenant_registry) returns, and C(adopted), whether
      the tenant was there before the registry.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: acme, state: active, plan: starter, bench: bench1, admin_email: ada@acme.com, adopted: false}
"""
