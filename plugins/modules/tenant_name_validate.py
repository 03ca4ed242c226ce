#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_name_validate.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_name_validate
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Check tenant names and make their identities
description:
  - Checks each name against the rules for tenant names and returns for each good one its identity,
    the one place where host names, the site name and URLs are made.
  - A name has 3 to 63 characters of C(a-z), C(0-9) and C(-), with no hyphen at either end and none in third and
    fourth place together (so no V(xn--)). It is not reserved, every name made from it fits the DNS, and no host
    of it can be the host of another tenant.
  - Reserved are the names www api auth admin app blog mail ftp localhost, and the names by which mail, DNS and
    network clients look up services in any domain, such as V(autodiscover), V(mta-sts), V(ns1) and V(wpad).
  - All names are judged before the task fails, so one run tells everything that is to be mended.
  - The work is done in the controller; no host is contacted.
options:
  names:
    description:
      - The names to check, a single one or a list.
      - Values that are not texts are refused, so that a YAML number such as V(0700) is not taken for a name.
    type: list
    elements: raw
    required: true
    aliases: [name]
  domain:
    description: The domain below which the tenants live, such as V(example.com), in lower case.
    type: str
    required: true
  hosts:
    description: How the two host names of a tenant are made. Each pattern holds C({tenant}) once and may hold C({domain}).
    type: dict
    suboptions:
      frontend:
        description: The host that people open.
        type: str
        default: "{tenant}.{domain}"
      backend:
        description: The host of the Frappe site, which is also the site's name.
        type: str
        default: "api.{tenant}.{domain}"
  https_port:
    description: The port in the URLs; left out of them when it is V(443).
    type: int
    default: 443
  reserved:
    description: Names that are refused beside the built-in ones.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
"""

EXAMPLES = r"""
- name: Check one name
  frappeops.tenants.tenant_name_validate:
    name: acme
    domain: example.com
  register: checked

- name: Check many names, with hosts that one wildcard certificate covers
  frappeops.tenants.tenant_name_validate:
    names: [acme, globex, initech]
    domain: example.com
    hosts:
      frontend: "{tenant}.{domain}"
      backend: "{tenant}-api.{domain}"
    reserved: [shop]
"""

RETURN = r"""
identities:
  description: An identity for each good name, in the given order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The tenant's name.
      type: str
      returned: always
      sample: acme
    domain:
      description: The domain below which it lives.
      type: str
      returned: always
      sample: example.com
    frontend_host:
      description: The host that people open.
      type: str
      returned: always
      sample: acme.example.com
    backend_host:
      description: The host of the Frappe site.
      type: str
      returned: always
      sample: api.acme.example.com
    site:
      description: The name of the Frappe site.
      type: str
      returned: always
      sample: api.acme.example.com
    frontend_url:
      description: The frontend's address.
      type: str
      returned: always
      sample: https://acme.example.com
    backend_url:
      description: The backend's address.
      type: str
      returned: always
      sample: https://api.acme.example.com
problems:
  description: Every broken rule.
  returned: when a name is refused
  type: list
  elements: dict
  contains:
    field:
      description: The input's name.
      type: str
      returned: always
      sample: tenant
    value:
      description: The refused value.
      type: str
      returned: always
      sample: Acme Inc
    rule:
      description:
        - The rule that is broken.
        - One of V(type), V(too_short), V(too_long), V(characters), V(hyphen_at_end), V(punycode), V(reserved_label),
          V(reserved), V(derived_length), V(collision) and V(duplicate).
      type: str
      returned: always
      sample: characters
    message:
      description: What to tell the person, with an example of a name that would do.
      type: str
      returned: always
      sample: "tenant: 'Acme Inc' is refused: only a-z, 0-9 and - are allowed, found ' ' 'A' 'I'. Example: acme-inc."
"""
