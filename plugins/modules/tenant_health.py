#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_health
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Look at tenants as the people see them who use them
description:
  - Looks at each tenant from outside, through its public names, and tells of each thing whether it is as it should be.
  - Nothing is changed, and a tenant that is not well does not fail the task; read RV(status).
  - Proxies of the environment are not used.
options:
  tenants:
    description: The tenants.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The tenant's name.
        type: str
        required: true
      site:
        description: Its Frappe site.
        type: str
        required: true
      frontend_url:
        description: The frontend's URL.
        type: str
        required: true
      backend_url:
        description: The site's URL.
        type: str
        required: true
      proof_path:
        description: The URL of a public file that only this tenant's site has, such as V(/files/5f2c.txt).
        type: str
        default: ""
      proof_content:
        description: What it holds, to the last byte.
        type: str
        default: ""
      adopted:
        description: Whether the tenant was not made by this collection. Then C(sign_in), C(right_site), C(files) and C(doors) are not looked at.
        type: bool
        default: false
      provider_url:
        description: The OAuth provider, to whose host the frontend's C(/auth/login) has to lead; empty where people don't sign in so.
        type: str
        default: ""
      suspended:
        description: Whether it is suspended. Then nginx has to say so, and what lies behind it is not looked at.
        type: bool
        default: false
      client_id:
        description: Not used here, so that P(frappeops.tenants.health_subjects#filter) fits M(frappeops.tenants.frappe_site_health) too.
        type: str
      authorize_url:
        description: Not used here.
        type: str
      redirect_uri:
        description: Not used here.
        type: str
  addresses:
    description: Where the tenants' names should lead. Other addresses are a failure; nothing is judged when it is empty.
    type: list
    elements: str
    default: []
  http_port:
    description: The port of plain HTTP, which has to lead to HTTPS.
    type: int
    default: 80
  password_login:
    description: Whether people sign in with passwords; then that door must be open, and the others closed.
    type: bool
    default: false
  frontend_statuses:
    description: The frontend's answers that will do. Redirects within its host are followed.
    type: list
    elements: int
    default: [200]
  timeout:
    description:
      - For how many seconds to wait until a tenant is there, before it is looked at.
      - It is there when its site answers pong, as the right one, and its frontend answers.
    type: float
    default: 0
  warn_days:
    description: A certificate that ends in fewer days is a warning.
    type: int
    default: 14
  leave_out:
    description: Checks that are not made.
    type: list
    elements: str
    choices: [dns, certificate, backend, frontend, sign_in, redirect, right_site, files, uploads, secret_paths, doors, socket]
    default: []
  at_once:
    description: How many tenants are looked at at the same time.
    type: int
    default: 8
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
  - frappeops.tenants.view
seealso:
  - module: frappeops.tenants.frappe_ping
    description: Waits until a tenant answers.
"""

EXAMPLES = r"""
- name: Look at a tenant
  frappeops.tenants.tenant_health:
    tenants:
      - name: acme
        site: api.acme.example.com
        frontend_url: https://acme.example.com
        backend_url: https://api.acme.example.com
  delegate_to: localhost
  register: health
"""

RETURN = r"""
status:
  description: The worst of all tenants, V(PASS), V(WARN) or V(FAIL).
  returned: success
  type: str
  sample: PASS
tenants:
  description: What was seen of each tenant, in the given order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The tenant's name.
      returned: always
      type: str
      sample: acme
    status:
      description: The worst of its checks.
      returned: always
      type: str
      sample: WARN
    checks:
      description:
        - Each check with C(name), C(status), C(seen), C(wanted) and C(remedy).
        - What means nothing without a check that failed is not looked at; its status is V(SKIP).
      returned: always
      type: list
      elements: dict
      sample:
        - name: certificate
          status: WARN
          seen: trusted, 9 days left
          wanted: at least 14 days left
          remedy: Is certbot's timer running? certbot renew
    evidence:
      description:
        - What was seen that is worth keeping, as far as its checks passed.
        - Of the backend C(url), C(status), C(address), C(certificate) and C(timings) as of M(frappeops.tenants.frappe_ping), the
          status C(frontend), whether it is C(proven) to be the right site, and C(doors) as of M(frappeops.tenants.frappe_login_doors).
      returned: always
      type: dict
      sample: {status: 200, address: 192.0.2.10, frontend: 200, proven: true}
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import probe_arguments
from ansible_collections.frappeops.tenants.plugins.module_utils.health_check import worst
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run
from ansible_collections.frappeops.tenants.plugins.module_utils.tenant_health import (
    CHECKS,
    Subject,
    await_answers,
    examine,
)

OF_ALL = ("http_port", "password_login", "warn_days")
#: What only frappe_site_health judges.
FOR_INSIDE = ("client_id", "authorize_url", "redirect_uri")


def main() -> None:
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "tenants": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": text,
                    "site": text,
                    "frontend_url": text,
                    "backend_url": text,
                    "proof_path": {"type": "str", "default": ""},
                    "proof_content": {"type": "str", "default": ""},
                    "adopted": {"type": "bool", "default": False},
                    "provider_url": {"type": "str", "default": ""},
                    "suspended": {"type": "bool", "default": False},
                    **dict.fromkeys(FOR_INSIDE, {"type": "str"}),
                },
            },
            "addresses": {"type": "list", "elements": "str", "default": []},
            "http_port": {"type": "int", "default": 80},
            "password_login": {"type": "bool", "default": False, "no_log": False},
            "frontend_statuses": {"type": "list", "elements": "int", "default": [200]},
            "timeout": {"type": "float", "default": 0},
            "warn_days": {"type": "int", "default": 14},
            "leave_out": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": []},
            "at_once": {"type": "int", "default": 8},
            **probe_arguments.VIEW,
        },
        supports_check_mode=True,
    )
    run(module, lambda: _look_at_all(module.params))


def _look_at_all(arguments: dict[str, Any]) -> dict[str, Any]:
    subjects = [_subject(arguments, tenant) for tenant in arguments["tenants"]]
    with ThreadPoolExecutor(max(1, arguments["at_once"])) as pool:
        tenants = list(pool.map(lambda subject: _look_at(arguments, subject), subjects))
    return {"changed": False, "status": worst([tenant["status"] for tenant in tenants]), "tenants": tenants}


def _subject(arguments: dict[str, Any], tenant: dict[str, Any]) -> Subject:
    own = {name: value for name, value in tenant.items() if name not in FOR_INSIDE}
    shared = {name: arguments[name] for name in OF_ALL}
    lists = {name: tuple(arguments[name]) for name in ("addresses", "frontend_statuses")}
    return Subject(**own, **shared, **lists)


def _look_at(arguments: dict[str, Any], subject: Subject) -> dict[str, Any]:
    client, left_out = probe_arguments.client(arguments), arguments["leave_out"]
    if arguments["timeout"]:
        await_answers(client, subject, left_out, arguments["timeout"])
    checks = examine(client, subject, left_out)
    return {
        "name": subject.name,
        "status": worst([check.status for check in checks]),
        "checks": [check.as_dict() for check in checks],
        "evidence": {name: value for check in checks for name, value in check.evidence.items()},
    }


if __name__ == "__main__":
    main()
