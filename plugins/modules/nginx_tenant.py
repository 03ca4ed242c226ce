#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_tenant
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Publish a tenant in nginx's shared servers, with no reload
description:
  - Publishes, suspends, resumes or withdraws a tenant as an entry of the servers that the role
    P(frappeops.tenants.edge_host#role) makes for the layout V(shared). It takes effect with the next request, and nginx is not reloaded.
  - An entry is a folder with files and links that nginx looks for, and a link to it by each of the tenant's hosts. It changes over by
    a rename, so a host has the whole old or the whole new entry at any time.
  - An entry of another O(owner) is never overwritten and never deleted.
  - nginx's workers read the certificate themselves, at each handshake. It is tried whether they can, before anything is published.
options:
  tenant:
    description: The tenant's name.
    type: str
    required: true
  state:
    description:
      - V(active) and V(suspended) publish the tenant. The hosts of a suspended one answer only that.
      - V(absent) withdraws it. An entry of another owner stays, which RV(left) tells.
    type: str
    choices: [active, suspended, absent]
    default: active
  owner:
    description: Who publishes, such as the id of a provisioning.
    type: str
    required: true
  frontend_host:
    description: The tenant's frontend host. It must fit a host pattern of the edge.
    type: str
    required: true
  backend_host:
    description: The tenant's backend host, which is the name of its site too.
    type: str
    required: true
  bench:
    description: The bench, as in the names of the upstreams C(frappe_tenants_bench_...). Required unless O(state=absent).
    type: str
  sites_path:
    description: The bench's sites folder, as nginx sees it. Required unless O(state=absent).
    type: path
  fullchain:
    description: The certificate with its chain. Without one the tenant is served by HTTP.
    type: str
    default: ""
  privkey:
    description: The certificate's key.
    type: str
    default: ""
  certbot_config_dir:
    description:
      - certbot's folder, if O(privkey) is one of its keys. The group of nginx's workers then gets the right to read this key and to pass
        through the folders above it, which certbot keeps at each renewal. It needs root.
      - When it is empty no right is given, and the operator sees to it.
    type: path
  desk:
    description: Whether the backend host serves Frappe's desk and web pages, or only the API.
    type: bool
    default: false
  password_login:
    description: Whether people sign in by password. Then the backend host does not refuse it, and serves the pages for it.
    type: bool
    default: false
  vhost:
    description:
      - The same tenant's file in the layout vhost, which is withdrawn once the entry is published (M(frappeops.tenants.nginx_vhost)).
      - Only a file of the same O(owner) is. So a tenant changes its layout without a gap. This takes a reload.
    type: dict
    suboptions:
      name:
        description: The name of the file.
        type: str
        required: true
      available_dir:
        description: The folder that holds the file. Empty when the file itself is in the other folder.
        type: str
        required: true
      enabled_dir:
        description: The folder that nginx includes.
        type: path
        required: true
extends_documentation_fragment:
  - frappeops.tenants.nginx
  - frappeops.tenants.nginx.publish
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
seealso:
  - module: frappeops.tenants.nginx_vhost
    description: The other layout, a file for each tenant.
"""

EXAMPLES = r"""
- name: Publish a tenant with a certificate of its own
  frappeops.tenants.nginx_tenant:
    tenant: acme
    owner: 4f1c2a9b7d3e5f60
    frontend_host: acme.example.com
    backend_host: api.acme.example.com
    bench: bench1
    sites_path: /home/frappe/frappe-bench/sites
    fullchain: /etc/letsencrypt/live/acme.example.com/fullchain.pem
    privkey: /etc/letsencrypt/live/acme.example.com/privkey.pem
    certbot_config_dir: /etc/letsencrypt

- name: Withdraw it
  frappeops.tenants.nginx_tenant:
    tenant: acme
    state: absent
    owner: 4f1c2a9b7d3e5f60
    frontend_host: acme.example.com
    backend_host: api.acme.example.com
"""

RETURN = r"""
reason:
  description: What was done, or why nothing was.
  returned: success
  type: str
  sample: published
left:
  description: Whether an entry of somebody else stays in that place.
  returned: when O(state=absent)
  type: bool
  sample: false
problem:
  description: The kind of failure, V(foreign_file).
  returned: when this is the reason of the failure
  type: str
  sample: foreign_file
commands:
  description: The programs that were run, as argument lists. There are none unless a file of the other layout was withdrawn.
  returned: success
  type: list
  elements: list
"""

import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.key_access import let_read, require_readable
from ..module_utils.nginx_arguments import PUBLISH_ARGUMENTS, nginx_of, require_answer
from ..module_utils.nginx_entries import Entries, folder_beside
from ..module_utils.nginx_entry import Entry
from ..module_utils.nginx_publish import Publisher, place
from ..module_utils.runner import run
from ..module_utils.tools import Tools

ARGUMENTS: dict[str, dict[str, Any]] = {
    "tenant": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["active", "suspended", "absent"], "default": "active"},
    "owner": {"type": "str", "required": True},
    "frontend_host": {"type": "str", "required": True},
    "backend_host": {"type": "str", "required": True},
    "bench": {"type": "str"},
    "sites_path": {"type": "path"},
    "fullchain": {"type": "str", "default": ""},
    "privkey": {"type": "str", "default": "", "no_log": False},
    "certbot_config_dir": {"type": "path"},
    "desk": {"type": "bool", "default": False},
    "password_login": {"type": "bool", "default": False, "no_log": False},
    "vhost": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "available_dir": {"type": "str", "required": True},
            "enabled_dir": {"type": "path", "required": True},
        },
    },
    **PUBLISH_ARGUMENTS,
}
_IDENTITY = ("tenant", "owner", "frontend_host", "backend_host")
_ENTRY = (*_IDENTITY, "state", "bench", "sites_path", "fullchain", "privkey", "desk", "password_login")


def ensure(params: dict[str, Any], check_mode: bool, tools: Tools) -> dict[str, Any]:
    entries = Entries(folder_beside(params["nginx_config"]), check_mode)
    if params["state"] == "absent":
        result = entries.absent(**{name: params[name] for name in _IDENTITY})
    else:
        result = _publish(entries, params, check_mode, tools)
    return {**result, "commands": tools.commands}


def _publish(entries: Entries, params: dict[str, Any], check_mode: bool, tools: Tools) -> dict[str, Any]:
    nginx = nginx_of(params, tools)
    if not check_mode:
        nginx.require_running()
        if params["fullchain"]:
            account = nginx.worker_account()
            if params["certbot_config_dir"]:
                let_read(params["privkey"], Path(params["certbot_config_dir"]), account)
            require_readable([params["fullchain"], params["privkey"]], account)
    result = entries.present(Entry(**{name: params[name] for name in _ENTRY}))
    former = place(**params["vhost"]) if params["vhost"] else None
    # Asked first: withdrawing nothing might make up for somebody else's reload, and an entry takes none.
    if former is not None and os.path.lexists(former.read):
        result["changed"] |= Publisher(nginx, params["owner"], check_mode).absent(former)["changed"]
    if not check_mode:
        require_answer(nginx, params)
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "active", ("bench", "sites_path")), ("state", "suspended", ("bench", "sites_path"))],
        supports_check_mode=True,
    )
    tools = Tools()
    run(module, lambda: ensure(module.params, module.check_mode, tools))


if __name__ == "__main__":
    main()
