# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option by which modules take DNS record sets, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """The records; its argument specification is C(RECORDS) in module_utils/dns_records.py."""

    DOCUMENTATION = r"""
options:
  records:
    description: The record sets, one entry for each name and type.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The full name, such as V(acme.example.com). A dot at its end is not needed.
        type: str
        required: true
      type:
        description: The type.
        type: str
        choices: [A, AAAA, CNAME, TXT]
        required: true
      value:
        description:
          - All values of the set.
          - For V(TXT) the text itself, without quotes; for V(CNAME) one full name.
        type: list
        elements: str
        required: true
requirements:
  - dnspython >= 2.6
"""
