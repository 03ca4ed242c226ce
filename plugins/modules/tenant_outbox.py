#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_outbox.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_outbox
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Let a mail go out once
description:
  - A mail that is wanted waits in the registry. It is claimed when it is written and about to be sent, and what came of it is noted
    afterwards. Of any number of runs one gets to send it, and a mail that was sent is not sent again.
  - Of a run that died between the claim and that note nobody can know whether it sent the mail. The mail is V(unsure) then, and waits
    for a person, who sends it with O(again). After a run that died before the claim it just waits.
  - The text of a mail is not kept.
options:
  mail:
    description: The mail's own name, the same for each attempt, such as its Message-ID.
    type: str
    required: true
  event:
    description:
      - V(wanted) lets the mail wait, unless it was sent or is not wanted, and tells whether it is to be written.
      - V(claimed) asks whether the mail may be sent now.
      - V(sent), V(failed) and V(unsure) tell what came of it. A mail that failed, or could not be written, waits again.
    type: str
    required: true
    choices: [wanted, claimed, sent, failed, unsure]
  tenant:
    description: The tenant whom the mail is about. Needed with O(event=wanted).
    type: str
  recipient:
    description: The address that it goes to. Needed with O(event=wanted).
    type: str
  new:
    description: With O(event=wanted), whether a mail that the registry has never heard of is to be sent.
    type: bool
    default: true
  again:
    description: With O(event=wanted), whether to send a mail that was sent before, or may have been.
    type: bool
    default: false
  error:
    description: With O(event=failed) and O(event=unsure), the reason.
    type: str
    default: ""
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
    details: Answers in check mode what it would answer, and notes nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: It is book-keeping and never reports a change.
"""

EXAMPLES = r"""
- name: See whether the mail is to be sent
  frappeops.tenants.tenant_outbox:
    mail: <welcome.5f2c91d04be7@example.com>
    event: wanted
    tenant: acme
    recipient: ada@acme.com
  register: welcome

- name: Take it, which one run does
  frappeops.tenants.tenant_outbox:
    mail: <welcome.5f2c91d04be7@example.com>
    event: claimed
  register: taken
  when: welcome.send

- name: Note that it was sent
  frappeops.tenants.tenant_outbox:
    mail: <welcome.5f2c91d04be7@example.com>
    event: sent
  when: taken.send | default(false)
"""

RETURN = r"""
send:
  description: Whether this run is to write the mail, with O(event=wanted), or to send it now and then to tell what came of it.
  returned: success
  type: bool
  sample: true
state:
  description:
    - V(waiting) to be sent, V(sending) by another run, V(sent), V(unsure), or V(unknown) without O(new). With O(event=claimed) the
      state in which the mail was found, otherwise the one that it has now.
  returned: success
  type: str
  sample: waiting
"""
