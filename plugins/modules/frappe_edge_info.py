#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_edge_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Look at all tenants that an edge serves
description:
  - Tells in one call which tenants the nginx of an edge serves, by the files that it reads, which of our files it does not
    read, and which certificates certbot keeps.
  - Only files are read; no program is run.
  - Runs on the edge as a user who may read nginx's and certbot's folders.
options:
  nginx_config:
    description: nginx's configuration file. What it includes is read too.
    type: path
    default: /etc/nginx/nginx.conf
  available_dir:
    description: The folder of files of which nginx reads those that are linked; empty where there is none.
    type: str
    default: /etc/nginx/sites-available
  certificate_config_dir:
    description: certbot's configuration folder. A folder that is not there has no certificates.
    type: path
    default: /etc/letsencrypt
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.frappe_bench_info
    description: Looks at all sites of a bench.
"""

EXAMPLES = r"""
- name: Look at all tenants of the edge
  frappeops.tenants.frappe_edge_info:
  register: edge
"""

RETURN = r"""
published:
  description: What nginx serves, sorted by file. Files written by hand are among it, as far as they name a host.
  returned: success
  type: list
  elements: dict
  contains:
    file:
      description: The file, under the name by which nginx reads it.
      returned: success
      type: str
      sample: /etc/nginx/sites-enabled/acme.example.com.conf
    owner:
      description: The provisioning that made it, by the mark in it; empty when it bears none.
      returned: success
      type: str
      sample: 4f1c9a7be2d85310
    hosts:
      description: Its host names.
      returned: success
      type: list
      elements: str
      sample: [acme.example.com, api.acme.example.com]
    site:
      description: The site that requests are sent to; empty when it does not say.
      returned: success
      type: str
      sample: api.acme.example.com
    tenant:
      description: The tenant's name; empty when it does not say.
      returned: success
      type: str
      sample: acme
    suspended:
      description: Whether its hosts answer only that it is suspended.
      returned: success
      type: bool
      sample: false
    edited:
      description: Whether it bears a mark of ours and was changed by hand since it was published.
      returned: success
      type: bool
      sample: false
unread:
  description: Files that bear a mark of ours and that nginx does not read, each with C(file) and C(owner).
  returned: success
  type: list
  elements: dict
  sample:
    - {file: /etc/nginx/sites-available/gone.example.com.conf, owner: 77aa02c1d3e4f506}
certificates:
  description: The certificates, as M(frappeops.tenants.certbot_certificate_info) tells of them.
  returned: success
  type: list
  elements: dict
  sample:
    - {lineage: acme.example.com, owner: 4f1c9a7be2d85310, ours: true, names: [acme.example.com, api.acme.example.com], days_left: 88}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils.edge_survey import survey
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "nginx_config": {"type": "path", "default": "/etc/nginx/nginx.conf"},
            "available_dir": {"type": "str", "default": "/etc/nginx/sites-available"},
            "certificate_config_dir": {"type": "path", "default": "/etc/letsencrypt"},
        },
        supports_check_mode=True,
    )
    run(module, lambda: {"changed": False, **survey(**module.params)})


if __name__ == "__main__":
    main()
