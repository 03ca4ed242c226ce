#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_bench_check
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Check that a bench can take a tenant's site
description:
  - Checks, without changing anything, what making a site would stumble over after minutes of work, that the bench has the apps,
    that the database server answers and the administrator has the rights, that site and database name are free, that
    there is room on the disk, and that Redis answers.
  - Everything that is wrong is told at once, each with its remedy.
  - Runs on the bench host as the user that owns the bench.
options:
  site:
    description: The site that is to be made.
    type: str
    required: true
  owner:
    description: The provisioning that will make it. What it made already is no hindrance.
    type: str
    required: true
  apps:
    description: The apps that the site shall have.
    type: list
    elements: str
    default: []
  disk_mb:
    description:
      - How many MB must be free for the site, where its files go, and where its tables go if the database server is on this host too.
      - The default is what a site with ERPNext takes at first (47 MB of tables), with room for its import, a backup and some growth.
    type: int
    default: 500
  inodes:
    description: How many files must find room on the same disks. A file system that has no limit of them is not asked.
    type: int
    default: 10000
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.bench.database
  - frappeops.tenants.bench.limits
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.frappe_site
    description: Makes the site.
"""

EXAMPLES = r"""
- name: Check the bench before anything is made
  frappeops.tenants.frappe_bench_check:
    bench_path: /home/frappe/frappe-bench
    site: api.acme.example.com
    owner: 4f1c9a7be2d85310
    database:
      name: tenant_acme_1f3a90bc
      socket: /run/mysqld/mysqld.sock
      admin_user: frappe_tenants
      admin_password: "{{ vault_database_password }}"
    apps: [erpnext]
  delegate_to: bench1
"""

RETURN = r"""
apps:
  description: The apps of the bench.
  returned: success
  type: list
  elements: str
  sample: [frappe, erpnext]
versions:
  description: The version of each app, with its commit.
  returned: success
  type: dict
  sample: {frappe: 15.92.0 4f1c9a7be2d8, erpnext: 15.92.1 be2d85310a7f}
database_server:
  description: The database server's version.
  returned: success
  type: str
  sample: 10.11.6-MariaDB
free_mb:
  description: Free space for sites, in MB.
  returned: success
  type: int
  sample: 51200
problems:
  description: Everything that is wrong, a line each.
  returned: failure
  type: list
  elements: str
  sample: ["The bench /home/frappe/frappe-bench does not have the app hrms. On the bench host: bench get-app hrms."]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.bench_check import Needs, check_bench
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run
from ansible_collections.frappeops.tenants.plugins.module_utils.site_limits import LIMITS_ARGUMENT, config_of
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import SitePlace
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import (
    DATABASE_ARGUMENT,
    TenantSite,
    database_of,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "site": {"type": "str", "required": True},
            "owner": {"type": "str", "required": True},
            "database": DATABASE_ARGUMENT,
            "apps": {"type": "list", "elements": "str", "default": []},
            "limits": LIMITS_ARGUMENT,
            "disk_mb": {"type": "int", "default": 500},
            "inodes": {"type": "int", "default": 10000},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params))


def _work(params: dict) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    config_of(params["limits"])
    database = database_of(params["database"])
    site = TenantSite(SitePlace(bench, params["site"], database, params["owner"]), check=True)
    needs = Needs(params["disk_mb"], params["inodes"])
    return {"changed": False, **check_bench(bench, site, database, params["apps"], needs)}


if __name__ == "__main__":
    main()
