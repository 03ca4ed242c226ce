#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rfc2136_records
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Publish or remove a tenant's DNS records by RFC 2136 update
description:
  - Brings all given record sets of a zone to their wanted state by one signed update message, so that either all
    of them change or none does.
  - A set of another's making, that is one with other values or a CNAME in its place, is refused and stays as it is,
    unless O(made) has it or O(overwrite=true). The server itself judges this together with the change, so that of two runs for one name
    only one succeeds.
  - With O(state=absent) exactly the given values are removed. What differs stays and is returned in RV(left).
  - A wildcard's answer is not taken for a record of the name.
  - Key, zone and update policy are proven in check mode too, by an update that has no effect. It says that the
    zone is as it was read, and under this condition removes a value that is not there.
options:
  made:
    description:
      - What was made here earlier for the same owner, as RV(created) told it. Such values give way to others.
      - A zone has no marks that tell whose a record is, so without this all other values are taken for another's.
    type: list
    elements: dict
    default: []
  server:
    description: The zone's primary server, an address or a host name.
    type: str
    required: true
  port:
    description: Its port.
    type: int
    default: 53
  zone:
    description: The zone, such as V(example.com). It is the name that has the SOA record.
    type: str
    required: true
  key_name:
    description: The name of the TSIG key.
    type: str
    required: true
  key_secret:
    description: The secret of the TSIG key, in Base64 as in the server's configuration.
    type: str
    required: true
  key_algorithm:
    description: The algorithm of the TSIG key.
    type: str
    choices: [hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha1]
    default: hmac-sha256
  protocol:
    description: How the server is spoken to.
    type: str
    choices: [tcp, udp]
    default: tcp
  timeout:
    description: Seconds to wait for each answer of the server.
    type: int
    default: 10
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.changes
  - frappeops.tenants.dns.change
seealso:
  - module: frappeops.tenants.dns_propagation
    description: Waits until all servers of the zone answer with the records.
  - module: community.general.nsupdate
    description: Manages one record set, whoever made it.
"""

EXAMPLES = r"""
- name: Publish a tenant's records
  frappeops.tenants.rfc2136_records:
    server: ns1.example.com
    zone: example.com
    key_name: frappeops-tenants.
    key_secret: "{{ dns_key_secret }}"
    ttl: 300
    records:
      - {name: acme.example.com, type: A, value: [192.0.2.10]}
      - {name: api.acme.example.com, type: A, value: [192.0.2.10]}
  register: dns_published

- name: Remove what that made and nothing else, and put back what it replaced
  frappeops.tenants.rfc2136_records:
    state: absent
    server: ns1.example.com
    zone: example.com
    key_name: frappeops-tenants.
    key_secret: "{{ dns_key_secret }}"
    records: "{{ dns_published.created }}"

- name: Prove that the server takes updates for these names with this key, without changing anything
  frappeops.tenants.rfc2136_records:
    server: ns1.example.com
    zone: example.com
    key_name: frappeops-tenants.
    key_secret: "{{ dns_key_secret }}"
    records:
      - {name: acme.example.com, type: A, value: [192.0.2.10]}
  check_mode: true
"""

RETURN = r"""
created:
  description:
    - The sets that were not there and are now, with what stood in their place.
    - One without values stands for an address family that is not wanted, whose records gave way.
    - With O(state=absent), O(records) takes them as they are.
  returned: success
  type: list
  elements: dict
  sample: [{name: acme.example.com, type: A, value: [192.0.2.10], former: []}]
updated:
  description:
    - The sets whose TTL was changed, with what it was.
    - With O(state=absent), O(records) takes them as they are, and what they were is set again; their values stay.
  returned: success
  type: list
  elements: dict
  sample: []
removed:
  description:
    - The values that were removed.
    - With O(state=present), those of the owner's own that are of an address family that is no longer wanted.
  returned: success
  type: list
  elements: dict
  sample: []
restored:
  description: With O(state=absent), what was put back.
  returned: success
  type: list
  elements: dict
  sample: [{name: acme.example.com, type: A, value: [198.51.100.7], ttl: 300, proxied: false, comment: ""}]
left:
  description: With O(state=absent), what stands at the same names with other values or in their place, and stays.
  returned: success
  type: list
  elements: dict
  sample: [{name: acme.example.com, type: A, value: [198.51.100.7]}]
conflicts:
  description: The sets of another's making.
  returned: when such sets are in the way of O(state=present)
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
      returned: always
      sample: acme.example.com
    type:
      description: The type of what stands there.
      type: str
      returned: always
      sample: A
    present:
      description: The values of what stands there.
      type: list
      elements: str
      returned: always
      sample: [198.51.100.7]
    wanted:
      description: The set that was wanted; without values where an address family is not wanted.
      type: dict
      returned: always
      sample: {name: acme.example.com, type: A, value: [192.0.2.10]}
rcode:
  description: The answer of the server that refused.
  returned: when the server answered with an error
  type: str
  sample: REFUSED
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.dns_library import require_dnspython
from ..module_utils.dns_plan import CHANGE_ARGUMENTS, Made
from ..module_utils.dns_server import ALGORITHMS, UpdateServer, make_key
from ..module_utils.dns_update import UpdatedZone
from ..module_utils.dns_zone import ensure
from ..module_utils.runner import run


def work(module: AnsibleModule) -> dict[str, Any]:
    """The module's result."""
    require_dnspython()
    given = module.params
    server = UpdateServer(
        server=given["server"],
        port=given["port"],
        zone=given["zone"],
        key=make_key(given["key_name"], given["key_secret"], given["key_algorithm"]),
        timeout=given["timeout"],
        protocol=given["protocol"],
    )
    zone = UpdatedZone(server, given["ttl"], Made(given["made"]))
    return ensure(zone, given, apply=not module.check_mode).as_result()


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            **CHANGE_ARGUMENTS,
            "made": {"type": "list", "elements": "dict", "default": []},
            "server": {"type": "str", "required": True},
            "port": {"type": "int", "default": 53},
            "zone": {"type": "str", "required": True},
            "key_name": {"type": "str", "required": True, "no_log": False},
            "key_secret": {"type": "str", "required": True, "no_log": True},
            "key_algorithm": {"type": "str", "choices": ALGORITHMS, "default": "hmac-sha256", "no_log": False},
            "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
            "timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
