#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_webhooks.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_webhooks
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Tell webhooks of what became of tenants
description:
  - Tells each webhook of every change of a tenant's state and plan that it has not taken yet, in their order, one request each.
  - A change is told at least once. One that is not taken is told again by the next run, and those after it wait, so a receiver
    never hears of a later change first. The C(webhook-id) of a request is the same each time, so that receivers know repetitions.
  - Only answers with a 2xx status count as taken. Others, and a receiver that is away, are warnings and never fail the task.
  - Requests are signed as L(Standard Webhooks,https://www.standardwebhooks.com) describe. The body is JSON with C(type), such as
    V(tenant.active), C(timestamp) and C(data), which holds the tenant's C(name), C(plan), C(bench), C(site), C(frontend_url),
    C(backend_url), C(admin_email), and C(details) of the change.
options:
  webhooks:
    description: The receivers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Its name in messages, and in the registry, which keeps by it what was told.
        type: str
        required: true
      url:
        description: Where it listens. V(http) is only taken for the controller itself.
        type: str
        required: true
      secret:
        description: The key of the signatures, V(whsec_) and 24 to 64 random bytes in Base64.
        type: str
        required: true
      ca_file:
        description: Trust the CA certificates of this file, and only these.
        type: path
      timeout:
        description: Seconds to wait for connecting, and for the answer.
        type: float
        default: 10
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: partial
    details: In check mode the options are checked, and nobody is told.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: What was taken is not told again.
"""

EXAMPLES = r"""
- name: Tell the frontend's database
  frappeops.tenants.tenant_webhooks:
    webhooks:
      - name: frontend
        url: https://app.example.com/hooks/tenants
        secret: "{{ vault_webhook_secret }}"
"""

RETURN = r"""
webhooks:
  description: Each webhook with its C(name), how many changes it was C(told) and took, and the C(error) that ended it.
  returned: success
  type: list
  elements: dict
  sample: [{name: frontend, told: 3, error: null}]
"""
