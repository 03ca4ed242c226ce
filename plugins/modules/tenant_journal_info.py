#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_journal_info.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_journal_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Find provisionings that are neither complete nor gone
description:
  - Returns what runs left that were killed or lost a host, and what could not be taken back. The playbook C(heal) finishes it.
  - It takes a few queries, however many tenants there are.
options:
  names:
    description: Only these tenants; all when it is left out.
    type: list
    elements: str
    aliases: [name]
  plans:
    description: The plans that there are. A tenant of another plan can't be made, so it is taken back.
    type: list
    elements: str
    default: []
  how:
    description:
      - What shall be done with what was cut off while it was made. When it is left out, RV(unfinished[].way) says V(resume) where the
        whole order is in the registry, else V(rollback).
    type: str
    choices: [resume, rollback]
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_journal
    description: Writes the journal.
"""

EXAMPLES = r"""
- name: Find what is unfinished
  frappeops.tenants.tenant_journal_info:
  register: found

- name: Tell what nobody works on
  ansible.builtin.debug:
    msg: "{{ found.unfinished | rejectattr('holder') | map(attribute='tenant') }}"
"""

RETURN = r"""
unfinished:
  description: The unfinished provisionings, sorted by tenant.
  returned: success
  type: list
  elements: dict
  contains:
    tenant:
      description: The tenant's name.
      returned: always
      type: str
      sample: acme
    provisioning:
      description: The provisioning's id, the owner mark of all that it made.
      returned: always
      type: str
      sample: 4f1c9a7be2d85310
    state:
      description: V(running) when it was cut off while it was made, V(undoing) while it was taken back, V(kept) when it failed and was kept to be looked at.
      returned: always
      type: str
      sample: running
    since:
      description: When it began.
      returned: always
      type: str
      sample: "2026-11-24T09:30:00.000+00:00"
    error:
      description: Why it is taken back.
      returned: always
      type: str
      sample: null
    step:
      description: The first step that is not complete.
      returned: always
      type: str
      sample: frappeops.tenants.site
    left:
      description: The steps that could not be undone, each with C(step) and C(error).
      returned: always
      type: list
      elements: dict
      sample: []
    record:
      description: The tenant's row in the registry; empty when the name was not claimed yet.
      returned: always
      type: dict
      sample: {name: acme, state: provisioning}
    missing:
      description: What the registry does not know of the order. A provisioning can only go on without its command when it is empty.
      returned: always
      type: list
      elements: str
      sample: []
    way:
      description:
        - What to do with it. V(resume) or V(rollback); V(live) when a run is at work on it; V(kept) when it was kept to be looked at
          and O(names) does not name it; V(stay) when O(how=resume) is wanted
          and the registry does not know the whole order.
      returned: always
      type: str
      sample: resume
    holder:
      description: The run that is at work, with C(controller), C(pid), C(since) and C(run); empty when nobody is.
      returned: always
      type: dict
      sample: null
"""
