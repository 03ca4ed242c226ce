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
  - A site made from a template or a standby site shares no secret with it.
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
  complete:
    description:
      - The tenant was complete before. A site that is not whole is then refused, instead of being made anew over what is left of
        its data.
      - With O(state=absent) and O(backup_to), nothing is removed when the site is not whole but its database is there, since
        that could not be backed up.
    type: bool
    default: false
  source:
    description:
      - Where a site comes from that is to be made. All ways end in the same site, with secrets of its own.
      - V(standby) takes over the site in O(standby); without one that is complete and has the versions that the bench has
        now, it fails.
      - V(template) imports the dump of a fresh site with the same apps in the same versions. When there is none, the site is
        made as with V(cold) and becomes the template; others wait for it.
      - V(cold) makes the site with C(bench new-site) and installs the apps.
      - V(auto) takes the first of these that there is.
    type: str
    choices: [auto, standby, template, cold]
    default: auto
  standby:
    description:
      - The standby site that was claimed for this site, which then has its database. One that can't be used is removed.
      - With O(state=absent) it is removed too, however far it was taken over.
    type: dict
    suboptions:
      site:
        description: Its name.
        type: str
        required: true
      owner:
        description: Its owner mark.
        type: str
        required: true
  template_path:
    description: The folder of the templates on the bench host. By default C(site-templates) in the bench folder.
    type: path
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
  at_rest:
    description: Make a standby site, that serves nobody and runs no jobs until it is taken over.
    type: bool
    default: false
  backup_to:
    description:
      - A folder on the bench host. With O(state=absent), a whole site is first backed up into a new folder below it, with its
        files. The backup is read back before anything is removed, and the site's database gets a new password even when it failed.
      - Without it nothing is backed up.
    type: path
  concurrency:
    description:
      - At most so many runs make, change or remove sites of this bench at once, also when several C(ansible-playbook) work there;
        the others wait, at most O(timeout) seconds. V(0) sets no limit.
      - It protects the database. Turns are locks on files in C(config/frappeops.tenants) of the bench, so those of killed runs are free
        as soon as nothing works any more.
    type: int
    default: 0
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.bench.database
  - frappeops.tenants.bench.limits
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
source:
  description: Where the site that was made came from, one of V(standby), V(template) and V(cold). Nothing when it was there.
  returned: when O(state=present)
  type: str
  sample: template
versions:
  description: The versions of Frappe, the site's apps and those that they require, each with its commit.
  returned: when O(state=present), outside check mode
  type: dict
  sample: {frappe: 15.92.0 4f1c9a7be2d8, erpnext: 15.92.1 be2d85310a7f}
database:
  description: The database's name.
  returned: success
  type: str
  sample: tenant_acme_1f3a90bc
backups:
  description: The files of the backup, also of one that was made by a removal that was cut off.
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

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import documents
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run
from ansible_collections.frappeops.tenants.plugins.module_utils.site_limits import LIMITS_ARGUMENT, config_of
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import SitePlace
from ansible_collections.frappeops.tenants.plugins.module_utils.site_standby import AT_REST
from ansible_collections.frappeops.tenants.plugins.module_utils.sites import (
    DATABASE_ARGUMENT,
    SOURCES,
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
            "complete": {"type": "bool", "default": False},
            "source": {"type": "str", "choices": list(SOURCES), "default": "auto"},
            "standby": {
                "type": "dict",
                "options": {"site": {"type": "str", "required": True}, "owner": {"type": "str", "required": True}},
            },
            "template_path": {"type": "path"},
            "apps": {"type": "list", "elements": "str", "default": []},
            "limits": LIMITS_ARGUMENT,
            "at_rest": {"type": "bool", "default": False},
            "config": {"type": "dict", "default": {}},
            "backup_to": {"type": "path"},
            "secret_config": {"type": "dict", "default": {}, "no_log": True},
            "documents": {"type": "list", "elements": "dict", "options": documents.DOCUMENT_ARGUMENTS},
            "concurrency": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work_in_turn(module.params, module.check_mode))


def _work_in_turn(params: dict, check: bool) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    with bench.turn(0 if check else params["concurrency"]):
        return _work(bench, params, check)


def _work(bench: Bench, params: dict, check: bool) -> dict:
    site = _site(bench, params, check)
    if params["state"] == "absent":
        return site.ensure_absent(params["backup_to"], params["complete"])
    wanted = WantedSite(
        apps=params["apps"],
        config={
            **config_of(params["limits"]),
            **params["config"],
            **(AT_REST if params["at_rest"] else {}),
        },
        documents=documents.wanted(params["documents"] or []),
        secret_config=params["secret_config"],
        source=params["source"],
        templates=Path(params["template_path"] or bench.path / "site-templates"),
        complete=params["complete"],
    )
    return site.ensure(wanted)


def _site(bench: Bench, params: dict, check: bool) -> TenantSite:
    database, standby = database_of(params["database"]), params["standby"]
    if standby is None:
        return TenantSite(SitePlace(bench, params["name"], database, params["owner"]), check)
    place = SitePlace(bench, params["name"], database, params["owner"], former_owner=standby["owner"])
    return TenantSite(place, check, SitePlace(bench, standby["site"], database, standby["owner"]))


if __name__ == "__main__":
    main()
