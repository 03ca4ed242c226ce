#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_healed.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_healed
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Print what came of provisionings that were unfinished
description:
  - Prints a table, a line for each provisioning that was unfinished, with what was done, the tenant's state now, and what is left and why.
  - A mail of which nobody knows whether it was sent has a line too, for a person to look after it. It fails nothing.
  - It fails when something is left. The rows are also set as a custom statistic C(healed) for launchers such as AWX.
options:
  found:
    description: What was unfinished before, as M(frappeops.tenants.tenant_journal_info) returned it.
    type: list
    elements: dict
    required: true
  tenant:
    description: Tell of the mails of this tenant only.
    type: str
    default: ""
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_journal_info
    description: Finds what is unfinished.
"""

EXAMPLES = r"""
- name: Print what was healed, what is left and why
  frappeops.tenants.tenant_healed:
    found: "{{ tenant_unfinished.unfinished }}"
"""

RETURN = r"""
rows:
  description: What came of each.
  returned: always
  type: list
  elements: dict
  sample:
    - {tenant: acme, was: cut off in site, done: resumed, now: active, left: ""}
left:
  description: The tenants of which something is left.
  returned: always
  type: list
  elements: str
  sample: []
lines:
  description: The printed lines.
  returned: always
  type: list
  elements: str
  sample:
    - TENANT  WAS              DONE     NOW     LEFT
    - acme    cut off in site  resumed  active
told:
  description: The printed lines with C(level) and C(text), for the callback P(frappeops.tenants.run_log#callback).
  returned: always
  type: list
  elements: dict
  sample: [{level: INFO, text: acme    cut off in site  resumed  active}]
"""
