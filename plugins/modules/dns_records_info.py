#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_records_info
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Look at many names of a zone at once
description:
  - Asks an authoritative server for the addresses of many names, by one zone transfer where the server allows it, else name by
    name with several questions on their way at once.
  - Only a zone transfer also shows the names that were not asked for.
options:
  domain:
    description: The domain of the names; the zone is sought from here upwards.
    type: str
    required: true
  names:
    description: The names, below O(domain) or in the same zone.
    type: list
    elements: str
    required: true
  resolvers:
    description: Resolvers to ask for the zone's servers, each as C(ADDRESS) or C(ADDRESS#PORT); the system's when empty.
    type: list
    elements: str
    default: []
  port:
    description: The port of the authoritative servers, and of resolvers that have no port of their own.
    type: int
    default: 53
  primary:
    description: The server that is asked for a transfer, an address or a host name; by default one of the zone's name servers.
    type: str
  primary_port:
    description: Its port.
    type: int
    default: 53
  key_name:
    description: The name of a TSIG key that signs the request for a transfer.
    type: str
  key_secret:
    description: The secret of the TSIG key, in Base64 as in the server's configuration.
    type: str
  key_algorithm:
    description: The algorithm of the TSIG key.
    type: str
    choices: [hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha1]
    default: hmac-sha256
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
requirements:
  - dnspython >= 2.6
seealso:
  - module: frappeops.tenants.dns_propagation
    description: Waits until all servers of the zone answer with a tenant's records.
"""

EXAMPLES = r"""
- name: Look at the names of all tenants
  frappeops.tenants.dns_records_info:
    domain: example.com
    names: [acme.example.com, api.acme.example.com, globex.example.com, api.globex.example.com]
  register: dns
"""

RETURN = r"""
addresses:
  description: The addresses of each name that was asked for; none when it has none.
  returned: success
  type: dict
  sample: {acme.example.com: [192.0.2.10], api.acme.example.com: [192.0.2.10]}
problems:
  description: Names whose addresses could not be learnt, each with the reason.
  returned: success
  type: dict
  sample: {}
records:
  description: All A, AAAA, CNAME and TXT record sets of the zone; V(null) when the server allows no transfer.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: acme.example.com, type: A, value: [192.0.2.10]}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import dns_authorities, dns_survey
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_ask import Endpoint, parse_endpoint
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_library import require_dnspython
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import parse_name
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_server import ALGORITHMS, address_of, make_key
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def work(given: dict[str, Any]) -> dict[str, Any]:
    """The module's result."""
    require_dnspython()
    resolvers = [parse_endpoint(text, given["port"], "resolvers") for text in given["resolvers"]]
    domain = parse_name(given["domain"], "domain")
    found = dns_survey.survey(
        dns_authorities.find(dns_authorities.make_resolver(resolvers), domain, given["port"]),
        [parse_name(name, f"names[{place}]") for place, name in enumerate(given["names"])],
        make_key(given["key_name"], given["key_secret"], given["key_algorithm"]) if given["key_name"] else None,
        Endpoint(address_of(given["primary"]), given["primary_port"], given["primary"]) if given["primary"] else None,
    )
    return {"changed": False, "addresses": found.addresses, "problems": found.problems, "records": found.records}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "resolvers": {"type": "list", "elements": "str", "default": []},
            "port": {"type": "int", "default": 53},
            "primary": {"type": "str"},
            "primary_port": {"type": "int", "default": 53},
            "key_name": {"type": "str", "no_log": False},
            "key_secret": {"type": "str", "no_log": True},
            "key_algorithm": {"type": "str", "choices": ALGORITHMS, "default": "hmac-sha256", "no_log": False},
        },
        required_together=[["key_name", "key_secret"]],
        supports_check_mode=True,
    )
    run(module, lambda: work(module.params))


if __name__ == "__main__":
    main()
