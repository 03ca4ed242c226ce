# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of the fleet: the option of the modules that hold the registry against it, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """What was seen; plugin_utils/audit/seen.py is its code."""

    DOCUMENTATION = r"""
options:
  world:
    description: What was seen of the fleet, and how it shall be.
    type: dict
    required: true
    suboptions:
      since:
        description:
          - When the look began, in UTC as ISO 8601 to the millisecond.
          - Tenants that changed in the registry since then are left out, as those that a run works on are.
        type: str
        required: true
      benches:
        description:
          - By inventory host, what M(frappeops.tenants.frappe_bench_info) returned there.
          - A result that is failed or unreachable counts as not looked at.
        type: dict
        required: true
      edges:
        description: By inventory host, what M(frappeops.tenants.frappe_edge_info) returned there.
        type: dict
        required: true
      dns:
        description:
          - What M(frappeops.tenants.dns_records_info) returned. The result of a task that was skipped stands for a fleet whose DNS
            is nobody's task.
        type: dict
        required: true
      dns_marked:
        description:
          - What M(frappeops.tenants.cloudflare_records_info) returned, where records bear marks. The result of a task that was skipped
            stands for a provider that has none.
        type: dict
        default: {skipped: true}
      nobody:
        description: A name that no tenant has. What O(world.dns) tells of its hosts comes from a wildcard record.
        type: str
        required: true
      plans:
        description:
          - The plans. The sites of a plan that has C(limits), as M(frappeops.tenants.frappe_site) takes them, must have just these.
        type: dict
        default: {}
      addresses:
        description: The addresses that the tenants' names shall have; any will do when it is empty.
        type: list
        elements: str
        default: []
      certificate:
        description: What tenants are served with whose row in the registry does not tell, such as V(issued) or V(none).
        type: str
        default: issued
      domain:
        description: The domain of the tenants.
        type: str
        required: true
      hosts:
        description: How the tenants' hosts are named. A DNS record that looks like one, and is no tenant's, is an orphan.
        type: dict
        suboptions:
          frontend:
            description: The pattern of the host for people.
            type: str
            default: "{tenant}.{domain}"
          backend:
            description: The pattern of the host of the API.
            type: str
            default: "api.{tenant}.{domain}"
      reserved:
        description: Names that no tenant has, beside the built-in ones.
        type: list
        elements: str
        default: []
      ignored:
        description: Host names in the zone or on the edge that look like a tenant's and are none.
        type: list
        elements: str
        default: []
"""
