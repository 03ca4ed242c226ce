# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry held against the world. A pure function: nothing is asked, nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..registry.journal import KEPT, UNDOING
from . import benches, edges, names, oauth_clients
from .findings import HEAL, UNFINISHED, UNSEEN, Finding
from .sides import Registry, World


def compare(registry: Registry, world: World) -> list[Finding]:
    """All that is not as it should be: what is wrong with each tenant, by name, then what belongs to none."""
    findings = [finding for found in of_tenants(registry, world).values() for finding in found]
    findings += _unfinished(registry)
    findings += _unseen(registry, world)
    for bench, look in sorted(world.benches.items()):
        if look:
            findings += benches.switched_off(bench, look, registry)
            findings += [*benches.of_pool(bench, look, registry), *benches.orphans(bench, look, registry)]
            findings += [*oauth_clients.orphans(bench, look, registry)]
    for edge, look in sorted(world.edges.items()):
        findings += edges.orphans(edge, look, registry, world) if look else []
    return findings + list(names.orphans(registry, world))


def of_tenants(registry: Registry, world: World) -> dict[str, list[Finding]]:
    """What is wrong with each tenant at rest, as far as its hosts could be looked at."""
    bench_looks = {bench: benches.BenchLook(look) for bench, look in world.benches.items() if look}
    edge_looks = {edge: edges.EdgeLook(look) for edge, look in world.edges.items() if look}

    def of_tenant(tenant: dict[str, Any]) -> Iterator[Finding]:
        adopted = registry.is_adopted(tenant)
        if tenant["bench"] in bench_looks:
            yield from benches.of_tenant(
                tenant, bench_looks[tenant["bench"]], adopted, world.limits.get(tenant["plan"])
            )
        # The operator's own nginx and certificates serve an adopted tenant: there is nothing of ours to miss.
        if tenant["edge"] in edge_looks and not adopted:
            yield from edges.of_tenant(tenant, edge_looks[tenant["edge"]], tenant["certificate"] or world.certificate)
        yield from oauth_clients.of_tenant(tenant, registry, world.benches)
        yield from names.of_tenant(tenant, world, adopted)

    return {tenant["name"]: list(of_tenant(tenant)) for tenant in registry.at_rest}


def _unfinished(registry: Registry) -> Iterator[Finding]:
    rows = {tenant["owner"]: tenant for tenant in registry.tenants}
    for owner, provisioning in sorted(registry.unfinished.items(), key=lambda entry: entry[1]["tenant"]):
        row = rows.get(owner)
        now = f"{row['state']} since {row['changed_at']}" if row else f"begun {provisioning['since']}, not claimed yet"
        was, remedy = "it was being made", "Run the same command again, or playbooks/heal.yml."
        if provisioning["state"] == UNDOING:
            was, remedy = "it was being taken away", HEAL
        elif provisioning["state"] == KEPT:
            was, remedy = "it failed and was kept to be looked at", "Look at it, then run provision.yml for it again."
        yield Finding(
            UNFINISHED,
            "provisioning",
            owner,
            row["bench"] if row else "registry",
            provisioning["tenant"],
            f"{was} ({now}), and no run is at work on it",
            remedy,
        )


def _unseen(registry: Registry, world: World) -> Iterator[Finding]:
    """Hosts that could not be looked at, and those that the inventory does not have."""
    for what, seen in (("bench", world.benches), ("edge", world.edges)):
        tenants = Counter(tenant[what] for tenant in registry.at_rest)
        for host in sorted({*seen, *tenants}):
            if seen.get(host) is None:
                detail = "it could not be looked at" if host in seen else "the inventory has no such host"
                remedy = (
                    "See the error above."
                    if host in seen
                    else f"Add it to the group {what}{'s' if what == 'edge' else 'es'}."
                )
                yield Finding(UNSEEN, what, host, host, "", f"{detail}; {tenants[host]} tenants are on it", remedy)
    if world.dns is None or world.marked is None:
        domain = world.patterns.domain
        yield Finding(UNSEEN, "DNS", domain, domain, "", "the zone could not be looked at", "See the error above.")
