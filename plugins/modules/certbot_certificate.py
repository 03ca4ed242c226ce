#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certbot_certificate
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Obtain, renew or delete one certificate with certbot
description:
  - Sees to it that certbot keeps a valid certificate of exactly the given names from the given authority, obtained
    by HTTP-01 through a webroot or by DNS-01 through a plugin of certbot, or that it keeps none.
  - Runs on the host that serves the webroot. Neither nginx nor any other server is changed or restarted.
  - A lineage that is valid, has exactly these names and comes from this authority is left alone, whoever made it.
  - A lineage of that name with other names or from another authority is replaced only if the same O(owner) made it.
    Otherwise the task fails.
  - The reason of a refusal is read from certbot's log where its output hides it.
  - Waits while another certbot works on the host.
options:
  name:
    description: The name of the lineage, in the form of a host name.
    type: str
    required: true
    aliases: [lineage]
  state:
    description:
      - V(present) obtains the certificate unless a fitting one is there.
      - V(renewed) renews a lineage that the same O(owner) made, when two thirds of its life are over, in the way that certbot remembers of it.
      - V(absent) deletes a lineage that the same O(owner) made. A lineage of somebody else stays, which RV(left) tells.
    type: str
    choices: [present, renewed, absent]
    default: present
  owner:
    description:
      - Who makes the lineage, such as the id of a provisioning.
      - Kept in the folder C(frappe_tenants) of O(config_dir).
    type: str
    required: true
  domains:
    description: The names that the certificate is for. Required when O(state=present).
    type: list
    elements: str
  webroot:
    description: The folder from which the HTTP server answers the challenge of HTTP-01. When O(state=present) either this or O(dns) is needed.
    type: path
  dns:
    description:
      - The DNS provider through which certbot answers the challenge of DNS-01, and the credentials for it.
      - They are kept in a file below O(config_dir) that only its owner reads, since certbot needs them for renewals. The file is
        removed with the last lineage that names it.
    type: dict
    suboptions:
      provider:
        description: Which plugin of certbot does it.
        type: str
        choices: [rfc2136, cloudflare]
        required: true
      zone:
        description: The zone that the credentials are for. The file is named by it.
        type: str
        required: true
      wait:
        description: How many seconds to wait between publishing the record and asking the authority to look at it.
        type: int
        default: 30
      server:
        description: For V(rfc2136), the primary name server.
        type: str
      port:
        description: For V(rfc2136), its port.
        type: int
        default: 53
      key_name:
        description: For V(rfc2136), the name of the TSIG key.
        type: str
      key_secret:
        description: For V(rfc2136), its secret.
        type: str
      key_algorithm:
        description: For V(rfc2136), its algorithm.
        type: str
        default: hmac-sha256
      api_token:
        description: For V(cloudflare), an API token that may edit the zone's records.
        type: str
      api_email:
        description: For V(cloudflare) without a token, the address of the account.
        type: str
      api_key:
        description: For V(cloudflare) without a token, its global API key.
        type: str
      base_url:
        description: For V(cloudflare), another address of the API.
        type: str
  force:
    description: Whether to renew before it is time, when O(state=renewed).
    type: bool
    default: false
  refusal:
    description:
      - Why the authority must not be asked now, such as what M(frappeops.tenants.certificate_ledger) said.
      - When a new certificate is needed, the task fails with it. A fitting one is left alone as ever.
    type: str
    default: ""
  revoke:
    description: Whether the certificate is revoked before it is deleted, when O(state=absent).
    type: bool
    default: false
  email:
    description: The address to register with the authority. Without it the account has none.
    type: str
    default: ""
  acme_directory:
    description: The directory URL of the authority. By default Let's Encrypt.
    type: str
    default: ""
  staging:
    description: Use Let's Encrypt's staging servers, for trials. Cannot be combined with O(acme_directory).
    type: bool
    default: false
  acme_ca_file:
    description: A file of root certificates by which the authority's own server is trusted. For private authorities.
    type: path
  command:
    description: The certbot program.
    type: str
    default: certbot
  config_dir:
    description: certbot's configuration folder.
    type: path
    default: /etc/letsencrypt
  work_dir:
    description: certbot's working folder.
    type: path
    default: /var/lib/letsencrypt
  logs_dir:
    description: certbot's log folder.
    type: path
    default: /var/log/letsencrypt
  lock_timeout:
    description: How many seconds to wait for another certbot.
    type: int
    default: 300
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
requirements:
  - certbot 1.21 or later
"""

EXAMPLES = r"""
- name: Obtain the certificate of a tenant
  frappeops.tenants.certbot_certificate:
    name: acme.example.com
    owner: 4f1c2a9b7d3e5f60
    domains: [acme.example.com, api.acme.example.com]
    webroot: /var/www/frappe_tenants
    email: hostmaster@example.com

- name: Obtain one for all tenants, proven by records in the DNS
  frappeops.tenants.certbot_certificate:
    name: shared.tenants.example.com
    owner: shared
    domains: ["*.example.com"]
    dns:
      provider: cloudflare
      zone: example.com
      api_token: "{{ vault_cloudflare_token }}"

- name: Renew it, if it is time
  frappeops.tenants.certbot_certificate:
    name: acme.example.com
    owner: 4f1c2a9b7d3e5f60
    state: renewed

- name: Delete it again, if it is ours
  frappeops.tenants.certbot_certificate:
    name: acme.example.com
    owner: 4f1c2a9b7d3e5f60
    state: absent
"""

RETURN = r"""
certificate:
  description: The certificate that is there.
  returned: when there is one
  type: dict
  contains:
    lineage:
      description: The name of the lineage.
      type: str
      returned: always
      sample: acme.example.com
    fullchain:
      description: The file with the certificate and its chain.
      type: str
      returned: always
      sample: /etc/letsencrypt/live/acme.example.com/fullchain.pem
    privkey:
      description: The file with the private key.
      type: str
      returned: always
      sample: /etc/letsencrypt/live/acme.example.com/privkey.pem
    issuer:
      description: The authority's organisation and name.
      type: str
      returned: always
      sample: Let's Encrypt R11
    not_after:
      description: When it expires.
      type: str
      returned: always
      sample: "2027-02-21T19:36:45Z"
    days_left:
      description: Whole days until then.
      type: int
      returned: always
      sample: 89
    names:
      description: The names that it is for.
      type: list
      elements: str
      returned: always
      sample: [acme.example.com, api.acme.example.com]
    server:
      description: The directory URL of the authority.
      type: str
      returned: always
      sample: https://acme-v02.api.letsencrypt.org/directory
reason:
  description: Why a certificate was obtained or deleted, or why nothing was done.
  returned: success
  type: str
  sample: there is no lineage
left:
  description: Whether a lineage of somebody else stays.
  returned: when O(state=absent)
  type: bool
  sample: false
problem:
  description:
    - The kind of failure.
    - One of V(rate_limit), V(challenge), V(caa), V(refused), V(ca_unreachable), V(ca_untrusted), V(dns_update),
      V(budget), V(foreign_lineage) and V(other).
  returned: when the certificate could not be obtained
  type: str
  sample: challenge
acme_problems:
  description: What the authority said, each with C(type), C(name) and C(detail).
  returned: when the authority refused
  type: list
  elements: dict
commands:
  description: The programs that were run, as argument lists.
  returned: success
  type: list
  elements: list
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.certbot import Certbot, Request, directory_url
from ..module_utils.certificate_lineage import Change, LineageKeeper
from ..module_utils.certificate_list import Lineage, describe
from ..module_utils.certificate_proof import Proof, Webroot, dns_plugin
from ..module_utils.runner import run
from ..module_utils.tools import Tools

DNS: dict[str, dict[str, Any]] = {
    "provider": {"type": "str", "choices": ["rfc2136", "cloudflare"], "required": True},
    "zone": {"type": "str", "required": True},
    "wait": {"type": "int", "default": 30},
    "server": {"type": "str"},
    "port": {"type": "int", "default": 53},
    "key_name": {"type": "str", "no_log": False},
    "key_secret": {"type": "str", "no_log": True},
    "key_algorithm": {"type": "str", "default": "hmac-sha256", "no_log": False},
    "api_token": {"type": "str", "no_log": True},
    "api_email": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "base_url": {"type": "str"},
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True, "aliases": ["lineage"]},
    "state": {"type": "str", "choices": ["present", "renewed", "absent"], "default": "present"},
    "owner": {"type": "str", "required": True},
    "domains": {"type": "list", "elements": "str"},
    "webroot": {"type": "path"},
    "dns": {"type": "dict", "options": DNS},
    "force": {"type": "bool", "default": False},
    "refusal": {"type": "str", "default": ""},
    "revoke": {"type": "bool", "default": False},
    "email": {"type": "str", "default": ""},
    "acme_directory": {"type": "str", "default": ""},
    "staging": {"type": "bool", "default": False},
    "acme_ca_file": {"type": "path"},
    "command": {"type": "str", "default": "certbot"},
    "config_dir": {"type": "path", "default": "/etc/letsencrypt"},
    "work_dir": {"type": "path", "default": "/var/lib/letsencrypt"},
    "logs_dir": {"type": "path", "default": "/var/log/letsencrypt"},
    "lock_timeout": {"type": "int", "default": 300},
}


def ensure(params: dict[str, Any], check_mode: bool, tools: Tools) -> dict[str, Any]:
    certbot = Certbot(
        tools,
        params["command"],
        params["config_dir"],
        params["work_dir"],
        params["logs_dir"],
        params["acme_ca_file"] or "",
        params["lock_timeout"],
    )
    keeper = LineageKeeper(certbot, params["name"], params["owner"], check_mode, params["lock_timeout"])
    before = certbot.lineage(params["name"])
    change = _change(keeper, params)
    result: dict[str, Any] = {"changed": change.changed, "reason": change.reason, "commands": tools.commands}
    predicted = change.changed and check_mode
    result["diff"] = {
        "before": _shown(before),
        "after": _expected(params, before) if predicted else _shown(change.lineage),
    }
    if change.lineage is not None:
        result["certificate"] = describe(change.lineage)
    if params["state"] == "absent":
        result["left"] = change.lineage is not None
    return result


def _change(keeper: LineageKeeper, params: dict[str, Any]) -> Change:
    if params["state"] == "present":
        return keeper.present(_request(params), params["refusal"])
    if params["state"] == "renewed":
        return keeper.renewed(_proof(params), params["force"], params["refusal"])
    return keeper.absent(params["revoke"])


def _request(params: dict[str, Any]) -> Request:
    return Request(
        lineage=params["name"],
        domains=tuple(params["domains"]),
        server=directory_url(params["acme_directory"], params["staging"]),
        proof=_proof(params),
        email=params["email"],
    )


def _proof(params: dict[str, Any]) -> Proof:
    if params["dns"]:
        return dns_plugin(Path(params["config_dir"]), params["dns"])
    return Webroot(params["webroot"] or "", {})


def _shown(lineage: Lineage | None) -> str:
    """The lineage in a diff: without the days left, which change by themselves."""
    if lineage is None:
        return ""
    names = ", ".join(lineage.certificate.names)
    return f"{lineage.name}: {names} from {lineage.server} until {lineage.certificate.not_after_text}\n"


def _expected(params: dict[str, Any], before: Lineage | None) -> str:
    """What check mode predicts for a diff."""
    if params["state"] == "absent":
        return ""
    if params["state"] == "renewed" and before is not None:
        return f"{before.name}: {', '.join(before.certificate.names)} from {before.server}, renewed\n"
    server = directory_url(params["acme_directory"], params["staging"])
    return f"{params['name']}: {', '.join(sorted(params['domains']))} from {server}\n"


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "present", ("domains",)), ("state", "present", ("webroot", "dns"), True)],
        mutually_exclusive=[("webroot", "dns")],
        supports_check_mode=True,
    )
    tools = Tools()
    run(module, lambda: ensure(module.params, module.check_mode, tools))


if __name__ == "__main__":
    main()
