# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options by which modules take DNS record sets, written once."""

from __future__ import annotations

#: What a record set is.
_SET = r"""
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
"""


class ModuleDocFragment:
    """The records to look for; the argument specification is C(RECORDS) in module_utils/dns_records.py."""

    # Annotated, since the sanity test yamllint reads plain assignments and takes each for one literal.
    DOCUMENTATION: str = (
        r"""
options:
  records:
    description: The record sets, one entry for each name and type.
    type: list
    elements: dict
    required: true
    suboptions:
"""
        + _SET
        + r"""
requirements:
  - dnspython >= 2.6
"""
    )

    # For modules that change records; the specification is CHANGE_ARGUMENTS in module_utils/dns_plan.py.
    CHANGE: str = (
        r"""
options:
  records:
    description:
      - The record sets, one entry for each name and type.
      - The addresses of a name are one place. Where there is only A or only AAAA here, the other must not be there, since it
        would lead visitors elsewhere. The owner's own is removed, another's is refused or gives way as any other.
      - With O(state=absent) a set may stand here more than once, the latest first, as RV(created) of several runs read
        backwards. Then all its values are meant, and the last entry says what stood there before all of them.
    type: list
    elements: dict
    required: true
    suboptions:
"""
        + _SET
        + r"""
      former:
        description:
          - What stood in the place of the set before it was made, as RV(created) and RV(updated) tell it.
          - With O(state=absent) it is put back unless something else has come in its place.
          - Where it has the same values, only its settings are put back, and the values are never removed.
        type: list
        elements: dict
        default: []
  state:
    description: Whether the records shall be there.
    type: str
    choices: [present, absent]
    default: present
  overwrite:
    description:
      - Whether a set of another's making gives way to the wanted one. What it was is returned in RV(created).
      - A CNAME needs its name for itself alone and never takes the place of other types.
    type: bool
    default: false
  ttl:
    description:
      - Seconds for which others may keep the records.
      - A set with the wanted values and another TTL is changed to this one.
    type: int
    default: 300
requirements:
  - dnspython >= 2.6
"""
    )
