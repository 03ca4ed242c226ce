# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two sides that an audit holds against each other: the registry, and what was seen in the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.naming import RESERVED, HostPatterns

from ..registry.journal import ADOPTED, KEPT, UNDOING, UNFINISHED
from ..registry.states import HOUSED

_COMPLETE = frozenset({"active", "suspended"})


@dataclass(frozen=True)
class Registry:
    """What the registry knows.

    :param tenants: the rows of all tenants, in whatever state.
    :param provisionings: C(tenant), C(state) and C(since) of each provisioning by its id, which is the owner mark.
    :param standby: the rows of the standby sites by their id, which is their owner mark.
    :param oauth_clients: C(bench), C(site) and C(client) of the clients that were made, by their provisioning.
    :param at_work: tenants on which a run works at this moment, or did since the look at the world began.
    :param changed_standby: standby sites of which the same is true, by their id.
    """

    tenants: list[dict[str, Any]]
    provisionings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    standby: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    oauth_clients: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    at_work: frozenset[str] = frozenset()
    changed_standby: frozenset[str] = frozenset()

    @property
    def at_rest(self) -> list[dict[str, Any]]:
        """Tenants that are complete and left in peace, so that all their parts must be there."""
        return [
            tenant
            for tenant in self.tenants
            if tenant["state"] in _COMPLETE and tenant["name"] not in self.at_work and not self.is_leaving(tenant)
        ]

    @property
    def housed(self) -> list[dict[str, Any]]:
        """Tenants whose parts, as far as they are there, are nobody's orphans."""
        return [tenant for tenant in self.tenants if tenant["state"] in HOUSED or tenant["name"] in self.at_work]

    @property
    def unfinished(self) -> dict[str, Mapping[str, str]]:
        """The provisionings that were cut off and that nobody goes on with, by their id."""
        return {
            owner: provisioning
            for owner, provisioning in self.provisionings.items()
            if provisioning["state"] in UNFINISHED and provisioning["tenant"] not in self.at_work
        }

    def is_leaving(self, tenant: Mapping[str, Any]) -> bool:
        """Whether the tenant was complete and is being taken away, so that none of its parts need be there any more."""
        return tenant["state"] in _COMPLETE and self._state_of(tenant["owner"]) == UNDOING

    def is_kept(self, tenant: Mapping[str, Any]) -> bool:
        """Whether the tenant failed and is kept for the operator to look at."""
        return self._state_of(tenant["owner"]) == KEPT

    def is_adopted(self, tenant: Mapping[str, Any]) -> bool:
        """Whether the tenant was there before the registry knew it, so that none of its parts bears a mark."""
        return self._state_of(tenant["owner"]) == ADOPTED

    def is_cut_off(self, owner: str | None) -> bool:
        """Whether the provisioning I(owner) is not at its end, so that heal.yml or a run for its tenant finishes it."""
        return self._state_of(owner) in UNFINISHED

    def of_owner(self, owner: str | None) -> str:
        """What the registry knows of the provisioning I(owner), in words."""
        if not owner:
            return "it bears no mark"
        provisioning = self.provisionings.get(owner)
        if provisioning is None:
            return f"made by provisioning {owner}, which this registry does not know"
        state = next((row["state"] for row in self.tenants if row["name"] == provisioning["tenant"]), "gone")
        return f"made by provisioning {owner} of {provisioning['tenant']}, which is {state}"

    def tenant_of_owner(self, owner: str | None) -> str:
        """The tenant that the provisioning I(owner) was for; empty when that is not known."""
        return self.provisionings.get(owner or "", {}).get("tenant", "")

    def _state_of(self, owner: str | None) -> str:
        return self.provisionings.get(owner or "", {}).get("state", "")


@dataclass(frozen=True)
class World:
    """What was seen.

    :param benches: by inventory host, what M(frappeops.tenants.frappe_bench_info) returned; None where it failed.
    :param edges: the same of M(frappeops.tenants.frappe_edge_info).
    :param dns: what M(frappeops.tenants.dns_records_info) returned; None where it failed, empty when DNS is not ours.
    :param marked: what M(frappeops.tenants.cloudflare_records_info) returned as its records; None where it failed.
    :param nobody: a tenant that is none: what its names have, a wildcard answers.
    :param limits: by plan, what the configuration of its tenants' sites says of each limit, None of one that it has not.
    :param addresses: what the tenants' names shall have; empty when any address will do.
    :param patterns: how tenants' hosts are named: a record that looks like one is a tenant's.
    :param reserved: names that no tenant has.
    :param ignored: host names in the zone that are none of our business.
    :param certificate: what a tenant's certificate is whose row does not tell: V(issued), V(none) or the like.
    """

    benches: Mapping[str, dict[str, Any] | None]
    edges: Mapping[str, dict[str, Any] | None]
    dns: Mapping[str, Any] | None
    patterns: HostPatterns
    nobody: str
    marked: Sequence[Mapping[str, Any]] | None = ()
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    reserved: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    certificate: str = "issued"

    def is_a_tenants(self, host: str) -> bool:
        """Whether I(host) is named as a tenant's hosts are, and nobody said that it is none."""
        tenant = self.patterns.tenant_of(host)
        return tenant is not None and tenant not in RESERVED | self.reserved and host not in self.ignored
