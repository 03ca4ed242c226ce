#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/cloudflare_records.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudflare_records
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Publish or remove a tenant's DNS records at Cloudflare
description:
  - Brings all given record sets of a zone to their wanted state by one listing and one batch, so that either all of them
    change or none does. More than 200 changes take several batches.
  - Its records bear a comment with O(owner). A set of another's making, that is one with other values or a CNAME in its
    place and without this comment, is refused and stays as it is, unless O(overwrite=true). One with the same values is left
    alone, its TTL and proxy too.
  - With O(state=absent) exactly the given values are removed. What differs, and what bears the comment of another owner,
    stays and is returned in RV(left).
  - When the API is too busy (HTTP 429) or out of order (HTTP 5xx), the call is made again, not before the time that
    the API asks for by C(Retry-After). Whether a change was made whose answer was lost is read from the zone.
  - In check mode the API is only read from. Without O(zone_id) a token that may only read is refused all the same, as far as the API
    tells what it may; with it the first change is.
options:
  owner:
    description: Whose the records are, as it is written into their comments.
    type: str
    required: true
  proxied:
    description:
      - Whether Cloudflare's proxy stands before the records. Then they answer with its addresses, and the TTL is its own.
      - It does not concern V(TXT).
    type: bool
    default: false
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
  - frappeops.tenants.attributes.changes
  - frappeops.tenants.dns.change
  - frappeops.tenants.cloudflare
requirements:
  - cloudflare >= 5.0
seealso:
  - module: frappeops.tenants.rfc2136_records
    description: Does the same at a name server of one's own.
  - module: frappeops.tenants.dns_propagation
    description: Waits until all servers of the zone answer with records that are not proxied.
  - module: community.general.cloudflare_dns
    description: Manages one record, whoever made it.
"""

EXAMPLES = r"""
- name: Publish a tenant's records
  frappeops.tenants.cloudflare_records:
    zone: example.com
    api_token: "{{ cloudflare_token }}"
    owner: 5f0c7a91d2e34b68
    ttl: 300
    records:
      - {name: acme.example.com, type: A, value: [192.0.2.10]}
      - {name: api.acme.example.com, type: A, value: [192.0.2.10]}
  register: dns_published

- name: Remove what that made and nothing else, and put back what it replaced
  frappeops.tenants.cloudflare_records:
    state: absent
    zone: example.com
    zone_id: "{{ dns_published.zone_id }}"
    api_token: "{{ cloudflare_token }}"
    owner: 5f0c7a91d2e34b68
    records: "{{ dns_published.created }}"
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
    - The sets whose TTL or proxy was changed, with what it was.
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
  sample: [{name: acme.example.com, type: A, value: [198.51.100.7], ttl: 1, proxied: true, comment: the old shop}]
left:
  description: With O(state=absent), what stands at the same names with other values or in their place, and stays.
  returned: success
  type: list
  elements: dict
  sample: [{name: acme.example.com, type: A, value: [198.51.100.7]}]
conflicts:
  description: The sets of another's making, each with C(name), C(type), the values in C(present), and C(wanted).
  returned: when such sets are in the way of O(state=present)
  type: list
  elements: dict
  sample: [{name: acme.example.com, type: A, present: [198.51.100.7], wanted: {name: acme.example.com, type: A, value: [192.0.2.10]}}]
proxied:
  description:
    - With O(state=present), the names before which Cloudflare's proxy stands, be the record the owner's or an equal one of another's
      making.
    - They answer with Cloudflare's addresses.
  returned: success
  type: list
  elements: str
  sample: []
zone_id:
  description: The zone's id.
  returned: success
  type: str
  sample: 023e105f4ecef8ad9ca31a8372d0c353
requests:
  description: How many requests it took, repeated ones included.
  returned: success
  type: int
  sample: 2
codes:
  description: The error codes of the API.
  returned: when the API refused
  type: list
  elements: int
  sample: [10000]
"""
