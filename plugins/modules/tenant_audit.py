#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_audit.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_audit
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Hold the registry against what was seen of the fleet
description:
  - Compares the registry with benches, databases, DNS, nginx and certificates as they were seen, and tells every missing part
    (in the registry, not in the world) and every orphan (in the world, not in the registry), where it is and what to do about it.
  - Prints the findings for the person at the terminal.
options:
  output:
    description: How to print the findings.
    type: str
    choices: [table, json]
    default: table
  file:
    description: A file on the controller that gets the findings as JSON, whatever is printed. Only its owner can read it.
    type: path
  fail:
    description: Whether the task fails when anything was found. It always fails when something could not be looked at.
    type: bool
    default: false
extends_documentation_fragment:
  - frappeops.tenants.world
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.frappe_bench_info
    description: Looks at a bench.
  - module: frappeops.tenants.frappe_edge_info
    description: Looks at an edge.
  - module: frappeops.tenants.dns_records_info
    description: Looks at the zone.
"""

EXAMPLES = r"""
- name: Hold the registry against the fleet
  frappeops.tenants.tenant_audit:
    world:
      benches:
        bench1: "{{ hostvars['bench1'].bench_look }}"
      edges:
        edge1: "{{ hostvars['edge1'].edge_look }}"
      dns: "{{ dns_look }}"
      addresses: [192.0.2.10]
      domain: example.com
    file: ~/audit.json
"""

RETURN = r"""
findings:
  description: All that is not as the registry says, that of tenants first.
  returned: when the registry could be read
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(missing) is in the registry and not in the world, V(orphan) the other way round.
        - V(differs) is in both and not the same.
        - V(unfinished) is a tenant on which a run was cut off.
        - V(unseen) could not be looked at.
      returned: always
      type: str
      sample: missing
    what:
      description: What sort of thing it is.
      returned: always
      type: str
      sample: DNS record
    name:
      description: Its name.
      returned: always
      type: str
      sample: api.acme.example.com
    where:
      description: The inventory host that it is on, or the domain.
      returned: always
      type: str
      sample: example.com
    tenant:
      description: Whose it is or was, as far as that is known.
      returned: always
      type: str
      sample: acme
    detail:
      description: What was seen.
      returned: always
      type: str
      sample: it has no address
    remedy:
      description: What to do next.
      returned: always
      type: str
      sample: "Run playbooks/reconcile.yml, or provision the tenant again: it is put right."
    mended_by_run:
      description: Whether a provisioning run of the tenant puts it right and can lose nothing by it.
      returned: always
      type: bool
      sample: true
tenants:
  description: How many tenants, active or suspended, were looked at.
  returned: when the registry could be read
  type: int
  sample: 200
msg:
  description: The counts in one line.
  returned: always
  type: str
  sample: "200 tenants: 1 missing, 2 orphan."
"""
