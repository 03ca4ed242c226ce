# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_seed
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Bring the first data into a Frappe site
description:
  - Completes Frappe's setup wizard, ensures documents, and imports CSV texts through Frappe's own importer, in this order and in
    one process. What is in already is left alone.
  - A CSV text is imported once. A text that differs in any way is another one.
  - Frappe keeps each row by itself. When rows are refused, the others stay in, and the same text goes on with what is missing.
  - Values that Frappe can't take, and columns that no field of the doctype matches, refuse the whole text before its first row.
  - Runs on the bench host as the user that owns the bench.
options:
  site:
    description: The site.
    type: str
    required: true
  setup_wizard:
    description:
      - What the setup wizard asks; the language and the time zone are those that the site has. Without it the wizard is left alone.
      - With ERPNext it makes the company, its accounts, warehouses and fiscal year, which takes about ten seconds.
      - A site whose wizard was completed, here or by a person, is left as it is.
    type: dict
    suboptions:
      country:
        description: The country, by its English name in Frappe.
        type: str
        required: true
      currency:
        description: The currency's code. By default that of the country.
        type: str
      company:
        description: The company's name.
        type: str
        required: true
      abbreviation:
        description: Its abbreviation, which ends the names of its accounts. By default the first letters of its words.
        type: str
      chart_of_accounts:
        description: The chart of accounts, by its name in ERPNext. By default the first one for the country.
        type: str
      fiscal_year_start:
        description: The first day of the fiscal year, as V(2026-04-01). By default the first of January of this year.
        type: str
  imports:
    description: CSV texts, each with a header line of field names or labels.
    type: list
    elements: dict
    default: []
    suboptions:
      doctype:
        description: What each row becomes.
        type: str
        required: true
      content:
        description: The CSV text.
        type: str
        required: true
      update:
        description: Whether rows change documents that are there, found by the column C(ID), instead of making new ones.
        type: bool
        default: false
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.bench.documents
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
seealso:
  - module: frappeops.tenants.frappe_document
    description: Ensures documents alone.
"""

EXAMPLES = r"""
- name: Set up the company, and bring in its customers
  frappeops.tenants.frappe_seed:
    site: api.acme.example.com
    bench_path: /home/frappe/frappe-bench
    setup_wizard:
      country: Germany
      company: Acme GmbH
    documents:
      - doctype: Customer Group
        name: Wholesale
        values: {customer_group_name: Wholesale}
    imports:
      - doctype: Customer
        content: "{{ lookup('ansible.builtin.file', 'customers.csv') }}"
  delegate_to: bench1
"""

RETURN = r"""
setup_completed:
  description: Whether the setup wizard was completed now.
  returned: success
  type: bool
  sample: true
documents:
  description: What came of each document, as M(frappeops.tenants.frappe_document) tells it.
  returned: success
  type: list
  elements: dict
  sample: [{doctype: Customer Group, name: Wholesale, change: created, before: {}, after: {}, fields: {}}]
imports:
  description: What came of each CSV text, with its C(doctype), C(change), V(imported) or V(none), and the C(rows) it has.
  returned: success
  type: list
  elements: dict
  sample: [{doctype: Customer, change: imported, rows: 120}]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import documents, seeds
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "site": {"type": "str", "required": True},
            "setup_wizard": seeds.WIZARD_ARGUMENT,
            "documents": {"type": "list", "elements": "dict", "options": documents.DOCUMENT_ARGUMENTS},
            "imports": seeds.IMPORTS_ARGUMENT,
        },
        supports_check_mode=True,
    )
    params = module.params
    run(
        module,
        lambda: seeds.seed(
            Bench(params["bench_path"], params["bench_command"], params["timeout"]), params, module.check_mode
        ),
    )


if __name__ == "__main__":
    main()
