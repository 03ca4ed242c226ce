#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_events_info.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_events_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Read who did what to which tenant
description:
  - Returns the registry's events, to which rows are only ever added. They tell who did what to which tenant, when, in which run.
options:
  tenant:
    description: Only the events of this tenant; of all when it is empty.
    type: str
    default: ""
  since:
    description: Only events from this moment on, in UTC, written as V(2026-11-24) or V(2026-11-24T09:30).
    type: str
    default: ""
  run:
    description: Only the events of this run, written as RV(events) has it.
    type: str
    default: ""
  last:
    description: Only so many, the latest; all when it is V(0).
    type: int
    default: 0
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_table
    description: Prints them.
"""

EXAMPLES = r"""
- name: Read what happened to a tenant
  frappeops.tenants.tenant_events_info:
    tenant: acme
    since: "2026-11-01"
  register: history
"""

RETURN = r"""
events:
  description: The events, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    at:
      description: When, in UTC.
      returned: always
      type: str
      sample: "2026-11-24T09:30:00.000+00:00"
    tenant:
      description: The tenant's name.
      returned: always
      type: str
      sample: acme
    actor:
      description: Who started the run.
      returned: always
      type: str
      sample: ada
    run:
      description: The run, by controller, process and its start.
      returned: always
      type: str
      sample: control1:4711:1234567
    event:
      description: What happened.
      returned: always
      type: str
      sample: failed
    data:
      description:
        - More about it, such as C(step), C(seconds) and C(error), and in C(output_tail) the last lines that a failing tool printed.
        - Secrets are masked.
      returned: always
      type: dict
      sample: {error: "site: no space left on device", output_tail: "OSError: [Errno 28] No space left on device"}
    told:
      description: The same in one line.
      returned: always
      type: str
      sample: "site: no space left on device"
"""
