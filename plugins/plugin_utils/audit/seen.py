# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the modules returned to the world that an audit looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns
from ansible_collections.frappeops.tenants.plugins.module_utils.site_limits import LIMITS_ARGUMENT, config_of

from ..host_patterns import HOSTS_ARGUMENT
from .sides import World

#: The option of the actions that hold the registry against the world; doc_fragments/world.py documents it.
WORLD_ARGUMENTS: dict[str, Any] = {
    "world": {
        "type": "dict",
        "required": True,
        "options": {
            "since": {"type": "str", "required": True},
            "benches": {"type": "dict", "required": True},
            "edges": {"type": "dict", "required": True},
            "dns": {"type": "dict", "required": True},
            "dns_marked": {"type": "dict", "default": {"skipped": True}},
            "nobody": {"type": "str", "required": True},
            "plans": {"type": "dict", "default": {}},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "certificate": {"type": "str", "default": "issued"},
            "domain": {"type": "str", "required": True},
            "hosts": HOSTS_ARGUMENT,
            "reserved": {"type": "list", "elements": "str", "default": []},
            "ignored": {"type": "list", "elements": "str", "default": []},
        },
    },
}


def world(arguments: dict[str, Any]) -> World:
    """What was seen, from the suboptions of O(world)."""
    return World(
        benches={host: look(result) for host, result in arguments["benches"].items()},
        edges={host: look(result) for host, result in arguments["edges"].items()},
        # Skipped: where DNS is nobody's task, nothing was looked at and nothing is missed.
        dns={} if arguments["dns"].get("skipped") else look(arguments["dns"]),
        marked=_records(arguments["dns_marked"]),
        nobody=arguments["nobody"],
        limits=dict(_limits(arguments["plans"])),
        patterns=HostPatterns(arguments["domain"], **arguments["hosts"]),
        addresses=tuple(arguments["addresses"]),
        reserved=frozenset(arguments["reserved"]),
        ignored=frozenset(arguments["ignored"]),
        certificate=arguments["certificate"],
    )


def _records(result: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    if result.get("skipped"):
        return []
    found = look(result)
    return None if found is None else found["records"]


def _limits(plans: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each plan that has limits, what they are in site_config.json; as M(frappeops.tenants.frappe_site) takes them."""
    for plan, data in plans.items():
        given = ArgumentSpecValidator({"limits": LIMITS_ARGUMENT}).validate({"limits": data.get("limits") or None})
        limits = given.validated_parameters["limits"]
        # What is no limit is told where the plan is applied.
        if limits and not given.error_messages:
            yield plan, config_of(limits)


def look(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """The result of a look; None when it failed or its host was unreachable."""
    return None if result.get("failed") or result.get("unreachable") else dict(result)
