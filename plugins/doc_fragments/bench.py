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

    # The site's database, as frappe_site and frappe_bench_check take it.
    DATABASE = r"""
options:
  database:
    description: The site's database and the administrator's connection to its server.
    type: dict
    required: true
    suboptions:
      name:
        description: The database's name, and that of its user; at most 32 of C(a-z), C(0-9) and C(_).
        type: str
        required: true
      host:
        description: The server's address. Give this or O(database.socket).
        type: str
      port:
        description: The server's port.
        type: int
        default: 3306
      socket:
        description: The server's socket.
        type: path
      admin_user:
        description:
          - An account that may make databases and users; root is not needed.
          - It needs C(CREATE USER), C(PROCESS) and C(CONNECTION ADMIN) on C(*.*), C(SELECT) on C(mysql.*), and C(ALL PRIVILEGES)
            on the tenants' databases, such as C(tenant\_%), C(WITH GRANT OPTION).
        type: str
        required: true
      admin_password:
        description: Its password.
        type: str
        required: true
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
