#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/certificate_ledger.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_ledger
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Keep count of what is asked of a certificate authority
description:
  - Notes orders of certificates in the registry and says when an authority would refuse another one, before it is asked.
  - Counts as Let's Encrypt does, by buckets that fill again evenly, per authority. Renewals of the same names are not counted against
    the domain.
  - An order counts from the moment that it is noted, so that runs at the same time do not order too much together.
  - Never fails because of a limit; RV(refusal) tells.
options:
  event:
    description:
      - V(asked) only asks whether an order would be refused.
      - V(ordered) asks, and notes the order if it would not.
      - V(failed) corrects O(order), from which no certificate came.
      - V(withdrawn) removes O(order), which was not placed since nothing was needed.
    type: str
    choices: [asked, ordered, failed, withdrawn]
    required: true
  acme_directory:
    description: The directory URL of the authority. By default Let's Encrypt.
    type: str
    default: ""
  staging:
    description: Whether Let's Encrypt's staging servers are meant. Cannot be combined with O(acme_directory).
    type: bool
    default: false
  limits:
    description:
      - The authority's limits, each V(0) for none.
      - By default those of Let's Encrypt for Let's Encrypt and its staging servers, and none for others.
    type: dict
    default: {}
    suboptions:
      domain_week:
        description: Certificates for new sets of names, per registered domain and week.
        type: int
      names_week:
        description: Certificates for exactly the same names, per week.
        type: int
      failures_hour:
        description: Failed validations, per name and hour.
        type: int
      orders_3_hours:
        description: Orders, whatever comes of them, per account and 3 hours.
        type: int
  account:
    description: Whose account with the authority it is, such as the edge, since each edge's certbot has its own.
    type: str
    required: true
  names:
    description: The names of the certificate. Needed for V(asked) and V(ordered).
    type: list
    elements: str
    default: []
  tenant:
    description: The tenant that it is for, empty when it is for all.
    type: str
    default: ""
  order:
    description: The order, for V(failed) and V(withdrawn).
    type: str
    default: ""
  failed_names:
    description: The names whose validation failed, for V(failed).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: The ledger is a note of what happens, not a state that is wanted; it never counts as a change.
  idempotent:
    support: none
    details: Each order is an order of its own.
requirements:
  - publicsuffixlist, on the controller
"""

EXAMPLES = r"""
- name: Order a certificate, if the authority will have it
  frappeops.tenants.certificate_ledger:
    event: ordered
    account: edge1
    names: [acme.example.com, api.acme.example.com]
    tenant: acme
  register: noted

- name: Correct that when nothing came of it
  frappeops.tenants.certificate_ledger:
    event: failed
    account: edge1
    order: "{{ noted.order }}"
    failed_names: [api.acme.example.com]
"""

RETURN = r"""
refusal:
  description: Why the authority would refuse, empty when it would not.
  returned: when O(event) is V(asked) or V(ordered)
  type: str
  sample: 50 certificates below example.com were issued within a week, and https://acme-v02.api.letsencrypt.org/directory gives
    no more before 2026-11-24 02:20 UTC.
free_at:
  description: When it will issue again, empty for now.
  returned: when O(event) is V(asked) or V(ordered)
  type: str
  sample: "2026-11-24T02:20:11.000+00:00"
order:
  description: The id of the order that was noted, empty when none was.
  returned: when O(event) is V(asked) or V(ordered)
  type: str
  sample: 5d41402abc4b2a76b9719d911017c592
"""
