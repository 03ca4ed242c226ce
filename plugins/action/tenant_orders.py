# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_orders), where it is documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns
from ansible_collections.frappeops.tenants.plugins.plugin_utils import orders, tenants_file
from ansible_collections.frappeops.tenants.plugins.plugin_utils.host_patterns import HOSTS_ARGUMENT
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import adoption, placement, tenants
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry_action import (
    REGISTRY_ARGUMENTS,
    RegistryAction,
)
from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenants_file import FIELDS, Entry, Problem

USAGE = """\
Nothing says which tenant to make. Usage: ansible-playbook provision.yml -e tenant=acme -e admin_email=ada@acme.com \
[-e plan=starter] [-e admin_first_name=Ada] [-e bench=bench1] [-e tenant_country=Germany] [-e tenant_time_zone=Europe/Berlin] \
[-e tenant_language=de], or -e tenants_file=customers.csv with a line for each tenant."""


class ActionModule(RegistryAction):
    """Reads and judges who is wanted."""

    ARGUMENTS = {
        **REGISTRY_ARGUMENTS,
        **{field: {"type": "raw"} for field in FIELDS},
        "tenants": {"type": "raw"},
        "tenants_file": {"type": "path"},
        "domain": {"type": "str", "required": True},
        "hosts": HOSTS_ARGUMENT,
        "https_port": {"type": "int", "default": 443},
        "reserved": {"type": "list", "elements": "str", "default": []},
        "plans": {"type": "dict", "required": True},
        "default_plan": {"type": "str", "required": True},
        "benches": {"type": "list", "elements": "dict", "required": True},
        "quarantine_days": {"type": "int", "default": 0},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        entries, problems = _entries(arguments)
        with self.reading(arguments, variables) as connection:
            registered, adopted = tenants.find_all(connection), adoption.names(connection)
        good, found = orders.judge(entries, _rules(arguments), registered, adopted)
        if problems or found:
            raise orders.refusal(
                [*problems, *found], arguments["tenants_file"] or ("tenants" * bool(arguments["tenants"]))
            )
        return {"changed": False, "orders": [asdict(order) for order in good]}


def _entries(arguments: dict[str, Any]) -> tuple[list[Entry], list[Problem]]:
    given = [source for source in ("tenant", "tenants", "tenants_file") if arguments[source] not in (None, "", [])]
    if not given:
        raise TenantError(USAGE)
    if len(given) > 1:
        raise TenantError(f"{' and '.join(given)} are given at once.", "Say in one way who is wanted.")
    if given == ["tenant"]:
        return [Entry("", {"tenant": arguments["tenant"]})], []
    if given == ["tenants"]:
        return _listed(arguments["tenants"])
    file = Path(arguments["tenants_file"])
    entries, problems = tenants_file.read(file)
    if not entries and not problems:
        raise TenantError(f"The tenants file {file} names no tenant.")
    return entries, problems


def _listed(tenants_list: Any) -> tuple[list[Entry], list[Problem]]:
    if not isinstance(tenants_list, list):
        raise TenantError(
            "tenants is refused: it is not a list.", "Example: [{tenant: acme, admin_email: ada@acme.com}]"
        )
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, item in enumerate(tenants_list, start=1):
        if isinstance(item, Mapping):
            entries.append(Entry(f"entry {number}", dict(item)))
        else:
            problems.append(Problem(f"entry {number}", f"{item!r} is refused: it is not a dictionary."))
    return entries, problems


def _rules(arguments: dict[str, Any]) -> orders.Rules:
    return orders.Rules(
        patterns=HostPatterns(arguments["domain"], **arguments["hosts"], https_port=arguments["https_port"]),
        plans=arguments["plans"],
        default_plan=arguments["default_plan"],
        benches=placement.read_benches(arguments["benches"]),
        reserved=arguments["reserved"],
        quarantine_days=arguments["quarantine_days"],
        defaults={field: arguments[field] for field in FIELDS if field != "tenant"},
    )
