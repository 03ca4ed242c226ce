# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_summary.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_summary
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Print what came of all tenants of a command
description:
  - Prints one table with a line for each tenant, whether it is live, in which step it failed, and what to do next, and below it the reasons.
  - Tenants that were refused, or that Ansible gave up because a host could not be reached, are in it too. What is known of them comes
    from the fact C(tenant_refusal) and from the registry; of the others M(frappeops.tenants.tenant_report) registered C(pipeline_report).
  - Nothing is printed for a single tenant that has its own report.
  - It sets the statistics C(tenants), as M(frappeops.tenants.tenant_report) does, for tenants without a report.
options:
  tenants:
    description: The inventory names of the tenants.
    type: list
    elements: str
    required: true
  result_file:
    description: A JSON file on the controller that gets the results of tenants without a report; the others' are in it already.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_report
    description: Prints the report of one tenant.
"""

EXAMPLES = r"""
- name: Sum up
  frappeops.tenants.tenant_summary:
    tenants: "{{ groups['tenants_chosen'] }}"
    result_file: results.json
"""

RETURN = r"""
summary:
  description: The printed lines.
  returned: success
  type: list
  elements: str
  sample:
    - "TENANT  RESULT  STATE   STEP  NEXT"
    - "acme    live    active  -     -"
results:
  description: The result of each tenant, in the given order.
  returned: success
  type: list
  elements: dict
  contains:
    tenant:
      description: The tenant's name.
      type: str
      returned: always
      sample: globex
    result:
      description:
        - V(live) when it was made or found right; V(failed) when a step failed; V(refused) when no step was begun; V(unfinished) when a host
          could not be reached.
      type: str
      returned: always
      sample: failed
    state:
      description: The state in the registry; null when it is not there.
      type: str
      returned: always
      sample: failed
    steps:
      description: The steps with state, seconds of making and of undoing, and error; empty when it is refused.
      type: list
      elements: dict
      returned: always
      sample: [{step: frappeops.tenants.dns, state: done, seconds: 0.41, undo_seconds: null, error: null}]
    taken_back:
      description: The steps that were undone, last first.
      type: list
      elements: str
      returned: always
      sample: [dns, reserve]
    left:
      description: The steps that could not be undone, and why.
      type: list
      elements: dict
      returned: always
      sample: [{step: site, error: the database server is away}]
    failure:
      description: The step and the reason in C(msg); empty when it is live.
      type: dict
      returned: always
      sample: {step: site, task: Make the site, msg: no disk, output_tail: ""}
    next:
      description: What to do next; empty when nothing is to do.
      type: str
      returned: always
      sample: run the same command again when this is mended
"""
