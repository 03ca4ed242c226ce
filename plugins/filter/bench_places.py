# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that reads places for tenants out of the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: bench_places
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Turn bench hosts into places for tenants
description:
  - Reads of each bench host what placing a tenant needs, as M(frappeops.tenants.tenant_registry) takes it.
positional: hostvars
options:
  _input:
    description: Inventory names of bench hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description:
      - All host variables. Of a bench host are read C(frappe_bench_edge), the host of its nginx (itself when left out),
        C(frappe_bench_max_tenants), how many tenants it takes (no limit when left out), C(frappe_bench_capacity), how much it
        holds of C(sites), C(tables), C(disk_mb), C(inodes) and C(memory_mb) (no limit of what is left out), and C(frappe_bench_apps),
        the apps that it has (any when left out).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the places
  ansible.builtin.debug:
    msg: "{{ groups['benches'] | frappeops.tenants.bench_places(hostvars) }}"
"""

RETURN = r"""
_value:
  description: One entry per bench.
  type: list
  elements: dict
  sample: [{name: bench1, edge: edge1, capacity: {sites: 200, tables: 150000}, apps: [erpnext]}]
"""


def bench_places(benches: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A place per bench host."""
    return [_place(bench, hostvars[bench]) for bench in benches]


def _place(bench: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    capacity = variables.get("frappe_bench_capacity") or {}
    if variables.get("frappe_bench_max_tenants"):
        # Each tenant is a site.
        capacity = {"sites": variables["frappe_bench_max_tenants"], **capacity}
    place = {"name": bench, "edge": variables.get("frappe_bench_edge", bench), "capacity": capacity}
    if variables.get("frappe_bench_apps") is not None:
        place["apps"] = list(variables["frappe_bench_apps"])
    return place


class FilterModule:
    """Tells Ansible the filter."""

    def filters(self) -> dict[str, Any]:
        return {"bench_places": bench_places}
