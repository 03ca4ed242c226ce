#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_site_health
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Look into tenants' sites
description:
  - Asks Frappe itself what can't be seen of a tenant from outside, whether its scheduler is on, whether a worker really runs its
    background jobs, whether links in mails carry the right host, and whether sign-in leads to the provider as the tenant's client,
    which answers, and back.
  - Where people sign in through a site of this bench, it looks there too whether the tenants are clients. Such a site asks people
    to log in before it looks at the client, so nothing of it is seen from outside.
  - All sites of a bench are looked into in one process. Each gets one background job that does nothing; none stays in the queue.
  - A tenant that is not well does not fail the task; read its checks.
  - Runs on the bench host as the user that owns the bench.
options:
  tenants:
    description: The tenants of this bench.
    type: list
    elements: dict
    required: true
    suboptions: &tenant
      name:
        description: The tenant's name.
        type: str
        required: true
      site:
        description: Its Frappe site.
        type: str
        required: true
      backend_url:
        description: The site's URL, which its links have to carry.
        type: str
        required: true
      authorize_url:
        description: Where sign-in has to lead. Without it any host but the tenant's own will do.
        type: str
      client_id:
        description: The tenant's client at the provider. Without it any will do.
        type: str
      redirect_uri:
        description: Where the provider has to send people back. Only O(oauth_tenants) need it.
        type: str
      frontend_url:
        description: Not used here, so that P(frappeops.tenants.health_subjects#filter) fits both modules.
        type: str
      proof_path:
        description: Not used here.
        type: str
      proof_content:
        description: Not used here.
        type: str
      adopted:
        description: Whether the tenant was not made by this collection. Then C(links), C(oauth), C(provider) and C(client) are not looked at.
        type: bool
        default: false
      provider_url:
        description: Not used here.
        type: str
      suspended:
        description: Not used here. The site of a suspended tenant goes on.
        type: bool
  oauth_site:
    description: A site of this bench through which people sign in to O(oauth_tenants). Empty when there is none here.
    type: str
    default: ""
  oauth_tenants:
    description: Tenants of any bench that have to be clients of O(oauth_site), each as in O(tenants).
    type: list
    elements: dict
    default: []
    suboptions: *tenant
  leave_out:
    description: Checks that are not made.
    type: list
    elements: str
    choices: [inside, scheduler, schedule, jobs, links, oauth, provider, client]
    default: []
  password_login:
    description: Whether people sign in with passwords; then no provider is looked for.
    type: bool
    default: false
  job_timeout:
    description: For how many seconds the workers may take to run all jobs.
    type: float
    default: 20
  ca_file:
    description: A file on the bench host with the authority of the provider's certificate; without it those that the host trusts.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.tenant_health
    description: Looks at the tenants from outside.
"""

EXAMPLES = r"""
- name: Look into a site
  frappeops.tenants.frappe_site_health:
    bench_path: /home/frappe/frappe-bench
    tenants:
      - name: acme
        site: api.acme.example.com
        backend_url: https://api.acme.example.com
  delegate_to: bench1
  register: inside
"""

RETURN = r"""
tenants:
  description:
    - What was seen of each tenant, in the given order, then of each of O(oauth_tenants) whether it is a client.
    - So one may be there twice, which M(frappeops.tenants.tenant_health_report) puts together.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The tenant's name.
      returned: always
      type: str
      sample: acme
    checks:
      description: As of M(frappeops.tenants.tenant_health).
      returned: always
      type: list
      elements: dict
      sample:
        - {name: inside, status: PASS, seen: Frappe opens the site, wanted: Frappe opens the site, remedy: ""}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run
from ansible_collections.frappeops.tenants.plugins.module_utils.site_health import CHECKS, AuthSite, Wanted, examine

TENANT = {
    **dict.fromkeys(("name", "site", "backend_url"), {"type": "str", "required": True}),
    **dict.fromkeys(("authorize_url", "client_id", "redirect_uri"), {"type": "str"}),
    **dict.fromkeys(("frontend_url", "proof_path", "proof_content", "provider_url"), {"type": "str"}),
    "suspended": {"type": "bool"},
    "adopted": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "tenants": {"type": "list", "elements": "dict", "required": True, "options": TENANT},
            "oauth_site": {"type": "str", "default": ""},
            "oauth_tenants": {"type": "list", "elements": "dict", "default": [], "options": TENANT},
            "leave_out": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": []},
            "password_login": {"type": "bool", "default": False, "no_log": False},
            "job_timeout": {"type": "float", "default": 20},
            "ca_file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params))


def _work(params: dict) -> dict:
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    wanted = Wanted(params["password_login"], params["job_timeout"], params["leave_out"], params["ca_file"])
    auth = AuthSite(params["oauth_site"], params["oauth_tenants"])
    return {"changed": False, "tenants": examine(bench, params["tenants"], wanted, auth)}


if __name__ == "__main__":
    main()
