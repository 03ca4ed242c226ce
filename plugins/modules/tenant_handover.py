#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_handover.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_handover
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Hand a secret to the operator, once
description:
  - Prints the secret on the screen and nowhere else, not into Ansible's log; or writes it into a file on the controller that only its
    owner can read.
  - What starts C(ansible-playbook) may keep what is printed, as AWX does. Use O(file) there.
options:
  title:
    description: What is handed over, in one line.
    type: str
    required: true
  secret:
    description: The secret, a value by each name.
    type: dict
    required: true
  file:
    description: A file on the controller that gets the secret as JSON, whatever it held before. When it is left out, the secret is printed.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
    details: Hands nothing over.
  diff_mode:
    support: none
  idempotent:
    support: none
"""

EXAMPLES = r"""
- name: Hand the link over
  frappeops.tenants.tenant_handover:
    title: A login link of acme
    secret:
      link: "{{ way_in.link }}"
    file: ~/acme-login.json
  no_log: true
"""

RETURN = r"""
file:
  description: The file that has the secret; V(null) when it was printed.
  returned: success
  type: str
  sample: /home/ops/acme-login.json
"""
