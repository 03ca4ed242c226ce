#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/certificate_table.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_table
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Print certificates as a table
description:
  - Prints the certificates of one or several edges for the person at the terminal, those that end first at the top; or as JSON.
options:
  certificates:
    description: The certificates, as M(frappeops.tenants.certbot_certificate_info) returns them, each with C(edge), the host that keeps it.
    type: list
    elements: dict
    required: true
  output:
    description: How to print them.
    type: str
    choices: [table, json]
    default: table
  file:
    description:
      - A file on the controller that gets them as JSON, whatever is printed. Only its owner can read it.
      - It is written in check mode too.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.certbot_certificate_info
    description: Lists the certificates of one host.
"""

EXAMPLES = r"""
- name: Print the certificates of the edge
  frappeops.tenants.certificate_table:
    certificates:
      - edge: edge1
        lineage: acme.example.com
        ours: true
        due: false
        days_left: 61
        not_after: "2027-01-23T19:36:45Z"
        issuer: Let's Encrypt R11
        names: [acme.example.com, api.acme.example.com]
"""

RETURN = r"""
lines:
  description: The printed lines.
  returned: success
  type: list
  elements: str
  sample:
    - DAYS LEFT  UNTIL       STATE  EDGE   LINEAGE           ISSUER             NAMES
    - 61         2027-01-23  ours   edge1  acme.example.com  Let's Encrypt R11  acme.example.com api.acme.example.com
    - ""
    - "1 certificate: 1 ours, 0 of them due."
"""
