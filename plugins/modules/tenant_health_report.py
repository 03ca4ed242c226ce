#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_health_report.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_health_report
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Print what was seen of tenants' health
description:
  - Prints the checks of M(frappeops.tenants.tenant_health) for people or as JSON, writes them into files, and fails by the worst.
options:
  tenants:
    description: What was seen, each with C(name) and C(checks). A tenant that is there more than once was looked at more than once.
    type: list
    elements: dict
    required: true
  output:
    description: What is printed.
    type: str
    choices: [table, json]
    default: table
  file:
    description: A file on the controller that gets the JSON. A missing folder is made.
    type: path
  junit_file:
    description: A file on the controller that gets JUnit's XML, a suite per tenant and a case per check. So is its folder.
    type: path
  fail_on:
    description: From which status of a tenant on the task fails.
    type: str
    choices: [fail, warn, never]
    default: fail
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
    details: The files are written in check mode too, since they only tell what was seen.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: Reports no change.
"""

EXAMPLES = r"""
- name: Tell how the tenants are
  frappeops.tenants.tenant_health_report:
    tenants: "{{ health.tenants }}"
    junit_file: health.xml
"""

RETURN = r"""
status:
  description: The worst of all tenants, V(PASS), V(WARN) or V(FAIL).
  returned: always
  type: str
  sample: WARN
tenants:
  description: Each tenant with C(name), C(status) and C(checks).
  returned: always
  type: list
  elements: dict
told:
  description: The printed lines with C(level) and C(text), for the callback P(frappeops.tenants.run_log#callback).
  returned: always
  type: list
  elements: dict
  sample: [{level: WARNING, text: "acme: WARN"}]
"""
