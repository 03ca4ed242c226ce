#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_api_key
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Give a user of a Frappe site an API key
description:
  - Gives the user a key and a secret for Frappe's API, unless he has them. A call bears both in its header C(Authorization),
    as C(token KEY:SECRET).
  - The secret is told only by the call that makes it, so the task needs C(no_log).
  - Runs on the bench host as the user that owns the bench.
requirements:
  - A bench with Frappe 15 or 16.
options:
  site:
    description: The site's name.
    type: str
    required: true
  user:
    description: The user.
    type: str
    required: true
  renew:
    description: Whether to replace the key that he has. That one is worthless then.
    type: bool
    default: false
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: With O(renew) each call makes a new key.
seealso:
  - module: frappeops.tenants.frappe_document
    description: Gives the user the roles that his calls need.
"""

EXAMPLES = r"""
- name: Give the administrator an API key
  frappeops.tenants.frappe_api_key:
    site: api.acme.example.com
    bench_path: /home/frappe/frappe-bench
    user: ada@acme.com
  delegate_to: bench1
  no_log: true
  register: key
"""

RETURN = r"""
api_key:
  description: The key; empty in check mode when there is none yet.
  returned: success
  type: str
  sample: 8c1f0f7a2b3c4d5
api_secret:
  description: The secret; V(null) when the user had a key already, and in check mode.
  returned: success
  type: str
  sample: "********"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "site": {"type": "str", "required": True},
            "user": {"type": "str", "required": True},
            "renew": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params, module.check_mode))


def _work(params: dict, check: bool) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    return bench.site(params["site"], "ensure_api_key", user=params["user"], renew=params["renew"], check=check)


if __name__ == "__main__":
    main()
