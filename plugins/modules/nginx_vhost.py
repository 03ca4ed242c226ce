#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_vhost
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Publish a server configuration in nginx, tested before it is live
description:
  - Publishes one configuration file in nginx, or withdraws it, and reloads nginx once.
  - The candidate is tested with C(nginx -t) in a scratch copy of the live configuration. A candidate that nginx
    refuses never reaches the live configuration, and the message names nginx's own reason with file and line.
  - A live configuration that is broken already is reported as such and left alone.
  - Files are put in place whole by renaming. After the reload the module waits until new workers serve. When nginx
    does not take the configuration over, the former files are put back.
  - Runs that publish at the same time share tests and reloads. A test is made with all candidates that wait; one that nginx refuses is
    left out, and refused only for what it does alone. A reload that began after a run's files were in place serves that run too.
  - Each file begins with a mark naming its O(owner). A file or link with another mark, or without one, is never
    overwritten and never deleted.
options:
  name:
    description: The name of the file.
    type: str
    required: true
  state:
    description:
      - V(present) publishes O(content).
      - V(absent) removes file, snippets and link if they carry the mark of O(owner). What does not stays, which
        RV(left) tells.
    type: str
    choices: [present, absent]
    default: present
  owner:
    description: Who publishes, such as the id of a provisioning.
    type: str
    required: true
  content:
    description: The text of the configuration file, to be read in nginx's C(http) context. Required when O(state=present).
    type: str
  snippets:
    description:
      - Further files that O(content) includes, as a dictionary of path and text.
      - They must be below the folder of O(nginx_config). They are tested, published and removed together with the file.
      - With O(state=absent) only the paths matter.
    type: dict
    default: {}
  available_dir:
    description:
      - The folder that holds the file, with a link to it in O(enabled_dir), as is the way on Debian.
      - An empty value puts the file itself into O(enabled_dir), as is the way on Red Hat.
    type: str
    default: /etc/nginx/sites-available
  enabled_dir:
    description: The folder that nginx includes.
    type: path
    default: /etc/nginx/sites-enabled
  entry:
    description:
      - The same tenant's entry in the layout shared, which is withdrawn once O(content) is served (M(frappeops.tenants.nginx_tenant)).
      - Only an entry of the same O(owner) is. So a tenant changes its layout without a gap.
    type: dict
    suboptions:
      tenant:
        description: The tenant.
        type: str
        required: true
      frontend_host:
        description: Its frontend host.
        type: str
        required: true
      backend_host:
        description: Its backend host.
        type: str
        required: true
extends_documentation_fragment:
  - frappeops.tenants.nginx
  - frappeops.tenants.nginx.publish
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
notes:
  - In check mode the candidate is tested too, unless a certificate file that it names does not exist yet.
"""

EXAMPLES = r"""
- name: Publish a tenant
  frappeops.tenants.nginx_vhost:
    name: acme.example.com.conf
    owner: 4f1c2a9b7d3e5f60
    content: "{{ lookup('ansible.builtin.template', 'vhost.conf.j2') }}"

- name: Publish without links, as on Red Hat
  frappeops.tenants.nginx_vhost:
    name: acme.example.com.conf
    owner: 4f1c2a9b7d3e5f60
    content: "{{ lookup('ansible.builtin.template', 'vhost.conf.j2') }}"
    available_dir: ""
    enabled_dir: /etc/nginx/conf.d

- name: Withdraw the tenant
  frappeops.tenants.nginx_vhost:
    name: acme.example.com.conf
    owner: 4f1c2a9b7d3e5f60
    state: absent
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /etc/nginx/sites-available/acme.example.com.conf
link:
  description: The link by which nginx reads it, or an empty text.
  returned: success
  type: str
  sample: /etc/nginx/sites-enabled/acme.example.com.conf
reason:
  description: What was done, or why nothing was.
  returned: success
  type: str
  sample: published and loaded
left:
  description: Whether something of somebody else stays in that place.
  returned: when O(state=absent)
  type: bool
  sample: false
problem:
  description: The kind of failure, one of V(candidate_refused), V(live_configuration_broken) and V(foreign_file).
  returned: when one of these is the reason of the failure
  type: str
  sample: candidate_refused
file:
  description: The file that nginx named.
  returned: when the candidate was refused
  type: str
  sample: /etc/nginx/sites-enabled/acme.example.com.conf
line:
  description: The line that nginx named.
  returned: when the candidate was refused
  type: int
  sample: 12
commands:
  description: The programs that were run, as argument lists.
  returned: success
  type: list
  elements: list
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.nginx_arguments import PUBLISH_ARGUMENTS, nginx_of, require_answer
from ..module_utils.nginx_entries import Entries, folder_beside
from ..module_utils.nginx_publish import Publisher, place
from ..module_utils.runner import run
from ..module_utils.tools import Tools

ARGUMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "owner": {"type": "str", "required": True},
    "content": {"type": "str"},
    "snippets": {"type": "dict", "default": {}},
    "available_dir": {"type": "str", "default": "/etc/nginx/sites-available"},
    "enabled_dir": {"type": "path", "default": "/etc/nginx/sites-enabled"},
    "entry": {
        "type": "dict",
        "options": {name: {"type": "str", "required": True} for name in ("tenant", "frontend_host", "backend_host")},
    },
    **PUBLISH_ARGUMENTS,
}


def ensure(params: dict[str, Any], check_mode: bool, tools: Tools) -> dict[str, Any]:
    nginx = nginx_of(params, tools)
    placement = place(params["name"], params["available_dir"], params["enabled_dir"], params["snippets"])
    publisher = Publisher(nginx, params["owner"], check_mode)
    if params["state"] == "absent":
        result = publisher.absent(placement)
    else:
        result = publisher.present(placement, params["content"])
        if not check_mode:
            require_answer(nginx, params)
        if params["entry"]:
            entries = Entries(folder_beside(params["nginx_config"]), check_mode)
            result["changed"] |= entries.absent(owner=params["owner"], **params["entry"])["changed"]
    paths = {"path": str(placement.file), "link": str(placement.link or "")}
    return {**result, **paths, "commands": tools.commands}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "present", ("content",))],
        supports_check_mode=True,
    )
    tools = Tools()
    run(module, lambda: ensure(module.params, module.check_mode, tools))


if __name__ == "__main__":
    main()
