#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/dns_record_table.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_record_table
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Print DNS records for a person who makes them by hand
description:
  - Prints the records as a table, as the forms of providers want them, and as lines of a zone file.
options:
  title:
    description: The line above the table.
    type: str
    required: true
  ttl:
    description: Seconds for which others may keep the records.
    type: int
    default: 300
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
  - frappeops.tenants.dns
seealso:
  - module: frappeops.tenants.dns_propagation
    description: Waits until the records are there.
"""

EXAMPLES = r"""
- name: Show which records are to be made
  frappeops.tenants.dns_record_table:
    title: "Make these records for acme:"
    records:
      - {name: acme.example.com, type: A, value: [192.0.2.10]}
      - {name: api.acme.example.com, type: A, value: [192.0.2.10]}
"""

RETURN = r"""
lines:
  description: The printed lines.
  returned: success
  type: list
  elements: str
  sample:
    - "Make these records for acme:"
    - ""
    - TYPE  NAME                  VALUE       TTL
    - A     acme.example.com      192.0.2.10  300
    - A     api.acme.example.com  192.0.2.10  300
    - ""
    - "As lines of a zone file:"
    - ""
    - acme.example.com. 300 IN A 192.0.2.10
    - api.acme.example.com. 300 IN A 192.0.2.10
"""
