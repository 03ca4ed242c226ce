#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_event.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_event
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Note in the registry that something was done to a tenant
description:
  - Adds an event to the tenant's history, with the time, the person and the run; see C(playbooks/history.yml).
  - What the other modules do is noted by themselves. This is for what an operator does beside them.
options:
  tenant:
    description: The tenant, who must be in the registry.
    type: str
    required: true
  event:
    description: What happened, in a few words.
    type: str
    required: true
  data:
    description: What else is worth keeping. No secrets.
    type: dict
    default: {}
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
    details: Notes nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: It is book-keeping and never reports a change. Each call adds an event.
seealso:
  - module: frappeops.tenants.tenant_events_info
    description: Reads the history.
"""

EXAMPLES = r"""
- name: Note that the tenant's data were exported
  frappeops.tenants.tenant_event:
    tenant: acme
    event: data exported
    data:
      ticket: "4711"
"""

RETURN = r"""
event:
  description: What was noted.
  returned: success
  type: str
  sample: data exported
"""
