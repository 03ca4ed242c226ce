#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_ping
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: See from outside that a tenant's site answers
description:
  - Asks C(/api/method/ping) of a Frappe site through its public name and succeeds only on status 200 with the message C(pong).
  - On wish proves that it is the right site, by a public file that only this site has, and that the frontend answers.
  - Tries again, with growing pauses, until O(timeout) is over, and then tells the last fault in one line.
  - Proxies of the environment are not used.
options:
  url:
    description: The site's URL, such as V(https://api.acme.example.com).
    type: str
    required: true
    aliases: [backend_url]
  timeout:
    description: Seconds to go on trying; V(0) for one try.
    type: float
    default: 30
  proof_path:
    description:
      - The URL of a public file of the site, such as V(/files/proof.txt).
      - It is asked for with C(download_file), so the answer comes from the site's database and folder, not from nginx.
    type: str
    default: ""
  proof_content:
    description: What the file of O(proof_path) holds, to the last byte.
    type: str
    default: ""
  frontend_url:
    description: A URL that must answer too. Redirects within the same host are followed.
    type: str
    default: ""
  frontend_statuses:
    description: The answers of O(frontend_url) that will do.
    type: list
    elements: int
    default: [200]
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
  - frappeops.tenants.probe
  - frappeops.tenants.view
seealso:
  - module: frappeops.tenants.frappe_login_doors
    description: Looks from the same place whether password login is refused.
"""

EXAMPLES = r"""
- name: See that the site answers through its public name
  frappeops.tenants.frappe_ping:
    url: https://api.acme.example.com
  delegate_to: localhost

- name: See the right site and the frontend, before the name has spread
  frappeops.tenants.frappe_ping:
    url: https://api.acme.example.com
    frontend_url: https://acme.example.com
    address: 192.0.2.10
    proof_path: /files/proof-5f2c.txt
    proof_content: 5f2c91d04be7
    timeout: 60
  delegate_to: localhost

- name: Ask gunicorn on the bench host
  frappeops.tenants.frappe_ping:
    url: http://127.0.0.1:8000
    site: api.acme.example.com
    timeout: 0
"""

RETURN = r"""
url:
  description: What was asked.
  returned: success
  type: str
  sample: https://api.acme.example.com/api/method/ping
status:
  description: The HTTP status of the last answer.
  returned: when there was an answer
  type: int
  sample: 200
address:
  description: The address that answered.
  returned: when there was an answer
  type: str
  sample: 192.0.2.10
timings:
  description: Milliseconds for C(dns), C(connect), C(tls) and C(first_byte) of the ping.
  returned: success
  type: dict
  sample: {dns: 2.1, connect: 0.4, tls: 3.9, first_byte: 12.7}
certificate:
  description: The certificate seen; null for plain HTTP.
  returned: success
  type: dict
  contains:
    issuer:
      description: Who issued it.
      returned: always
      type: str
      sample: R11
    names:
      description: The names it is for.
      returned: always
      type: list
      elements: str
      sample: [acme.example.com, api.acme.example.com]
    not_after:
      description: Until when it is valid.
      returned: always
      type: str
      sample: "2026-09-30T12:00:00Z"
    days_left:
      description: Whole days until then.
      returned: always
      type: int
      sample: 89
proven:
  description: Whether it was proven to be the right site.
  returned: success
  type: bool
  sample: true
frontend:
  description: The same of the frontend, with C(url), C(status), C(address), C(timings) and C(certificate).
  returned: when O(frontend_url) is given
  type: dict
attempts:
  description: How often it was tried.
  returned: always
  type: int
  sample: 2
seconds:
  description: How long it took.
  returned: always
  type: float
  sample: 0.42
error:
  description:
    - What kind of fault it was.
    - One of V(name_not_found), V(dns_failed), V(refused), V(unreachable), V(timeout), V(tls_name), V(tls_unknown_ca),
      V(tls_expired), V(tls_not_yet_valid), V(tls_failed), V(ca_file), V(connection_lost), V(not_http), V(unknown_site), V(half_made_site),
      V(backend_down), V(maintenance), V(not_pong), V(unexpected_status), V(wrong_site), V(frontend_down), V(frontend_status).
  returned: failure
  type: str
  sample: unknown_site
remedy:
  description: What can be done about it.
  returned: failure
  type: str
  sample: Is gunicorn running?
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import probe_arguments
from ansible_collections.frappeops.tenants.plugins.module_utils.ping import Wanted, until_seen
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True, "aliases": ["backend_url"]},
            "timeout": {"type": "float", "default": 30},
            "proof_path": {"type": "str", "default": ""},
            "proof_content": {"type": "str", "default": ""},
            "frontend_url": {"type": "str", "default": ""},
            "frontend_statuses": {"type": "list", "elements": "int", "default": [200]},
            **probe_arguments.ARGUMENTS,
        },
        supports_check_mode=True,
    )
    arguments = module.params
    wanted = Wanted(
        backend_url=arguments["url"],
        site=arguments["site"],
        proof_path=arguments["proof_path"],
        proof_content=arguments["proof_content"],
        frontend_url=arguments["frontend_url"],
        frontend_statuses=tuple(arguments["frontend_statuses"]),
    )
    client = probe_arguments.client(arguments)
    run(module, lambda: {"changed": False, **until_seen(client, wanted, arguments["timeout"])})


if __name__ == "__main__":
    main()
