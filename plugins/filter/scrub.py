# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that names what Frappe names after a title."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DOCUMENTATION = r"""
name: scrub
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Make the name that Frappe makes of a title
description:
  - Lower case, with an underscore for each blank and hyphen. A Social Login Key is named so after its provider.
options:
  _input:
    description: The title.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the name of the login key
  ansible.builtin.debug:
    msg: "{{ 'Example Auth' | frappeops.tenants.scrub }}"
"""

RETURN = r"""
_value:
  description: The name.
  type: str
  sample: example_auth
"""


def scrub(title: str) -> str:
    """As frappe.scrub does."""
    return title.replace(" ", "_").replace("-", "_").lower()


class FilterModule:
    """Tells Ansible the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"scrub": scrub}
