#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_site
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Make, keep and remove a tenant's site on a bench
description:
  - Makes a Frappe site whole or not at all, in one call on the bench host, with its database and database user, apps,
    configuration and documents.
  - The database, its user and the site's folder are made by this module, each with the owner mark; C(bench new-site) then
    fills them with C(--no-setup-db) and never sees a database administrator. No secret stands in a command line.
  - A site or database that does not carry the O(owner) mark is refused and never touched. A half-made site of this owner
    is thrown away and made anew.
  - Nothing is restarted. C(site_config.json) is kept at mode 0640.
  - Runs on the bench host as the user that owns the bench.
requirements:
  - A bench with Frappe 15 or 16, made with the bench CLI 5.
  - MariaDB 10.5 or later.
options:
  name:
    description: The site's name, a host name in lower case.
    type: str
    required: true
    aliases: [site]
  state:
    description:
      - V(present) makes the site or brings it to its wanted state.
      - V(absent) removes the folder, the database and the database's user at every host scope.
    type: str
    choices: [present, absent]
    default: present
  owner:
    description: The provisioning that makes the site. It is written into the site's folder and on the database.
    type: str
    required: true
  apps:
    description: Apps to install beside Frappe, in this order. The bench must have them.
    type: list
    elements: str
    default: []
  config:
    description: Keys of C(site_config.json). Others are kept; a key with no value is taken out.
    type: dict
    default: {}
  secret_config:
    description: As O(config), for secrets.
    type: dict
    default: {}
  backup_to:
    description:
      - A folder on the bench host. With O(state=absent), a whole site is first backed up into a new folder below it, with its
        files. The backup is read back before anything is removed.
      - Without it nothing is backed up.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.bench.database
  - frappeops.tenants.bench.documents
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
seealso:
  - module: frappeops.tenants.frappe_document
    description: Ensures documents of a site that is there.
  - module: frappeops.tenants.frappe_ping
    description: Sees from outside whether the site answers.
"""

EXAMPLES = r"""
- name: Make the site of acme with ERPNext
  frappeops.tenants.frappe_site:
    name: api.acme.example.com
    owner: 4f1c9a7be2d85310
    bench_path: /home/frappe/frappe-bench
    database:
      name: tenant_acme_1f3a90bc
      socket: /run/mysqld/mysqld.sock
      admin_user: frappe_tenants
      admin_password: "{{ vault_database_password }}"
    apps: [erpnext]
    config:
      host_name: https://api.acme.example.com
    documents:
      - doctype: System Settings
        values: {language: en, time_zone: Europe/Berlin, enable_scheduler: 1}
  delegate_to: bench1

- name: Remove it, database and database user included
  frappeops.tenants.frappe_site:
    name: api.acme.example.com
    state: absent
    owner: 4f1c9a7be2d85310
    bench_path: /home/frappe/frappe-bench
    database:
      name: tenant_acme_1f3a90bc
      socket: /run/mysqld/mysqld.sock
      admin_user: frappe_tenants
      admin_password: "{{ vault_database_password }}"
  delegate_to: bench1
"""

RETURN = r"""
site:
  description: The site's name.
  returned: success
  type: str
  sample: api.acme.example.com
action:
  description: What was done, one of V(created), V(kept) and V(removed).
  returned: success
  type: str
  sample: created
database:
  description: The database's name.
  returned: success
  type: str
  sample: tenant_acme_1f3a90bc
backups:
  description: The files of the backup.
  returned: when O(state=absent)
  type: list
  elements: str
  sample: [/home/frappe/frappe-bench/archived/tenants/api.acme.example.com-20261123T201500/x-database.sql.gz]
commands:
  description: The bench commands that were run. They hold no secrets.
  returned: success
  type: list
  elements: list
  sample: [[bench, new-site, api.acme.example.com, --force, --no-setup-db, --install-app=erpnext]]
output_tail:
  description: The last lines of a bench command's output.
  returned: when a bench command failed
  type: str
  sample: "ModuleNotFoundError: No module named 'x'"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import documents
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import (
    DATABASE_ARGUMENT,
    TenantSite,
    WantedSite,
    database_of,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "name": {"type": "str", "required": True, "aliases": ["site"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "owner": {"type": "str", "required": True},
            "database": DATABASE_ARGUMENT,
            "apps": {"type": "list", "elements": "str", "default": []},
            "config": {"type": "dict", "default": {}},
            "backup_to": {"type": "path"},
            "secret_config": {"type": "dict", "default": {}, "no_log": True},
            "documents": {"type": "list", "elements": "dict", "options": documents.DOCUMENT_ARGUMENTS},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params, module.check_mode))


def _work(params: dict, check: bool) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    site = TenantSite(bench, params["name"], database_of(params["database"]), params["owner"], check)
    if params["state"] == "absent":
        return site.ensure_absent(params["backup_to"])
    wanted = WantedSite(
        apps=params["apps"],
        config={**params["config"], **params["secret_config"]},
        documents=documents.wanted(params["documents"] or []),
    )
    return site.ensure(wanted)


if __name__ == "__main__":
    main()
