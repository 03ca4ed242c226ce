#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_propagation
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Wait until all authoritative DNS servers answer with the wanted records
description:
  - Finds the zone, its name servers and all their addresses, and asks each of them by UDP (by TCP when an answer is
    cut off) until all answer as authorities with exactly the wanted values.
  - Only then the resolvers in O(resolvers) are asked for the records. A resolver that is asked too early keeps the
    answer that the name does not exist.
  - Where only A or only AAAA of a name is given, the servers must have no record of the other, which would lead visitors elsewhere.
  - A TXT set may have further values. For A and AAAA a CNAME is followed.
  - Addresses of a kind that this machine has no network for, mostly IPv6, are skipped; the result says so.
options:
  domain:
    description:
      - A name above all records that exists already, usually the domain of the tenants.
      - The zone is sought from here upwards.
    type: str
    required: true
  resolvers:
    description:
      - Resolvers, each as C(ADDRESS) or C(ADDRESS#PORT).
      - They are asked for the zone's servers, and for the records once these agree.
      - When empty, the resolvers of the system are asked for the zone's servers only.
    type: list
    elements: str
    default: []
  port:
    description: The port of the authoritative servers, and of resolvers that have no port of their own.
    type: int
    default: 53
  timeout:
    description: Seconds after which the task fails; V(0) looks once.
    type: int
    default: 120
  wildcard:
    description: A wildcard record is expected to answer. If it does not, the failure says what hides it or that there is none.
    type: bool
    default: false
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
  - frappeops.tenants.dns
seealso:
  - module: frappeops.tenants.rfc2136_records
    description: Publishes the records.
"""

EXAMPLES = r"""
- name: Wait until the tenant's records are known to all servers
  frappeops.tenants.dns_propagation:
    domain: example.com
    timeout: 120
    records:
      - {name: acme.example.com, type: A, value: [192.0.2.10]}
      - {name: api.acme.example.com, type: A, value: [192.0.2.10]}

- name: Check that a wildcard answers for the tenant's names
  frappeops.tenants.dns_propagation:
    domain: example.com
    timeout: 0
    wildcard: true
    records:
      - {name: acme.example.com, type: A, value: [192.0.2.10]}
      - {name: api.acme.example.com, type: A, value: [192.0.2.10]}
"""

RETURN = r"""
zone:
  description: The zone.
  returned: when its servers were asked
  type: str
  sample: example.com
servers:
  description: Every address of the zone's servers and what it answered last.
  returned: when they were asked
  type: list
  elements: dict
  contains:
    server:
      description: The server's host name.
      type: str
      returned: always
      sample: ns1.example.com
    address:
      description: The address.
      type: str
      returned: always
      sample: 192.0.2.53
    agrees:
      description: Whether it answered all as wanted.
      type: bool
      returned: always
      sample: true
    skipped:
      description: Whether this machine has no network for the address.
      type: bool
      returned: always
      sample: false
    serial:
      description: The serial number of its copy of the zone; asked for when the wait failed.
      type: int
      returned: always
      sample: 2024050101
    answers:
      description: The last answer for each record.
      type: list
      elements: dict
      returned: always
      sample: [{name: acme.example.com, type: A, answer: 192.0.2.10}]
resolvers:
  description: The same for the resolvers in O(resolvers); without answers when the servers did not agree.
  returned: when the servers were asked
  type: list
  elements: dict
  sample: []
rounds:
  description: How often was asked.
  returned: when the servers were asked
  type: int
  sample: 3
elapsed:
  description: Seconds that it took.
  returned: when the servers were asked
  type: float
  sample: 1.76
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.dns_ask import parse_endpoint
from ..module_utils.dns_library import require_dnspython
from ..module_utils.dns_propagation import Propagation
from ..module_utils.dns_records import RECORDS, parse_name, parse_record_sets
from ..module_utils.runner import run


def work(given: dict[str, Any]) -> dict[str, Any]:
    """The module's result."""
    require_dnspython()
    return Propagation(
        wanted=parse_record_sets(given["records"]),
        domain=parse_name(given["domain"], "domain"),
        resolvers=[parse_endpoint(text, given["port"], "resolvers") for text in given["resolvers"]],
        port=given["port"],
        timeout=given["timeout"],
        by_wildcard=given["wildcard"],
    ).wait()


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "records": RECORDS,
            "domain": {"type": "str", "required": True},
            "resolvers": {"type": "list", "elements": "str", "default": []},
            "port": {"type": "int", "default": 53},
            "timeout": {"type": "int", "default": 120},
            "wildcard": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module, lambda: work(module.params))


if __name__ == "__main__":
    main()
