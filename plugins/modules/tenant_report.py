#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_report.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_report
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Print what came of a tenant
description:
  - Prints a few aligned lines for the person at the terminal, URLs, certificate, the time of each step and a curl line to try
    for a tenant that is live; what failed, with the last lines of the tool's own output, what was taken back and how long that
    took, what is left and what to do next for one that is not.
  - A failure that is one or more of the ailments of C(docs/doctor.md) is told with their causes and remedies, in C(failure.ailments)
    for programs.
  - What stands in messages and output where secrets stand is masked.
  - The same is returned for programs, set as a custom statistic C(tenants) for launchers such as AWX, and written into a file
    when one is named.
options:
  identity:
    description: The tenant's identity, as M(frappeops.tenants.tenant_name_validate) made it.
    type: dict
    required: true
  record:
    description: The tenant's row in the registry; empty when there is none.
    type: dict
    required: true
  ended:
    description:
      - How this run's work on the tenant ended. V(live); V(failed), and what was made is taken back; V(taken_back) as it was asked for;
        V(unfinished), and the next run goes on with it.
    type: str
    required: true
    choices: [live, failed, taken_back, unfinished]
  mode:
    description: How the run went on, as M(frappeops.tenants.tenant_journal) told it.
    type: str
    required: true
    choices: [fresh, resume, rollback, converge]
  steps:
    description: The steps with state, seconds of making and of undoing, and error, as M(frappeops.tenants.tenant_journal) returns them at the end.
    type: list
    elements: dict
    required: true
  certificate:
    description: The tenant's certificate with C(issuer), C(days_left) and C(not_after); empty without one.
    type: dict
    default: {}
  password_login:
    description: Whether people sign in by password.
    type: bool
    default: false
  curl_ca_file:
    description: A CA file for the curl line.
    type: str
    default: ""
  curl_address:
    description: An address for the curl line, where the tenant's name is not public.
    type: str
    default: ""
  failure:
    description: What failed, with C(step), C(task), C(msg) and C(output_tail), and C(problems) when several things were wrong; empty when nothing failed.
    type: dict
    default: {}
  warnings:
    description: What did not fail the tenant and somebody should know, as M(frappeops.tenants.tenant_warning) keeps it.
    type: list
    elements: str
    default: []
  dashboard_path:
    description: The path at the frontend where its dashboard is.
    type: str
    default: /dashboard
  result_file:
    description:
      - A JSON file on the controller that gets RV(result) under the tenant's name, beside those of other tenants.
      - It is written in check mode too.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
"""

EXAMPLES = r"""
- name: Tell what was made
  frappeops.tenants.tenant_report:
    identity: "{{ tenant_identity }}"
    record: "{{ tenant_record }}"
    ended: live
    mode: fresh
    steps: "{{ pipeline_journal.steps }}"
    certificate: "{{ certificate_served | default({}) }}"
"""

RETURN = r"""
summary:
  description: The printed lines.
  returned: success
  type: list
  elements: str
  sample:
    - acme is active
    - "  frontend       https://acme.example.com"
result:
  description: The same for programs. C(certificate.not_after) is when the certificate expires.
  returned: success
  type: dict
  sample:
    tenant: acme
    result: live
    state: active
    mode: fresh
    check_mode: false
    frontend_url: https://acme.example.com
    backend_url: https://api.acme.example.com
    dashboard_url: https://acme.example.com/dashboard
    admin_email: ada@acme.com
    plan: starter
    bench: bench1
    site: api.acme.example.com
    certificate: {issuer: R11, days_left: 89, not_after: "2027-02-21T10:00:00Z"}
    steps: [{step: frappeops.tenants.dns, state: done, seconds: 0.41, undo_seconds: null, error: null}]
    warnings: []
    taken_back: []
    left: []
    failure: {}
    next: ""
"""
