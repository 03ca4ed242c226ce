#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_document
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Ensure documents of a Frappe site
description:
  - Ensures documents of any doctype in one site, many in one call, in one transaction, all or none.
  - Settings such as V(System Settings) are documents too.
  - A refusal comes back in Frappe's own words.
  - Runs on the bench host as the user that owns the bench.
requirements:
  - A bench with Frappe 15 or 16.
options:
  site:
    description: The site's name.
    type: str
    required: true
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.bench.documents
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
seealso:
  - module: frappeops.tenants.frappe_site
    description: Makes the site itself.
"""

EXAMPLES = r"""
- name: Set country and time zone
  frappeops.tenants.frappe_document:
    site: api.acme.example.com
    bench_path: /home/frappe/frappe-bench
    documents:
      - doctype: System Settings
        values:
          country: Germany
          time_zone: Europe/Berlin
  delegate_to: bench1

- name: Make a customer, and remove another
  frappeops.tenants.frappe_document:
    site: api.acme.example.com
    bench_path: /home/frappe/frappe-bench
    documents:
      - doctype: Customer
        filters: {customer_name: Globex}
        values: {customer_type: Company}
      - doctype: Customer
        filters: {customer_name: Initech}
        state: absent
  delegate_to: bench1
"""

RETURN = r"""
documents:
  description: What came of each document, in the given order.
  returned: success
  type: list
  elements: dict
  contains:
    doctype:
      description: The document's type.
      type: str
      returned: always
      sample: System Settings
    name:
      description: Its name; empty for one that was not there and shall not be.
      type: str
      returned: always
      sample: System Settings
    change:
      description: One of V(created), V(updated), V(removed) and V(none).
      type: str
      returned: always
      sample: updated
    before:
      description: The changed fields before; secrets hidden.
      type: dict
      returned: always
      sample: {country: ""}
    after:
      description: The changed fields after; secrets hidden.
      type: dict
      returned: always
      sample: {country: Germany}
    fields:
      description: The fields that O(documents[].fields) asks for; empty in check mode when the document is not there yet.
      type: dict
      returned: always
      sample: {api_key: 8c1f0f7a2b3c4d5}
fields:
  description: The fields that Frappe's refusal names.
  returned: when Frappe refuses a document
  type: list
  elements: str
  sample: [time_zone]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import documents
from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "site": {"type": "str", "required": True},
            "documents": {"type": "list", "elements": "dict", "options": documents.DOCUMENT_ARGUMENTS},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params, module.check_mode))


def _work(params: dict, check: bool) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    answers = bench.site(
        params["site"], "ensure_documents", documents=documents.wanted(params["documents"] or []), check=check
    )["documents"]
    return {"changed": bool(documents.changes(answers)), "documents": answers, "diff": documents.diff(answers)}


if __name__ == "__main__":
    main()
