#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/cloudflare_records_info.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudflare_records_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: List all tenants' DNS records at Cloudflare
description:
  - Lists the records of a zone that bear a comment of M(frappeops.tenants.cloudflare_records), whoever their owner is, in one
    request per thousand of them.
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
  - frappeops.tenants.cloudflare
requirements:
  - cloudflare >= 5.0
seealso:
  - module: frappeops.tenants.cloudflare_records
    description: Makes and removes them.
  - module: frappeops.tenants.dns_records_info
    description: Asks the zone's servers.
"""

EXAMPLES = r"""
- name: List all tenants' records
  frappeops.tenants.cloudflare_records_info:
    zone: example.com
    api_token: "{{ cloudflare_token }}"
  register: ours
"""

RETURN = r"""
records:
  description: The record sets, sorted by name, each with C(name), C(type), C(value) and C(owner).
  returned: success
  type: list
  elements: dict
  sample:
    - {name: acme.example.com, type: A, value: [192.0.2.10], owner: 5f0c7a91d2e34b68}
"""
