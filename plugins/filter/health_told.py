# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that tells checks of tenants' health in a line each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DOCUMENTATION = r"""
name: health_told
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Tell the checks of tenants' health that ended so
description:
  - Gives a line for each check with the wanted status, with what was seen and what to do.
positional: status
options:
  _input:
    description: What was seen of tenants, as RV(frappeops.tenants.tenant_health#module:tenants).
    type: list
    elements: dict
    required: true
  status:
    description: The status of the checks that are told.
    type: str
    choices: [PASS, WARN, FAIL, SKIP]
    default: FAIL
"""

EXAMPLES = r"""
- name: Tell what is wrong
  ansible.builtin.debug:
    msg: "{{ health.tenants | frappeops.tenants.health_told }}"
"""

RETURN = r"""
_value:
  description: A line for each check.
  type: list
  elements: str
  sample: ["acme, certificate: trusted, 9 days left. Is certbot's timer running? certbot renew"]
"""


def health_told(tenants: Iterable[dict[str, Any]], status: str = "FAIL") -> list[str]:
    """A line for each check that ended with I(status)."""
    return [
        f"{tenant['name']}, {check['name']}: {check['seen'].rstrip('.')}. {check['remedy']}".rstrip()
        for tenant in tenants
        for check in tenant["checks"]
        if check["status"] == status
    ]


class FilterModule:
    """Tells Ansible the filter."""

    def filters(self) -> dict[str, Any]:
        return {"health_told": health_told}
