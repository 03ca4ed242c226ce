#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_files_check
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Check the files of a certificate that the operator brings
description:
  - Sees that both files are there, that the certificate is for all the given hosts and has not expired, and that the key is its own.
  - Changes nothing.
options:
  fullchain:
    description: The file with the certificate and its chain.
    type: path
    required: true
  privkey:
    description: The file with the private key, without a password.
    type: path
    required: true
  hosts:
    description: The hosts that it must be for, by name or by a wildcard of one label.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
"""

EXAMPLES = r"""
- name: See that the files serve the tenant
  frappeops.tenants.certificate_files_check:
    fullchain: /etc/ssl/tenants/fullchain.pem
    privkey: /etc/ssl/tenants/privkey.pem
    hosts: [acme.example.com, acme-api.example.com]
"""

RETURN = r"""
certificate:
  description: The certificate, as M(frappeops.tenants.certbot_certificate) describes one, without a lineage.
  returned: success
  type: dict
  sample:
    fullchain: /etc/ssl/tenants/fullchain.pem
    privkey: /etc/ssl/tenants/privkey.pem
    issuer: Example CA G2
    not_after: "2027-02-21T19:36:45Z"
    days_left: 89
    names: ["*.example.com"]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import certificate_existing
from ..module_utils.certificate_list import describe_certificate
from ..module_utils.runner import run

ARGUMENTS: dict[str, dict[str, Any]] = {
    "fullchain": {"type": "path", "required": True},
    "privkey": {"type": "path", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
}


def look(params: dict[str, Any]) -> dict[str, Any]:
    fullchain, privkey = params["fullchain"], params["privkey"]
    found = certificate_existing.check(Path(fullchain), Path(privkey), params["hosts"])
    told = {"fullchain": fullchain, "privkey": privkey, **describe_certificate(found)}
    return {"changed": False, "certificate": told}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run(module, lambda: look(module.params))


if __name__ == "__main__":
    main()
