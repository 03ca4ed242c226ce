# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every action says that works in the registry."""

from __future__ import annotations


class ModuleDocFragment:
    """The registry's address."""

    DOCUMENTATION = r"""
options:
  registry_url:
    description:
      - Where the registry is, as an SQLAlchemy URL for SQLite, PostgreSQL or MariaDB. It may hold a password and is never shown.
      - When it is left out, the variable C(tenant_registry_url) is taken, and without that an SQLite file below
        C(~/.local/share/frappeops.tenants).
    type: str
requirements:
  - SQLAlchemy 2.0 or later, in the Python that runs ansible-playbook.
"""
