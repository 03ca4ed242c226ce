#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_diagnosis.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_diagnosis
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Name what keeps tenants from being made or from working
description:
  - Recognises in what checks complained of the ailments that are described in C(docs/doctor.md), by the same table that the summary of a
    failed provisioning uses, and prints cause, evidence and remedy of each. What is none of them is printed in its own words.
  - Fails when anything is wrong.
options:
  patients:
    description: Who was looked at.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What to call it, such as V(acme on bench1).
        type: str
        required: true
      complaints:
        description: What was found, each with C(where), C(problems), a list of texts, and C(output), the last lines of a tool's output.
        type: list
        elements: dict
        default: []
      restarted:
        description: The services that were restarted.
        type: list
        elements: str
        default: []
  output:
    description: What is printed.
    type: str
    choices: [table, json]
    default: table
  file:
    description: A file on the controller that gets the JSON.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
    details: The file is written in check mode too, since it only tells what was seen.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: Reports no change.
"""

EXAMPLES = r"""
- name: Name what is wrong
  frappeops.tenants.tenant_diagnosis:
    patients:
      - name: acme on bench1
        complaints:
          - where: site
            problems: ["/home/frappe/frappe-bench/sites has 12 MB free, a site needs 500."]
            output: ""
"""

RETURN = r"""
findings:
  description: What is wrong. C(ailment) is empty for what is none of the ten.
  returned: always
  type: list
  elements: dict
  sample:
    - patient: acme on bench1
      where: site
      problem: /home/frappe/frappe-bench/sites has 12 MB free, a site needs 500.
      ailment:
        number: 9
        name: disk_full
        title: a disk is full
        cause: A disk has no room, or less than a tenant needs.
        evidence: /home/frappe/frappe-bench/sites has 12 MB free, a site needs 500.
        remedy: Make room on that host (old backups, logs, archived sites), or make the disk larger.
        done: Looked at before anything is made.
told:
  description: The printed lines with C(level) and C(text), for the callback P(frappeops.tenants.run_log#callback).
  returned: always
  type: list
  elements: dict
  sample: [{level: ERROR, text: "acme on bench1: 1 thing is wrong"}]
"""
