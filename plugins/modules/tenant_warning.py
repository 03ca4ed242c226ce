#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_warning.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_warning
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Warn of something that does not fail a tenant
description:
  - Prints warnings. The task file C(warn.yml) of the role P(frappeops.tenants.tenant#role) also keeps them in C(tenant_warnings), for
    the tenant's summary and result, where M(frappeops.tenants.tenant_report) tells them again.
  - What stands where secrets stand is masked.
options:
  texts:
    description: The warnings, a sentence or two each. One that is in C(tenant_warnings) already is not told again.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
"""

EXAMPLES = r"""
- name: Tell that a step of ours left something to do
  ansible.builtin.include_role:
    name: frappeops.tenants.tenant
    tasks_from: warn.yml
  vars:
    tenant_new_warnings: ["acme has no logo yet."]

- name: Only print it
  frappeops.tenants.tenant_warning:
    texts: ["acme has no logo yet."]
"""

RETURN = r"""
warned:
  description: All warnings of the tenant so far, those of C(tenant_warnings) and the new ones.
  returned: success
  type: list
  elements: str
  sample: [acme has no logo yet.]
told:
  description: The printed lines with C(level) and C(text), for the callback P(frappeops.tenants.run_log#callback).
  returned: success
  type: list
  elements: dict
  sample: [{level: WARNING, text: acme has no logo yet.}]
"""
