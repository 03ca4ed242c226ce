# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that collects what each host of a group found out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: looks
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Collect one variable of many hosts
description:
  - Gives a dictionary with one registered result of each host. A host that has none, because it was left out or could not be
    reached, counts as failed.
positional: hostvars, variable
options:
  _input:
    description: Inventory names of hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: All host variables.
    type: dict
    required: true
  variable:
    description: The name of the variable.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what was seen of the benches
  ansible.builtin.debug:
    msg: "{{ groups['benches'] | frappeops.tenants.looks(hostvars, 'fleet_bench_look') }}"
"""

RETURN = r"""
_value:
  description: The variable of each host, by host.
  type: dict
  sample: {bench1: {sites: []}, bench2: {failed: true}}
"""


def looks(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]], variable: str) -> dict[str, Any]:
    """I(variable) of each host."""
    return {host: hostvars[host].get(variable, {"failed": True}) for host in hosts}


class FilterModule:
    """Tells Ansible the filter."""

    def filters(self) -> dict[str, Any]:
        return {"looks": looks}
