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
      user_host:
        description:
          - The host that the site's database user may come from, such as V(%) or V(10.0.0.%).
          - Without it the one that the administrator comes from, which is right when site and administrator take the same way.
        type: str
      admin_user:
        description:
          - An account that may make databases and users; root is not needed.
          - It needs C(CREATE USER), C(PROCESS) and C(CONNECTION ADMIN) on C(*.*), C(SELECT) of C(Host) and C(User) on C(mysql.user), and
            C(ALL PRIVILEGES) on the tenants' databases, such as C(tenant\_%), C(WITH GRANT OPTION). M(frappeops.tenants.frappe_database_account)
            makes it.
        type: str
        required: true
      admin_password:
        description: Its password.
        type: str
        required: true
"""

    # A plan's limits, as frappe_site and frappe_bench_check take them.
    LIMITS = r"""
options:
  limits:
    description:
      - What the tenant is allowed. A limit that is not named here is taken out of C(site_config.json).
      - Without this option nothing is changed about limits.
    type: dict
    suboptions:
      rate_limit:
        description: Seconds of processing that all requests together may take in a window of seconds; then they get 429.
        type: dict
        suboptions:
          limit:
            description: Seconds of processing.
            type: int
            required: true
          window:
            description: Seconds of the window.
            type: int
            required: true
      max_file_size:
        description: The largest upload, in bytes.
        type: int
      max_reports_per_user:
        description: How many reports a user may prepare at a time.
        type: int
      max_queued_jobs:
        description: How many background jobs may wait.
        type: int
      throttle_user_limit:
        description: How many users may be made in an hour.
        type: int
      keep_backups_for_hours:
        description: For how long Frappe keeps its own backups.
        type: int
      deny_multiple_sessions:
        description: Whether a user may be signed in only once.
        type: bool
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
        description: Its name. Not needed for a single such as V(System Settings), nor with O(documents[].filters); refused is a document with neither.
        type: str
      filters:
        description: Fields by which it is found when its name is not known, at least one. They are set when it is made.
        type: dict
      state:
        description: Whether it shall be there. With V(absent), all documents that O(documents[].filters) match are deleted.
        type: str
        choices: [present, absent]
        default: present
      values:
        description: Fields that must hold these values. A field that the doctype does not have, or that is a table, is refused.
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
      rows_from:
        description:
          - Tables of the document, each with a row for every document of another doctype.
          - Each value holds C(doctype), C(field), the field of the row that gets the name, and perhaps C(filters) as Frappe takes them.
        type: dict
        default: {}
      initial:
        description: Fields that are only set when the document is made.
        type: dict
        default: {}
      fields:
        description:
          - Fields that are told as they are stored afterwards, passwords in clear.
          - Give the task C(no_log) when a secret is among them.
        type: list
        elements: str
        default: []
"""
