# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/tenant_orders.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_orders
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Read and check which tenants are wanted
description:
  - Reads the tenants from the values of a command, from a list, or from a file, and checks all of them before anything is made.
  - Refused are unknown fields, broken and reserved names, names and hosts that are there twice or belong to another tenant in the
    registry, addresses that are none, unknown plans and benches, and benches that lack an app of the plan.
  - All problems are told at once, one line each, with the line of the file or the number of the entry.
options:
  tenant:
    description: The name of a single tenant.
    type: raw
  admin_email:
    description: The address of the administrator. With O(tenants) and O(tenants_file) it holds for those that leave theirs out.
    type: raw
  admin_first_name:
    description:
      - The administrator's first name, as O(admin_email).
      - When it is left out it stays as it is at a tenant that is there, and is V(Admin) at a new one.
    type: raw
  plan:
    description:
      - The plan, as O(admin_email).
      - When it is left out it stays as it is at a tenant that is there, and is O(default_plan) at a new one.
    type: raw
  bench:
    description: The bench that the tenant shall live on, as O(admin_email). When it is left out, the registry chooses.
    type: raw
  country:
    description:
      - The tenant's country, by its English name in Frappe, as O(admin_email).
      - When it is left out it stays as it is at a tenant that is there, and is the plan's or the operator's for all otherwise. So are
        the next two.
    type: raw
  time_zone:
    description: The tenant's time zone, as O(country).
    type: raw
  language:
    description: The code of the tenant's language, as O(country).
    type: raw
  tenants:
    description:
      - Many tenants, a list of dictionaries with O(tenant), O(admin_email), O(admin_first_name), O(plan), O(bench), O(country),
        O(time_zone) and O(language).
    type: raw
  tenants_file:
    description:
      - A file on the controller with many tenants, UTF-8, with a name in C(.csv), C(.yml), C(.yaml) or C(.json).
      - A CSV file has a header with the names of its columns. It is separated by commas, semicolons or tabs, whichever its
        header holds; a byte order mark, Windows line ends and empty lines do no harm.
      - A YAML file is a list of dictionaries, or has one under C(tenants). Every value in it is a text, as in CSV.
    type: path
  domain:
    description: The domain below which the tenants live.
    type: str
    required: true
  hosts:
    description: How the two hosts of a tenant are named, see M(frappeops.tenants.tenant_name_validate).
    type: dict
    suboptions:
      frontend:
        description: The host that people open.
        type: str
        default: "{tenant}.{domain}"
      backend:
        description: The host of the Frappe site.
        type: str
        default: "api.{tenant}.{domain}"
  https_port:
    description: The port in the URLs.
    type: int
    default: 443
  reserved:
    description: Names that are refused beside the built-in ones.
    type: list
    elements: str
    default: []
  plans:
    description: The plans, by name.
    type: dict
    required: true
  default_plan:
    description: The plan of a new tenant that names none.
    type: str
    required: true
  benches:
    description: The benches, as the filter C(frappeops.tenants.bench_places) reads them from the inventory.
    type: list
    elements: dict
    required: true
  quarantine_days:
    description: For how many days the name of a tenant that was taken away is refused to everybody but its last administrator.
    type: int
    default: 0
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_registry
    description: Claims the name and the place, when a tenant's turn has come.
"""

EXAMPLES = r"""
- name: Read a file of customers
  frappeops.tenants.tenant_orders:
    tenants_file: customers.csv
    domain: example.com
    plans:
      starter: {apps: []}
      professional: {apps: [erpnext]}
    default_plan: starter
    benches: "{{ groups['benches'] | frappeops.tenants.bench_places(hostvars) }}"
  register: customers
"""

RETURN = r"""
orders:
  description: The tenants, in the given order.
  returned: success
  type: list
  elements: dict
  contains:
    identity:
      description: All names of the tenant, see M(frappeops.tenants.tenant_name_validate).
      type: dict
      returned: always
      sample: {name: acme, site: api.acme.example.com}
    admin:
      description: The administrator.
      type: dict
      returned: always
      sample: {email: ada@acme.com, first_name: Ada}
    plan:
      description: The plan's name.
      type: str
      returned: always
      sample: starter
    bench:
      description: The bench that is asked for, or an empty text.
      type: str
      returned: always
      sample: ""
problems:
  description: What is refused, and where it stands.
  returned: when there are any
  type: list
  elements: dict
  contains:
    where:
      description: The line of the file or the number of the entry; empty for the values of a command.
      type: str
      returned: always
      sample: line 7
    message:
      description: What is refused, why, and an example.
      type: str
      returned: always
      sample: "tenant: 'acme' is refused: it is named more than once, first in line 3."
"""
