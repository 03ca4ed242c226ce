#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_login_link
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Mint a link that lets a user into a Frappe site once
description:
  - Mints a one-time link on the bench host. A V(login) link opens a session, also where every login door is locked.
  - The link leads to the site's C(host_name). It is a secret, so the task needs C(no_log).
  - Runs on the bench host as the user that owns the bench.
requirements:
  - A bench with Frappe 15 or 16.
options:
  site:
    description: The site's name.
    type: str
    required: true
  user:
    description: The user whom the link lets in.
    type: str
    required: true
  kind:
    description:
      - V(login) opens a session.
      - V(password) leads to the page on which the user sets a password. Each new one ends the last. It is refused where the site
        lets nobody in by password, since it would open a session there.
    type: str
    choices: [login, password]
    default: login
  minutes:
    description: How long a V(login) link works, if nobody uses it. A V(password) link works as long as System Settings say.
    type: int
    default: 10
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.attributes
attributes:
  check_mode:
    support: full
    details: Mints nothing.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each call mints a link.
seealso:
  - module: frappeops.tenants.frappe_login_doors
    description: Sees that there is no other way in.
"""

EXAMPLES = r"""
- name: Let the operator in
  frappeops.tenants.frappe_login_link:
    site: api.acme.example.com
    bench_path: /home/frappe/frappe-bench
    user: Administrator
  delegate_to: bench1
  no_log: true
  register: way_in
"""

RETURN = r"""
link:
  description: The link; empty in check mode.
  returned: success
  type: str
  sample: https://api.acme.example.com/api/method/frappe.www.login.login_via_key?key=...
minutes:
  description: How long it works.
  returned: success
  type: int
  sample: 10
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
            "kind": {"type": "str", "choices": ["login", "password"], "default": "login"},
            "minutes": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params, module.check_mode))


def _work(params: dict, check: bool) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    wanted = {name: params[name] for name in ("user", "kind", "minutes")}
    return {"changed": True, **bench.site(params["site"], "login_link", **wanted, check=check)}


if __name__ == "__main__":
    main()
