# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS: the registry against the zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .findings import DIFFERS, HEAL, MISSING, ORPHAN, RUN_AGAIN, UNSEEN, Finding
from .sides import Registry, World

_CHALLENGE = "_acme-challenge."


def of_tenant(tenant: dict[str, Any], world: World, adopted: bool) -> Iterator[Finding]:
    """What is wrong with the names of I(tenant), as far as they are in the zone that was looked at."""
    if not world.dns:
        return
    domain = tenant["identity"]["domain"]
    # Its owner publishes an adopted one, wherever he wants it to lead.
    remedy = "Its owner publishes it: no run does." if adopted else RUN_AGAIN
    for host in hosts(tenant):
        problem = world.dns["problems"].get(host)
        addresses = world.dns["addresses"].get(host)
        if problem:
            yield Finding(UNSEEN, "DNS record", host, domain, tenant["name"], problem, "Look at the zone's servers.")
        elif addresses is None:
            continue
        elif not addresses:
            detail = "it has no address"
            yield Finding(
                MISSING, "DNS record", host, domain, tenant["name"], detail, remedy, mended_by_run=not adopted
            )
        elif world.addresses and set(addresses) != set(world.addresses) and not adopted:
            detail = f"it has {', '.join(addresses)}, not {', '.join(world.addresses)}"
            yield Finding(DIFFERS, "DNS record", host, domain, tenant["name"], detail, remedy, mended_by_run=True)


def orphans(registry: Registry, world: World) -> Iterator[Finding]:
    """Records of the zone, or names of former tenants, that no tenant has."""
    if not world.dns:
        return
    theirs = {host for tenant in registry.housed for host in hosts(tenant)}
    if world.dns["records"] is None:
        marked = list(_marked(registry, world))
        yield from marked
        yield from _of_former_tenants(registry, world, theirs | {found.name for found in marked})
        return
    for record in world.dns["records"]:
        host = record["name"].removeprefix(_CHALLENGE)
        is_left = host not in theirs if host == record["name"] else not _is_at_work(host, registry)
        if is_left and world.is_a_tenants(host):
            yield _orphan(record["name"], f"{record['type']} {' '.join(record['value'])}", world)


def hosts(tenant: Mapping[str, Any]) -> list[str]:
    """The names that the tenant has."""
    return [tenant["identity"]["frontend_host"], tenant["identity"]["backend_host"]]


def _marked(registry: Registry, world: World) -> Iterator[Finding]:
    """Records that bear a mark of ours, where the provider tells marks, and that no tenant has."""
    owners = {tenant["owner"] for tenant in registry.housed}
    for record in world.marked or ():
        if record["owner"] not in owners:
            known, told = registry.tenant_of_owner(record["owner"]), registry.of_owner(record["owner"])
            remedy = HEAL if registry.is_cut_off(record["owner"]) else "Look whether anything uses it, then delete it."
            detail = f"{record['type']} {' '.join(record['value'])}; {told}"
            yield Finding(ORPHAN, "DNS record", record["name"], world.patterns.domain, known, detail, remedy)


def _of_former_tenants(registry: Registry, world: World, told: set[str]) -> Iterator[Finding]:
    """Without the whole zone only the names can be looked at that were somebody's. What a wildcard answers is nobody's record.

    :param told: names that are somebody's, or told already.
    """
    answered = (world.dns or {})["addresses"]
    by_wildcard = [answered.get(host) for host in hosts({"identity": vars(world.patterns.identity(world.nobody))})]
    for tenant in registry.tenants:
        for host in hosts(tenant) if tenant["identity"] else ():
            addresses = answered.get(host)
            if addresses and addresses not in by_wildcard and host not in told | world.ignored:
                detail = f"{', '.join(addresses)}; {tenant['name']} is {tenant['state']}"
                domain = tenant["identity"]["domain"]
                yield Finding(ORPHAN, "DNS record", host, domain, tenant["name"], detail, _delete(host))


def _is_at_work(host: str, registry: Registry) -> bool:
    """Whether a certificate for the host is just being proven."""
    return any(host in hosts(tenant) for tenant in registry.housed if tenant["name"] in registry.at_work)


def _orphan(name: str, value: str, world: World) -> Finding:
    return Finding(ORPHAN, "DNS record", name, world.patterns.domain, "", value, _delete(name))


def _delete(name: str) -> str:
    return f"Delete it in the zone; or, if it is no tenant's, list {name} in audit_ignored_names."
