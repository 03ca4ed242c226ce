#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/dns_caa.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_caa
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Check that CAA records let an authority issue certificates
description:
  - Finds for each name the CAA records that count for it, as RFC 8659 has it, and fails when they forbid the authority to issue.
  - The records of the closest name count, from the name itself upwards. For a wildcard name C(issuewild) counts before C(issue).
  - A record that allows other challenges only (C(validationmethods), RFC 8657) does not allow. One that allows certain accounts only
    (C(accounturi)) does, since the account is not known here; RV(policies) tells them.
  - Names within the zone of O(domain) are asked of its own servers, names above it of the resolver. What they do not tell forbids
    nothing.
options:
  names:
    description: The names of the certificate, such as V(acme.example.com) or V(*.acme.example.com).
    type: list
    elements: str
    required: true
  issuer:
    description: The domain by which CAA records name the authority, such as V(letsencrypt.org).
    type: str
    required: true
  challenge:
    description: How the names are proven to the authority. When not given, the records may name any challenge.
    type: str
    choices: [http, dns]
  domain:
    description:
      - A name above all names that exists already, usually the domain of the tenants.
      - The zone is sought from here upwards.
    type: str
    required: true
  resolvers:
    description: Resolvers, each as C(ADDRESS) or C(ADDRESS#PORT). When empty, those of the system.
    type: list
    elements: str
    default: []
  port:
    description: The port of the authoritative servers, and of resolvers that have no port of their own.
    type: int
    default: 53
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
requirements:
  - dnspython >= 2.6
seealso:
  - module: frappeops.tenants.certbot_certificate
    description: Obtains the certificate.
"""

EXAMPLES = r"""
- name: See that Let's Encrypt may issue for the tenant's names
  frappeops.tenants.dns_caa:
    domain: example.com
    names: [acme.example.com, api.acme.example.com]
    issuer: letsencrypt.org
    challenge: http
"""

RETURN = r"""
policies:
  description:
    - The CAA records that count, and the name at which they stand. Names without any are left out.
    - In C(accounts) the accounts at the authority for which alone they allow it; empty for all, and missing where it is forbidden.
  returned: success, and when the authority is forbidden
  type: list
  elements: dict
  sample: [{name: acme.example.com, at: example.com, records: ['0 issue "letsencrypt.org"'], accounts: []}]
"""
