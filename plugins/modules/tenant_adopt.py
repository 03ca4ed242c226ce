#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_adopt.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_adopt
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Take sites that are there into the registry
description:
  - Notes sites that were made by hand or by other programs as active tenants in the registry. The sites themselves are not
    touched, and no mark is put on them.
  - Because nothing of them was made by this collection, no run changes an adopted tenant and none takes it away.
  - All sites are adopted, or none.
options:
  sites:
    description: The sites to adopt.
    type: list
    elements: dict
    default: []
    suboptions:
      tenant:
        description: The tenant's name.
        type: str
        required: true
      site:
        description: The name of its site.
        type: str
        required: true
      admin_email:
        description: Who is responsible for the tenant.
        type: str
        required: true
      plan:
        description: Its plan, one of O(plans).
        type: str
        required: true
      bench:
        description: The inventory host of its bench. When it is left out, the site is sought on all benches.
        type: str
        default: ""
      admin_first_name:
        description: The administrator's first name.
        type: str
        default: ""
      frontend_host:
        description: The host for people. By default as O(hosts) says when the backend's host fits it, else the backend's host.
        type: str
        default: ""
      backend_host:
        description: The host of the API. By default that of C(host_name) in site_config.json, else the site's name.
        type: str
        default: ""
  forget:
    description: Adopted tenants to take out of the registry. They are not touched either.
    type: list
    elements: str
    default: []
  benches:
    description: By inventory host, what M(frappeops.tenants.frappe_bench_info) returned there.
    type: dict
    default: {}
  places:
    description: The benches, each with C(name) and C(edge), as the filter P(frappeops.tenants.bench_places#filter) gives them.
    type: list
    elements: dict
    default: []
  plans:
    description: The data of each plan, by its name.
    type: dict
    default: {}
  domain:
    description: The domain of the tenants.
    type: str
    required: true
  hosts:
    description: How the tenants' hosts are named.
    type: dict
    suboptions:
      frontend:
        description: The pattern of the host for people.
        type: str
        default: "{tenant}.{domain}"
      backend:
        description: The pattern of the host of the API.
        type: str
        default: "api.{tenant}.{domain}"
  https_port:
    description: The port of the tenants' URLs.
    type: int
    default: 443
  reserved:
    description: Names that no tenant has, beside the built-in ones.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.changes
seealso:
  - module: frappeops.tenants.frappe_bench_info
    description: Looks at the sites.
  - module: frappeops.tenants.tenant_audit
    description: Tells which sites are not in the registry.
"""

EXAMPLES = r"""
- name: Adopt a site that was made by hand
  frappeops.tenants.tenant_adopt:
    sites:
      - {tenant: acme, site: erp.acme.com, admin_email: ada@acme.com, plan: professional}
    benches:
      bench1: "{{ hostvars['bench1'].bench_look }}"
    places: "{{ tenant_benches }}"
    plans: "{{ tenant_plans }}"
    domain: example.com

- name: Forget it again
  frappeops.tenants.tenant_adopt:
    forget: [acme]
    domain: example.com
"""

RETURN = r"""
tenants:
  description: The rows of the tenants that were adopted or forgotten.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: acme, state: active, site: erp.acme.com, database_name: _0f2c8d1e5b7a9c3d, admin_email: ada@acme.com}
problems:
  description: What stands against each site that can't be adopted.
  returned: when one can't be adopted; then none was
  type: list
  elements: str
  sample: ["acme: the site 'erp.acme.com' is on none of the benches (bench1). Name site and bench as they are."]
"""
