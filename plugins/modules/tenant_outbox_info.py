#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_outbox_info.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_outbox_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Read the mails that are not surely sent
description:
  - Returns the mails that failed and wait for another attempt, and those of which nobody knows whether they were sent.
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_outbox
    description: Claims a mail, and notes what came of it.
"""

EXAMPLES = r"""
- name: Read which mails are not surely sent
  frappeops.tenants.tenant_outbox_info:
  register: outbox
"""

RETURN = r"""
mails:
  description:
    - The mails, the one that waits longest first. Each has C(id), C(tenant), C(recipient), C(state), which is V(waiting) or V(unsure),
      C(attempts), C(error), C(run) and C(changed_at).
  returned: success
  type: list
  elements: dict
  sample:
    - {id: <welcome.5f2c91d04be7@example.com>, tenant: acme, recipient: ada@acme.com, state: waiting, attempts: 1}
"""
