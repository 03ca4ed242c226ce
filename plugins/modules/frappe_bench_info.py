#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_bench_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Look at all sites of a bench and their databases
description:
  - Tells in one call which sites a bench has and whose they are, whether their databases and database users are there, and
    what of tenants lies around that no site names.
  - No Frappe is started, except for O(oauth_sites), so a bench of a thousand sites takes little longer than one of ten.
  - Runs on the bench host as the user that owns the bench.
options:
  database:
    description:
      - The administrator's connection to the bench's database server, as M(frappeops.tenants.frappe_site) takes it.
      - A database that this account may not see is looked for with the site's own account.
    type: dict
    required: true
    suboptions:
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
        description: Not used here, so that the same variable fits all modules.
        type: str
      admin_user:
        description: The account. C(SELECT) on C(mysql.*) and on the tenants' databases is enough for this module.
        type: str
        required: true
      admin_password:
        description: Its password.
        type: str
        required: true
  database_prefix:
    description: What the names of tenants' databases begin with. Others are only told when a site names them.
    type: str
    default: tenant_
  config_keys:
    description:
      - Keys of site_config.json to tell, beside C(host_name), C(maintenance_mode), C(pause_scheduler) and a plan's limits.
      - The values of keys that name a secret are hidden.
    type: list
    elements: str
    default: []
  apps:
    description: Whether to tell the installed apps of each site. They are read in its database, a query for each site.
    type: bool
    default: false
  oauth_sites:
    description: Sites through which people sign in to others, to tell their OAuth clients. One that is not on this bench is passed over.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.frappe_site
    description: Makes and removes a site.
  - module: frappeops.tenants.frappe_edge_info
    description: Looks at all tenants of an edge.
"""

EXAMPLES = r"""
- name: Look at all sites of the bench
  frappeops.tenants.frappe_bench_info:
    bench_path: /home/frappe/frappe-bench
    database:
      socket: /run/mysqld/mysqld.sock
      admin_user: frappe_tenants
      admin_password: "{{ vault_database_password }}"
    apps: true
  register: bench
"""

RETURN = r"""
sites:
  description: The sites of the bench, sorted by name; folders that were to become sites are among them.
  returned: success
  type: list
  elements: dict
  contains:
    site:
      description: The site's name.
      returned: success
      type: str
      sample: api.acme.example.com
    owner:
      description: The provisioning that made it, by the mark in its folder; V(null) when it bears none.
      returned: success
      type: str
      sample: 4f1c9a7be2d85310
    whole:
      description: Whether it was made to its end; V(null) when it bears no mark.
      returned: success
      type: bool
      sample: true
    database:
      description: The database that its configuration names.
      returned: success
      type: str
      sample: tenant_acme_1f3a90bc
    database_exists:
      description: Whether this database is there.
      returned: success
      type: bool
      sample: true
    database_owner:
      description: The provisioning that made the database, by its mark; V(null) when it bears none that can be seen.
      returned: success
      type: str
      sample: 4f1c9a7be2d85310
    database_user_hosts:
      description: The hosts from which the database's user may come; empty when there is no such user.
      returned: success
      type: list
      elements: str
      sample: [localhost]
    config:
      description: The keys of its site_config.json that were asked for, as far as it has them.
      returned: success
      type: dict
      sample: {host_name: "https://api.acme.example.com"}
    apps:
      description: Its installed apps; V(null) when they were not asked for or can't be read.
      returned: success
      type: list
      elements: str
      sample: [frappe, erpnext]
    problem:
      description: Why its configuration or its database can't be read; empty when all is well.
      returned: success
      type: str
      sample: ""
databases:
  description: Databases with the prefix that no site names.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: tenant_gone_5d0a11c3, exists: true, owner: 77aa02c1d3e4f506, apps: null}
database_users:
  description: The hosts of each database user that has the prefix or whose database a site names.
  returned: success
  type: dict
  sample: {tenant_acme_1f3a90bc: [localhost]}
staging:
  description: Folders in which an interrupted run was preparing a site.
  returned: success
  type: list
  elements: str
  sample: [.frappeops-4f1c9a7be2d85310]
archived:
  description: Folders of dropped sites that C(bench drop-site) has moved away, each with the C(owner) of its mark.
  returned: success
  type: list
  elements: dict
  sample:
    - {folder: /home/frappe/frappe-bench/archived/sites/api.gone.example.com, owner: 77aa02c1d3e4f506}
oauth_clients:
  description:
    - The OAuth clients of each of O(oauth_sites) that is on the bench, each with C(client), its id, C(app_name) and C(redirect_uris).
  returned: success
  type: dict
  sample:
    auth.example.com:
      - client: 4f1c9a7be2d85310
        app_name: acme.example.com
        redirect_uris: ["https://api.acme.example.com/api/method/frappe.integrations.oauth2_logins.custom/our_auth"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.bench_survey import survey
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import DATABASE_ARGUMENT, database_of


def main() -> None:
    server = {name: option for name, option in DATABASE_ARGUMENT["options"].items() if name != "name"}
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "database": {**DATABASE_ARGUMENT, "options": server},
            "database_prefix": {"type": "str", "default": "tenant_"},
            "config_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "apps": {"type": "bool", "default": False},
            "oauth_sites": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params))


def _work(params: dict) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    connection = database_of({"name": "", **params["database"]}).connection
    wanted = {name: params[name] for name in ("config_keys", "apps", "oauth_sites")}
    found = survey(bench, connection, params["database_prefix"], **wanted)
    return {"changed": False, **found}


if __name__ == "__main__":
    main()
