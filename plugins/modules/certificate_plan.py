#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/certificate_plan.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_plan
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Say which certificate a tenant gets by the chosen plan
description:
  - Makes the names of the tenant's certificate, and refuses a plan that cannot cover the tenant's hosts, with what would.
  - Refuses DNS-01 where its record would shadow the wildcard record that answers for the tenants.
  - Asks nobody. The work is done in the controller; no host is contacted.
options:
  identity:
    description: The identity that M(frappeops.tenants.tenant_name_validate) made.
    type: dict
    required: true
  plan:
    description:
      - How tenants get their certificates.
      - V(per_tenant) is a certificate of the tenant's own, V(shared) one wildcard certificate for all tenants, V(existing) are files
        of the operator, V(none) is HTTP only.
    type: str
    choices: [per_tenant, shared, existing, none]
    required: true
  hosts:
    description: The patterns C(frontend) and C(backend) of the tenants' hosts, as M(frappeops.tenants.tenant_name_validate) takes them.
    type: dict
    default: {}
  challenge:
    description: How the names are proven to the authority.
    type: str
    choices: [http, dns]
    default: http
  wildcard:
    description: Whether a certificate of the tenant's own is for all hosts below its frontend host too.
    type: bool
    default: false
  published_by:
    description: The DNS provider that publishes the tenants' records.
    type: str
    default: ""
  proven_by:
    description: The DNS provider that takes the records of DNS-01.
    type: str
    default: ""
  http_port:
    description: The port of the URLs of a tenant without a certificate.
    type: int
    default: 80
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
"""

EXAMPLES = r"""
- name: See which certificate covers the tenant
  frappeops.tenants.certificate_plan:
    identity: "{{ tenant_identity }}"
    plan: shared
    hosts: {frontend: "{tenant}.{domain}", backend: "{tenant}-api.{domain}"}
    challenge: dns
    proven_by: rfc2136
  register: wanted
"""

RETURN = r"""
names:
  description: The names that the certificate must be for.
  returned: success
  type: list
  elements: str
  sample: [acme.example.com, api.acme.example.com]
https:
  description: C(frontend_url) and C(backend_url) of the tenant with a certificate.
  returned: success
  type: dict
  sample: {frontend_url: "https://acme.example.com", backend_url: "https://api.acme.example.com"}
http:
  description: C(frontend_url) and C(backend_url) of the tenant without one.
  returned: success
  type: dict
  sample: {frontend_url: "http://acme.example.com", backend_url: "http://api.acme.example.com"}
"""
