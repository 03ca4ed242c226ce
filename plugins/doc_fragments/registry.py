# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the registry is: what everything says that works in it, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """The registry's address and the password for it; plugin_utils/registry/address.py is its code."""

    DOCUMENTATION = r"""
options:
  registry_url:
    description:
      - Where the registry is, as a database URL. V(sqlite:////var/lib/frappeops/registry.db) is a file,
        V(postgresql://tenants@db.example.com/tenants) and V(mariadb://tenants@db.example.com/tenants) are database servers.
      - It may hold the password of the database account, percent-encoded, and is never shown.
        O(registry_password_env) and O(registry_password_file) keep it out of the inventory.
      - When it is left out, the variable C(tenant_registry_url) is taken, and without that an SQLite file below
        C(~/.local/share/frappeops.tenants).
    type: str
  registry_password_env:
    description:
      - The name of the environment variable of C(ansible-playbook) that holds the password of the database account.
      - When it is left out, the variable C(tenant_registry_password_env) is taken.
    type: str
  registry_password_file:
    description:
      - A file on the controller with the password of the database account in its first line.
      - When it is left out, the variable C(tenant_registry_password_file) is taken.
    type: path
requirements:
  - SQLAlchemy 2.0 or later, in the Python that runs ansible-playbook.
  - psycopg 3 for a registry on PostgreSQL, PyMySQL for one on MariaDB, in the same Python.
notes:
  - The database account needs the rights to create and alter tables in its database; to read an up-to-date registry,
    as M(frappeops.tenants.tenant_registry_info) does, C(SELECT) is enough.
"""
