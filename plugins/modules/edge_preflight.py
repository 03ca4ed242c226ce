#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_preflight
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Look whether an edge host is ready for tenants
description:
  - Looks at nginx and the room on its disk and, if asked, at certbot, the webroot and the certificate authority, and changes nothing.
  - All findings are made before the task fails, so one run tells everything that is to be mended.
options:
  shared_config:
    description: The file that the role P(frappeops.tenants.edge_host#role) writes for all tenants.
    type: path
    default: /etc/nginx/conf.d/frappe_tenants.conf
  ports:
    description: The ports that nginx serves tenants on. A program that holds one of them is named, and never touched.
    type: list
    elements: int
    default: []
  upstreams:
    description: Where nginx reaches the web services of the benches, as V(host:port). Each must take a connection.
    type: list
    elements: str
    default: []
  certificates:
    description: Whether certificates are to be obtained on this host. Only then the following options matter.
    type: bool
    default: false
  certbot_command:
    description: The certbot program.
    type: str
    default: certbot
  certbot_plugin:
    description: The plugin that certbot must have for DNS-01, such as V(dns-rfc2136). Without it HTTP-01 is meant, and the webroot looked at.
    type: str
    default: ""
  webroot:
    description: The folder from which the HTTP server answers challenges.
    type: path
    default: /var/www/frappe_tenants
  certbot_config_dir:
    description: The folder in which certbot keeps certificates. Its disk must have room, as that of the other folders.
    type: path
    default: /etc/letsencrypt
  acme_directory:
    description: The directory URL of the authority. By default Let's Encrypt.
    type: str
    default: ""
  staging:
    description: Look at Let's Encrypt's staging servers. Cannot be combined with O(acme_directory).
    type: bool
    default: false
  acme_ca_file:
    description: A file of root certificates by which the authority's own server is trusted.
    type: path
extends_documentation_fragment:
  - frappeops.tenants.nginx
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
"""

EXAMPLES = r"""
- name: See whether the edge is ready
  frappeops.tenants.edge_preflight:
    certificates: true
"""

RETURN = r"""
findings:
  description: Everything that would stop a provisioning.
  returned: always
  type: list
  elements: dict
  contains:
    item:
      description: What was looked at, one of V(nginx), V(ports), V(upstreams), V(edge), V(disk), V(certbot), V(webroot) and V(authority).
      type: str
      returned: always
      sample: webroot
    problem:
      description: What is wrong with it.
      type: str
      returned: always
      sample: The webroot /var/www/frappe_tenants does not exist.
    remedy:
      description: What to do about it.
      type: str
      returned: always
      sample: "Prepare the edge: run the playbook edge.yml."
commands:
  description: The programs that were run, as argument lists.
  returned: success
  type: list
  elements: list
"""

import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import edge_checks, nginx_arguments
from ..module_utils.certbot import Certbot, directory_url
from ..module_utils.errors import TenantError
from ..module_utils.runner import run
from ..module_utils.tools import Tools

ARGUMENTS: dict[str, dict[str, Any]] = {
    **nginx_arguments.ARGUMENTS,
    "shared_config": {"type": "path", "default": "/etc/nginx/conf.d/frappe_tenants.conf"},
    "ports": {"type": "list", "elements": "int", "default": []},
    "upstreams": {"type": "list", "elements": "str", "default": []},
    "certificates": {"type": "bool", "default": False},
    "certbot_command": {"type": "str", "default": "certbot"},
    "certbot_plugin": {"type": "str", "default": ""},
    "webroot": {"type": "path", "default": "/var/www/frappe_tenants"},
    "certbot_config_dir": {"type": "path", "default": "/etc/letsencrypt"},
    "acme_directory": {"type": "str", "default": ""},
    "staging": {"type": "bool", "default": False},
    "acme_ca_file": {"type": "path"},
}


def look(params: dict[str, Any], tools: Tools) -> dict[str, Any]:
    found = edge_checks.findings(_checks(params, tools))
    if found:
        raise TenantError(
            "The edge host is not ready: " + " / ".join(finding.problem.rstrip(".") for finding in found) + ".",
            " ".join(dict.fromkeys(finding.remedy for finding in found)),
            findings=[asdict(finding) for finding in found],
        )
    return {"changed": False, "findings": [], "commands": tools.commands}


def _checks(params: dict[str, Any], tools: Tools) -> dict[str, Callable[[], None]]:
    nginx = nginx_arguments.nginx_of(params, tools)
    checks: dict[str, Callable[[], None]] = {
        "nginx": lambda: edge_checks.nginx_runs_well(nginx),
        "ports": lambda: edge_checks.ports_are_free_for(nginx, params["ports"]),
        "upstreams": lambda: edge_checks.upstreams_answer(params["upstreams"]),
        "edge": lambda: edge_checks.edge_is_prepared(params["shared_config"]),
        "disk": lambda: edge_checks.disks_have_room(_folders(params)),
    }
    if params["certificates"]:
        directory = directory_url(params["acme_directory"], params["staging"])
        certbot = Certbot(tools, params["certbot_command"], "", "", "")
        checks["certbot"] = lambda: edge_checks.certbot_is_there(certbot, params["certbot_plugin"])
        if not params["certbot_plugin"]:
            checks["webroot"] = lambda: edge_checks.webroot_is_writable(params["webroot"])
        checks["authority"] = lambda: edge_checks.authority_answers(directory, params["acme_ca_file"] or "")
    return checks


def _folders(params: dict[str, Any]) -> list[str]:
    """Where a tenant's files go."""
    folders = [os.path.dirname(params["shared_config"])]
    return folders + ([params["webroot"], params["certbot_config_dir"]] if params["certificates"] else [])


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    tools = Tools()
    run(module, lambda: look(module.params, tools))


if __name__ == "__main__":
    main()
