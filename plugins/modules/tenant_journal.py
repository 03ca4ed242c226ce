#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_journal.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_journal
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Note what a provisioning is about to make
description:
  - The journal of a provisioning, kept in the registry. Whatever a step makes is noted before it is made, so that it can be
    taken back after any failure, by its record and never by a guessed name, even when the run itself was killed.
  - The events of a run are O(event=opened), then for each step O(event=begun) and O(event=recorded), and at last O(event=closed). The
    event after a step O(completes) it. After a failure they are O(event=failed), for a tenant that is to be taken away O(event=retired), then for
    each step O(event=undone) or O(event=left), then O(event=closed). O(event=released) gives up and leaves all to the next run.
  - O(event=opened) takes the lease on the name. Of several runs for one name one goes on, the others are told who holds it. The
    lease of a run that was killed is taken over at once when it ran on this controller, else two minutes after its last sign of
    life, or when O(take_over) names that run. While a run lives, a small process beside it renews its leases.
  - Book-keeping is no change of the tenant, so RV(ignore:changed) is always false.
options:
  tenant:
    description: The tenant's name.
    type: str
    required: true
  event:
    description: What happened.
    type: str
    required: true
    choices: [opened, begun, recorded, failed, retired, undone, left, closed, released]
  step:
    description: The step that it happened in. Needed for V(begun), V(recorded), V(undone) and V(left).
    type: str
  completes:
    description: For O(event=begun) and O(event=closed), the step that this run has brought to its end.
    type: str
  resources:
    description: What the step is about to make, for O(event=recorded). What is recorded already stays as it is.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: The kind of the resource, such as V(dns_record).
        type: str
        required: true
      name:
        description: What identifies it.
        type: str
        required: true
      data:
        description: What undo needs to know. It must hold no secret.
        type: dict
        default: {}
  error:
    description: What went wrong, for O(event=failed), O(event=left) and O(event=released). What stands where secrets stand is masked.
    type: str
    default: ""
  output_tail:
    description:
      - What the failing tool printed, for O(event=failed) and O(event=left). Its last lines are kept in the registry's events,
        masked as O(error) is.
    type: str
    default: ""
  keep:
    description:
      - For O(event=failed), whether what was made is not undone but kept, for the next run to go on with, as after a host could not be
        reached. Where nothing was recorded yet there is nothing to keep.
    type: bool
    default: false
  on_purpose:
    description:
      - With O(keep), that it is kept because somebody wants to look at it as it is. M(frappeops.tenants.tenant_journal_info) tells it so
        until it is complete or taken back.
    type: bool
    default: false
  take_over:
    description:
      - For O(event=opened), the run that holds the lease and that somebody knows to be dead, as the refusal names it. Any other run
        that holds the lease is left alone.
    type: str
    default: ""
  wait:
    description:
      - For how many seconds V(opened) waits for another run that works on the tenant.
      - After that, and with V(0) at once, it fails and says which run that is and since when.
    type: int
    default: 0
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
attributes:
  check_mode:
    details:
      - In check mode nothing is written. O(event=opened) tells how a run would go on, O(event=failed) and O(event=retired) what
        would be undone.
"""

EXAMPLES = r"""
- name: Open the journal
  frappeops.tenants.tenant_journal:
    tenant: acme
    event: opened
  register: opened

- name: Record what will be made
  frappeops.tenants.tenant_journal:
    tenant: acme
    event: recorded
    step: frappeops.tenants.dns
    resources:
      - kind: dns_record
        name: acme.example.com A 192.0.2.10
        data: {name: acme.example.com, type: A, value: 192.0.2.10}
"""

RETURN = r"""
provisioning:
  description: The provisioning's id, the owner mark of all that it makes. Empty in check mode when there is none yet.
  returned: when O(event=opened)
  type: str
  sample: 4f1c9a7be2d85310
tenant:
  description: The tenant's row in the registry, when the provisioning has claimed it; else null.
  returned: when O(event=opened)
  type: dict
  sample: {name: acme, state: provisioning, bench: bench1}
mode:
  description:
    - How to go on. V(fresh) for a new provisioning, V(resume) for one that was cut off, V(rollback) for an undo that was cut off,
      V(converge) for a tenant that is complete.
  returned: when O(event=opened)
  type: str
  sample: fresh
step:
  description: The step that begins.
  returned: when O(event=begun)
  type: str
  sample: frappeops.tenants.dns
resources:
  description: What earlier runs of this provisioning recorded in the step, the latest first. With it a step knows its own work again.
  returned: when O(event=begun)
  type: list
  elements: dict
  sample:
    - {kind: dns_record, name: acme.example.com A 192.0.2.10, data: {}}
done:
  description: The steps that are complete.
  returned: when O(event=opened)
  type: list
  elements: str
  sample: [frappeops.tenants.reserve, frappeops.tenants.preflight]
new:
  description: How many of the resources were not recorded before.
  returned: when O(event=recorded)
  type: int
  sample: 2
held:
  description: Whether this run holds the lease. Without it nothing may be undone. For O(event=released), whether it held it.
  returned: when O(event=failed), O(event=retired) or O(event=released)
  type: bool
  sample: true
kept:
  description: Whether what was made is kept for the next run to go on with, see O(keep).
  returned: when O(event=failed) or O(event=retired)
  type: bool
  sample: false
undo:
  description:
    - The steps to undo, last first, each with its resources, last first.
    - After a failure it is empty when this run does not hold the lease or when the tenant was complete before, since a complete
      tenant is never undone by a later failure.
  returned: when O(event=failed) or O(event=retired)
  type: list
  elements: dict
  sample:
    - step: frappeops.tenants.dns
      resources:
        - {kind: dns_record, name: acme.example.com A 192.0.2.10, data: {}}
state:
  description: The provisioning's state, V(done), V(undone), V(undoing) when something is left, or V(running) when it was released.
  returned: when O(event=closed), or O(event=released) and there is one
  type: str
  sample: done
error:
  description: Why it failed.
  returned: when O(event=closed), or O(event=released) and there is one
  type: str
  sample: "certificate: the CA can't be reached"
steps:
  description: The steps with their state, the seconds that it took to make and to undo them, and why something is left.
  returned: when O(event=closed), or O(event=released) and there is one
  type: list
  elements: dict
  sample:
    - {step: frappeops.tenants.dns, state: done, seconds: 0.41, undo_seconds: null, error: null}
"""
