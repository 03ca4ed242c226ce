#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_table.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_table
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Print tenants as a table
description:
  - Prints tenants for the person at the terminal, a line each, with name, state, plan, bench, the address for its people, the
    administrator, and since when it is in its state; or as JSON, with all that the registry knows.
options:
  tenants:
    description: The tenants, as M(frappeops.tenants.tenant_registry_info) returns them, or other rows when O(columns) is set.
    type: list
    elements: dict
    required: true
    aliases: [rows]
  columns:
    description: The headings of other columns than those of a tenant, each with the field of a row that stands below it.
    type: dict
  output:
    description: How to print them.
    type: str
    choices: [table, json]
    default: table
  file:
    description:
      - A file on the controller that gets the tenants as JSON, whatever is printed. Only its owner can read it.
      - It is written in check mode too.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_registry_info
    description: Finds the tenants.
"""

EXAMPLES = r"""
- name: Find the tenants
  frappeops.tenants.tenant_registry_info:
  register: fleet

- name: Print them
  frappeops.tenants.tenant_table:
    tenants: "{{ fleet.tenants }}"
    file: ~/fleet.json

- name: Print what happened to one
  frappeops.tenants.tenant_table:
    rows: "{{ history.events }}"
    columns: {WHEN (UTC): at, EVENT: event, WHAT: told}
"""

RETURN = r"""
lines:
  description: The printed lines.
  returned: success
  type: list
  elements: str
  sample:
    - NAME  STATE   PLAN     BENCH   FRONTEND                  ADMINISTRATOR  SINCE (UTC)
    - acme  active  starter  bench1  https://acme.example.com  ada@acme.com   2026-11-23 21:08
    - ""
    - "1 tenant: 1 active."
"""
