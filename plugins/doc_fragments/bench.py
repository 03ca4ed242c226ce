# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that every module has that works on a bench."""

from __future__ import annotations


class ModuleDocFragment:
    """The bench and its database server."""

    DOCUMENTATION = r"""
options:
  bench_path:
    description: The bench folder, such as V(/home/frappe/frappe-bench).
    type: path
    required: true
  bench_command:
    description: The bench command, a name found in the path or a path.
    type: path
    default: bench
  timeout:
    description: How long one bench command may take, in seconds. It is then stopped with all its children.
    type: int
    default: 1800
"""

    # Documents of a site, as frappe_site and frappe_document take them.
    DOCUMENTS = r"""
options:
  documents:
    description:
      - Documents that the site shall have, ensured in this order in one process and one transaction, all or none.
      - Settings, users, login keys and files are documents too.
    type: list
    elements: dict
    suboptions:
      doctype:
        description: The document's type, such as V(System Settings).
        type: str
        required: true
      name:
        description: Its name. Not needed for a single such as V(System Settings), nor with O(documents[].filters).
        type: str
      filters:
        description: Fields by which it is found when its name is not known. They are set when it is made.
        type: dict
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      values:
        description: Fields that must hold these values. A field that the doctype does not have is refused.
        type: dict
        default: {}
      secret_values:
        description: As O(documents[].values), for secrets. They are neither logged nor shown in a diff.
        type: dict
        default: {}
      rows:
        description: Tables of the document, each with rows that must be there among others.
        type: dict
        default: {}
      initial:
        description: Fields that are only set when the document is made.
        type: dict
        default: {}
"""
