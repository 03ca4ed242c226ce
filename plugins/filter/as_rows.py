# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that makes rows of a document's table out of plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DOCUMENTATION = r"""
name: as_rows
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Make rows of a document's table out of plain values
description:
  - Makes one row per value, as the C(rows) of M(frappeops.tenants.frappe_document) are written.
positional: field
options:
  _input:
    description: The values.
    type: list
    elements: raw
    required: true
  field:
    description: The field of the row that holds the value.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the rows for two roles
  ansible.builtin.debug:
    msg: "{{ ['System Manager', 'Sales User'] | frappeops.tenants.as_rows('role') }}"
"""

RETURN = r"""
_value:
  description: The rows.
  type: list
  elements: dict
  sample: [{role: System Manager}, {role: Sales User}]
"""


def as_rows(values: Iterable[Any], field: str) -> list[dict[str, Any]]:
    """One row per value."""
    return [{field: value} for value in values]


class FilterModule:
    """Tells Ansible the filter."""

    def filters(self) -> dict[str, Any]:
        return {"as_rows": as_rows}
