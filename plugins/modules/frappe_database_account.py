#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_database_account
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Make the database account that makes tenants' databases
description:
  - Makes an account of MariaDB with the rights that M(frappeops.tenants.frappe_site) needs, and no more, at each host that it may come from;
    gives it the password, and what it lacks of rights.
  - Nothing is taken from an account. One that may do more than it needs is told in a warning; one that may do everything is refused.
  - MariaDB gets the password as a hash. It has no smaller right for making users than C(CREATE USER), which may give any account a new
    password, root's too. So the account's password is to be kept as root's is.
  - Runs where MariaDB's client reaches the server as an administrator, for example as root on the database's host.
options:
  name:
    description: The account's name, C(a-z), C(0-9) and C(_).
    type: str
    required: true
  password:
    description: Its password.
    type: str
    required: true
  hosts:
    description:
      - The hosts that it may come from, as MariaDB sees them, such as V(localhost), V(127.0.0.1) or V(10.0.0.%).
      - Who takes the socket comes from V(localhost). Who takes the address 127.0.0.1 comes from V(localhost) too, or from V(127.0.0.1)
        where the server has C(skip-name-resolve).
    type: list
    elements: str
    default: [localhost]
  prefix:
    description: How the names of the tenants' databases begin. The account has all rights on these.
    type: str
    default: tenant_
  login:
    description: How to reach the server as an administrator. Without it as MariaDB's client does by itself, as root by the socket.
    type: dict
    default: {}
    suboptions:
      host:
        description: The server's address.
        type: str
      port:
        description: The server's port.
        type: int
      socket:
        description: The server's socket.
        type: path
      user:
        description: The administrator.
        type: str
      password:
        description: The administrator's password.
        type: str
  client:
    description: MariaDB's client, a name found in the path or a path.
    type: path
    default: mariadb
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
seealso:
  - module: frappeops.tenants.frappe_bench_check
    description: Tells what the account lacks.
"""

EXAMPLES = r"""
- name: Make the database account for tenants
  frappeops.tenants.frappe_database_account:
    name: frappe_tenants
    password: "{{ vault_database_password }}"
    hosts: [localhost, 127.0.0.1]
  become: true
"""

RETURN = r"""
accounts:
  description: The account at each host.
  returned: success
  type: list
  elements: str
  sample: [frappe_tenants@localhost, frappe_tenants@127.0.0.1]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils.database_account import Account, Server
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "hosts": {"type": "list", "elements": "str", "default": ["localhost"]},
            "prefix": {"type": "str", "default": "tenant_"},
            "login": {
                "type": "dict",
                "default": {},
                "options": {
                    "host": {"type": "str"},
                    "port": {"type": "int"},
                    "socket": {"type": "path"},
                    "user": {"type": "str"},
                    "password": {"type": "str", "no_log": True},
                },
            },
            "client": {"type": "path", "default": "mariadb"},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params, module.check_mode))


def _work(params: dict, check: bool) -> dict:
    server = Server(params["client"], params["login"])
    account = Account(server, params["name"], params["password"], params["hosts"], params["prefix"])
    return account.ensure(check)


if __name__ == "__main__":
    main()
