# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry as an inventory: tenants are hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: registry
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: The tenants of the registry as hosts
description:
  - Lists the tenants of the registry, the control database of all tenants, as hosts in the group C(tenants) and in groups by
    state (C(state_active)), plan (C(plan_starter)) and bench (C(bench_bench1)).
  - A tenant is no machine. What runs on it runs in the controller, and is delegated to its bench or its edge where it needs one,
    as in C(delegate_to) with C({{ tenant_record.bench }}). So use it together with the inventory that has the benches.
  - The hosts have the variables that the role C(frappeops.tenants.tenant) gives them, as far as the registry knows them.
    These are C(tenant_identity), C(tenant_record), C(tenant_plan_name) and, in C(tenant_admin), C(email).
  - The configuration is a file whose name ends in C(registry.yml) or C(registry.yaml), such as C(tenants.registry.yml).
options:
  plugin:
    description: This plugin's name.
    type: str
    required: true
    choices: [frappeops.tenants.registry]
  registry_url:
    description:
      - Where the registry is, as a database URL, such as V(sqlite:////var/lib/frappeops/registry.db),
        V(postgresql://tenants@db.example.com/tenants) or V(mariadb://tenants@db.example.com/tenants).
      - Variables of the inventory are not known yet when an inventory is read. C(tenant_registry_url) counts only when it is
        given by C(-e).
      - The account needs only to read.
    type: str
    default: sqlite:///~/.local/share/frappeops.tenants/registry.db
    env:
      - name: TENANT_REGISTRY_URL
    vars:
      - name: tenant_registry_url
  registry_password_env:
    description: The name of the environment variable that holds the password of the database account.
    type: str
    vars:
      - name: tenant_registry_password_env
  registry_password_file:
    description: A file on the controller with the password of the database account in its first line.
    type: path
    vars:
      - name: tenant_registry_password_file
  states:
    description: Which tenants to list, by state.
    type: list
    elements: str
    choices: [reserved, provisioning, active, suspended, archived, failed]
    default: [active, suspended]
extends_documentation_fragment:
  - constructed
  - inventory_cache
requirements:
  - SQLAlchemy 2.0 or later, in the Python that runs ansible-playbook.
  - psycopg 3 for a registry on PostgreSQL, PyMySQL for one on MariaDB, in the same Python.
seealso:
  - module: frappeops.tenants.tenant_registry_info
    description: Reads the registry in a task.
"""

EXAMPLES = r"""
# inventory/tenants.registry.yml, beside the file with the benches. Try it:
#   ansible-inventory -i inventory --graph
#   ansible-playbook -i inventory --limit state_active ...
plugin: frappeops.tenants.registry
registry_url: sqlite:////var/lib/frappeops/registry.db
---
# A registry on a server, with groups by the domain of the administrator, kept for ten minutes.
plugin: frappeops.tenants.registry
registry_url: postgresql://tenants@db.example.com/tenants
registry_password_env: REGISTRY_PASSWORD
states: [active]
keyed_groups:
  - key: tenant_admin.email.split('@')[1]
    prefix: customer
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/frappeops.tenants
cache_timeout: 600
"""

from typing import Any

from ansible import context
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import address, database, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.library import require

try:
    from ansible.template import trust_as_template
except ImportError:
    # Before ansible-core 2.19 every text of an inventory is a template, unless it is marked as unsafe.
    def trust_as_template(value: str) -> str:
        return value


#: The group of all tenants.
TENANTS = "tenants"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Lists the registry's tenants."""

    NAME = "frappeops.tenants.registry"

    def verify_file(self, path: str) -> bool:
        return path.endswith(("registry.yml", "registry.yaml")) and super().verify_file(path)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        for tenant in self._cached(path, cache):
            self._add(tenant)

    def _cached(self, path: str, cache: bool) -> list[dict[str, Any]]:
        """The tenants from the cache where it is on and has them, else from the registry."""
        if not self.get_option("cache"):
            return self._read()
        key = self.get_cache_key(path)
        if cache:
            try:
                return self._cache[key]
            except KeyError:
                # It was never filled, or its time is over.
                pass
        self._cache[key] = self._read()
        return self._cache[key]

    def _read(self) -> list[dict[str, Any]]:
        try:
            require()
            url = address.parse(
                self.get_option("registry_url"),
                self.get_option("registry_password_env") or "",
                self.get_option("registry_password_file") or "",
            )
            with database.reading(url, upgrade=not context.CLIARGS.get("check")) as connection:
                return tenants.find_all(connection, state=self.get_option("states"))
        except TenantError as error:
            raise AnsibleParserError(error.as_result()["msg"]) from error

    def _add(self, tenant: dict[str, Any]) -> None:
        name = tenant["name"]
        if name in self.inventory.hosts and name not in self._hosts_of(TENANTS):
            # It would take over that host: its connection would become local.
            self.display.warning(f"Tenant {name} is left out: another inventory source has a host of this name.")
            return
        groups = [TENANTS, *(f"{kind}_{tenant[kind]}" for kind in ("state", "plan", "bench"))]
        for group in groups:
            self.inventory.add_host(name, group=self.inventory.add_group(self._sanitize_group_name(group)))
        variables = _variables(tenant)
        for variable, value in variables.items():
            self.inventory.set_variable(name, variable, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)

    def _hosts_of(self, group: str) -> set[str]:
        found = self.inventory.groups.get(group)
        return {host.name for host in found.hosts} if found else set()


def _variables(tenant: dict[str, Any]) -> dict[str, Any]:
    """What the role tenant gives an in-memory host, as far as the registry knows it."""
    return {
        "ansible_connection": "local",
        # The controller's Python is that of the run, not of this moment: the inventory may be cached or exported.
        "ansible_python_interpreter": trust_as_template("{{ ansible_playbook_python }}"),
        # Error messages and evidence come from hosts and must never be evaluated.
        "tenant_identity": wrap_var(tenant["identity"]),
        "tenant_record": wrap_var(tenant),
        "tenant_plan_name": wrap_var(tenant["plan"]),
        "tenant_admin": wrap_var(
            {"email": tenant["admin_email"], "first_name": tenant["admin_first_name"] or tenants.FIRST_NAME}
        ),
    }
