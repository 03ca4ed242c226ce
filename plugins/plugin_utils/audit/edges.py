# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx and certificates: the registry against one edge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from .findings import DIFFERS, HEAL, MISSING, ORPHAN, RUN_AGAIN, Finding
from .sides import Registry, World

#: A tenant's certificate states in which the edge has a certificate of certbot for its names.
_WITH_LINEAGE = frozenset({"issued", "shared"})


class EdgeLook:
    """What was seen of one edge, found by owner and by name."""

    def __init__(self, look: dict[str, Any]) -> None:
        self.published = look["published"]
        self.of_owner: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.unread = look["unread"]
        self._certificates: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._served: dict[str, set[str]] = defaultdict(set)
        for entry in look["published"]:
            self._served[entry["owner"]].update(entry["hosts"])
            self.of_owner[entry["owner"]].append(entry)
        for certificate in look["certificates"]:
            for name in certificate.get("names", ()):
                self._certificates[name].append(certificate)

    def serves(self, owner: str, hosts: set[str]) -> bool:
        """Whether nginx serves all I(hosts) by files of I(owner)."""
        return hosts <= self._served.get(owner, set())

    def certificates(self, hosts: set[str]) -> list[dict[str, Any]]:
        """The certificates that are good for all I(hosts); a wildcard stands for one label (RFC 6125 6.4.3)."""
        good = []
        for host in hosts:
            names = (host, f"*.{host.partition('.')[2]}")
            good.append({entry["lineage"]: entry for name in names for entry in self._certificates.get(name, ())})
        return [entry for lineage, entry in good[0].items() if all(lineage in others for others in good)]


def of_tenant(tenant: dict[str, Any], look: EdgeLook, certificate: str) -> Iterator[Finding]:
    """What is wrong with the parts that I(tenant) has on its edge.

    :param certificate: what it is served with.
    """
    hosts = _hosts(tenant)
    if not look.serves(tenant["owner"], hosts):
        yield _unpublished(tenant, hosts, look)
    for entry in look.of_owner.get(tenant["owner"], ()):
        yield from _otherwise(tenant, entry)
    if certificate in _WITH_LINEAGE:
        yield from _of_certificate(tenant, hosts, look.certificates(hosts))


def _unpublished(tenant: dict[str, Any], hosts: set[str], look: EdgeLook) -> Finding:
    unread = [entry["file"] for entry in look.unread if entry["owner"] == tenant["owner"]]
    serving = [entry for entry in look.published if hosts & set(entry["hosts"])]
    others = [entry["file"] for entry in serving if entry["owner"] != tenant["owner"]]
    kind, detail, remedy = MISSING, "nginx does not serve it", RUN_AGAIN
    if serving:
        served = hosts & {host for entry in serving for host in entry["hosts"]}
        detail = f"nginx serves only {', '.join(sorted(served))} of it"
    if unread:
        detail = f"nginx does not read {', '.join(unread)}"
    if others:
        kind, detail = DIFFERS, f"{', '.join(others)} serves its names and bears another mark"
        remedy = "Find out who wrote that file and remove it; then run playbooks/reconcile.yml."
    return Finding(
        kind,
        "nginx",
        ", ".join(sorted(hosts)),
        tenant["edge"],
        tenant["name"],
        detail,
        remedy,
        mended_by_run=not others,
    )


def _otherwise(tenant: dict[str, Any], entry: dict[str, Any]) -> Iterator[Finding]:
    """What is there and is not as it was published, or as the tenant's state wants it."""
    suspended = tenant["state"] == "suspended"
    detail, remedy = "", RUN_AGAIN
    if entry["suspended"] != suspended:
        detail = f"it serves the tenant as {'suspended' if entry['suspended'] else 'live'}, which is {tenant['state']}"
        if suspended:
            remedy = f"Run playbooks/suspend.yml -e tenant={tenant['name']}."
    elif entry["edited"]:
        detail = "somebody changed it by hand since it was published"
    if detail:
        file, edge = entry["file"], tenant["edge"]
        yield Finding(DIFFERS, "nginx", file, edge, tenant["name"], detail, remedy, mended_by_run=not suspended)


def _of_certificate(tenant: dict[str, Any], hosts: set[str], fitting: list[dict[str, Any]]) -> Iterator[Finding]:
    if any(entry["days_left"] >= 0 for entry in fitting):
        return
    kind, detail = MISSING, "no lineage has these names"
    if fitting:
        kind, detail = DIFFERS, f"{', '.join(entry['lineage'] for entry in fitting)} has expired"
    named = ", ".join(sorted(hosts))
    yield Finding(kind, "certificate", named, tenant["edge"], tenant["name"], detail, RUN_AGAIN, mended_by_run=True)


def orphans(edge: str, look: dict[str, Any], registry: Registry, world: World) -> Iterator[Finding]:
    """What is on the edge and belongs to no tenant of it."""
    here = [tenant for tenant in registry.housed if tenant["edge"] == edge]
    owners = {tenant["owner"] for tenant in here}
    hosts = set().union(*map(_hosts, here)) if here else set()
    for entry in (*look["published"], *look["unread"]):
        if entry["owner"] not in owners and (entry["owner"] or _is_tenants(entry["hosts"], hosts, world)):
            yield _orphan("nginx", entry["file"], edge, entry["owner"], registry)
    # A certificate that tenants share bears nobody's mark of theirs.
    seen = EdgeLook(look)
    used = {entry["lineage"] for tenant in here for entry in seen.certificates(_hosts(tenant))}
    for entry in look["certificates"]:
        if entry["owner"] in owners or entry["lineage"] in used:
            continue
        if entry["owner"] or _is_tenants(entry.get("names", ()), hosts, world):
            yield _orphan("certificate", entry["lineage"], edge, entry["owner"], registry)


def _is_tenants(names: Iterable[str], hosts: set[str], world: World) -> bool:
    """Whether something without a mark is for a tenant that is not there; what others keep on the edge is theirs."""
    return not hosts & set(names) and any(map(world.is_a_tenants, names))


def _orphan(what: str, name: str, edge: str, owner: str, registry: Registry) -> Finding:
    known = registry.tenant_of_owner(owner)
    remove = "certbot delete --cert-name" if what == "certificate" else "remove it, nginx -t, reload:"
    remedy = HEAL if registry.is_cut_off(owner) else f"Look whether anything uses it, then: {remove} {name}."
    return Finding(ORPHAN, what, name, edge, known, registry.of_owner(owner), remedy)


def _hosts(tenant: dict[str, Any]) -> set[str]:
    return {tenant["identity"]["frontend_host"], tenant["identity"]["backend_host"]}
