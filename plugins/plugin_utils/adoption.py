# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sites that are there already, judged whether they can be taken into the registry as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import (
    HostPatterns,
    Identity,
    is_host,
    problems_of_name,
)

from .registry import placement, tenants
from .registry.adoption import Adoption


@dataclass(frozen=True)
class Candidate:
    """What the operator says of one site; empty fields are derived."""

    tenant: str
    site: str
    admin_email: str
    plan: str
    bench: str = ""
    admin_first_name: str = ""
    frontend_host: str = ""
    backend_host: str = ""


@dataclass(frozen=True)
class Rules:
    """What candidates are judged by.

    :param benches: what M(frappeops.tenants.frappe_bench_info) returned on each bench; None where it failed.
    :param edges: the inventory host of each bench's nginx.
    :param plans: the data of each plan, by its name.
    """

    benches: Mapping[str, Mapping[str, Any] | None]
    edges: Mapping[str, str]
    patterns: HostPatterns
    plans: Mapping[str, Mapping[str, Any]]
    reserved: Sequence[str] = ()


def judge(candidate: Candidate, rules: Rules) -> Adoption:
    """The tenant that I(candidate) is.

    :raises TenantError: says what stands against it, and where to look.
    """
    for problem in problems_of_name(candidate.tenant, rules.patterns, rules.reserved):
        raise TenantError(problem.message)
    if "@" not in candidate.admin_email:
        raise TenantError(
            f"{candidate.tenant}: admin_email {candidate.admin_email!r} is refused: it is not a mail address.",
            "Name the one who is responsible for the tenant.",
        )
    if candidate.plan not in rules.plans:
        raise TenantError(
            f"{candidate.tenant}: there is no plan {candidate.plan!r}.", f"Known plans: {', '.join(rules.plans)}."
        )
    bench, site = _found(candidate, rules)
    _require_adoptable(candidate, bench, site)
    return Adoption(
        identity=asdict(_identity(candidate, site, rules.patterns)),
        bench=bench,
        edge=rules.edges[bench],
        database_name=site["database"],
        plan=candidate.plan,
        admin_email=candidate.admin_email.lower(),
        admin_first_name=candidate.admin_first_name or tenants.FIRST_NAME,
        needs=placement.amounts(
            rules.plans[candidate.plan].get("needs") or {}, f"The needs of the plan {candidate.plan}"
        ),
    )


def _found(candidate: Candidate, rules: Rules) -> tuple[str, Mapping[str, Any]]:
    """The bench and the site, wherever it is when no bench is named."""
    benches = [candidate.bench] if candidate.bench else sorted(rules.benches)
    found = []
    for bench in benches:
        look = rules.benches.get(bench)
        if look is None:
            raise TenantError(
                f"{candidate.tenant}: the bench {bench} could not be looked at.", "Is it in the group benches?"
            )
        found += [(bench, site) for site in look["sites"] if site["site"] == candidate.site]
    if len(found) != 1:
        where = ", ".join(bench for bench, _site in found) or ", ".join(benches)
        problem = "is on several benches" if found else "is on none of the benches"
        raise TenantError(
            f"{candidate.tenant}: the site {candidate.site!r} {problem} ({where}).", "Name site and bench as they are."
        )
    return found[0]


def _require_adoptable(candidate: Candidate, bench: str, site: Mapping[str, Any]) -> None:
    if site["owner"] or site["database_owner"]:
        raise TenantError(
            f"{candidate.tenant}: the site {candidate.site} on {bench} bears the mark of provisioning "
            f"{site['owner'] or site['database_owner']}: this collection made it.",
            "It is not adopted. Look with playbooks/audit.yml what the registry knows of it.",
        )
    if site["problem"]:
        raise TenantError(f"{candidate.tenant}: the site {candidate.site} on {bench}: {site['problem']}")
    if not site["database"] or not site["database_exists"]:
        raise TenantError(
            f"{candidate.tenant}: the site {candidate.site} on {bench} has no database "
            f"({site['database'] or 'its site_config.json names none'}).",
            "Only a site that works is adopted.",
        )


def _identity(candidate: Candidate, site: Mapping[str, Any], patterns: HostPatterns) -> Identity:
    """Hosts as they are given, else as Frappe itself knows them: by host_name, or by the name of the site."""
    by_pattern = patterns.identity(candidate.tenant)
    known = urlsplit(str(site["config"].get("host_name") or "")).hostname
    backend = candidate.backend_host or known or candidate.site
    frontend = candidate.frontend_host or (by_pattern.frontend_host if backend == by_pattern.backend_host else backend)
    for field, host in (("frontend_host", frontend), ("backend_host", backend)):
        if not is_host(host):
            raise TenantError(f"{candidate.tenant}: {field} {host!r} is refused: it is not a host name in lower case.")
    port = "" if patterns.https_port == 443 else f":{patterns.https_port}"
    return Identity(
        name=candidate.tenant,
        domain=patterns.domain,
        frontend_host=frontend,
        backend_host=backend,
        site=candidate.site,
        frontend_url=f"https://{frontend}{port}",
        backend_url=f"https://{backend}{port}",
    )
