# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sites and databases: the registry against one bench."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from ..registry.standby import READY
from .findings import DIFFERS, HEAL, MISSING, ORPHAN, RUN_AGAIN, Finding
from .sides import Registry

_RESTORE = "A run can't bring data back: restore it from a backup, or deprovision the tenant and provision it anew."
_LOOK_FIRST = "Look whether anything uses it before you remove it"


class BenchLook:
    """What was seen of one bench, found by name."""

    def __init__(self, look: dict[str, Any]) -> None:
        self.sites = {site["site"]: site for site in look["sites"]}
        self.unnamed_databases = {database["name"] for database in look["databases"]}


def of_tenant(
    tenant: dict[str, Any], look: BenchLook, adopted: bool, limits: Mapping[str, Any] | None
) -> Iterator[Finding]:
    """What is wrong with the parts that I(tenant) has on its bench.

    :param limits: what its site_config.json shall say of each limit, None of one that it shall not have; None when that is
        not known.
    """
    site = look.sites.get(tenant["site"])
    if site is not None:
        yield from _of_site(tenant, site, adopted)
        if limits is not None and not adopted and not site["problem"]:
            yield from _of_limits(tenant, site, limits)
        return
    yield _missing(tenant, "site folder", tenant["site"], _RESTORE)
    if tenant["database_name"] not in look.unnamed_databases:
        yield _missing(tenant, "database", tenant["database_name"], _RESTORE)


def _of_site(tenant: dict[str, Any], site: dict[str, Any], adopted: bool) -> Iterator[Finding]:
    if not adopted and site["owner"] != tenant["owner"]:
        yield _replaced(tenant, "site folder", tenant["site"], site["owner"])
    if site["problem"]:
        yield _differs(tenant, "site folder", tenant["site"], site["problem"], _RESTORE)
    elif site["database"] != tenant["database_name"]:
        detail = f"its site_config.json names the database {site['database']}, not {tenant['database_name']}"
        remedy = "Put db_name right by hand, after a look into both databases."
        yield _differs(tenant, "site folder", tenant["site"], detail, remedy)
    elif not site["database_exists"]:
        yield _missing(tenant, "database", tenant["database_name"], _RESTORE)
    else:
        yield from _of_database(tenant, site, adopted)


def _of_database(tenant: dict[str, Any], site: dict[str, Any], adopted: bool) -> Iterator[Finding]:
    database = tenant["database_name"]
    if not adopted and site["database_owner"] != tenant["owner"]:
        yield _replaced(tenant, "database", database, site["database_owner"])
    if not site["database_user_hosts"]:
        remedy = (
            f"Make it again with the password in site_config.json, and GRANT ALL PRIVILEGES ON `{database}`.* to it."
        )
        yield _missing(tenant, "database user", database, remedy)


def _of_limits(tenant: dict[str, Any], site: dict[str, Any], limits: Mapping[str, Any]) -> Iterator[Finding]:
    wrong = {name: site["config"].get(name) for name, value in limits.items() if site["config"].get(name) != value}
    if wrong:
        told = "; ".join(f"{name} is {_said(value)}, not {_said(limits[name])}" for name, value in wrong.items())
        found = _differs(tenant, "limits", tenant["site"], f"{told} as in its plan {tenant['plan']}", RUN_AGAIN)
        yield replace(found, mended_by_run=True)


def _said(value: Any) -> str:
    return "unset" if value is None else json.dumps(value)


def switched_off(bench: str, look: dict[str, Any], registry: Registry) -> Iterator[Finding]:
    """Tenants whose sites somebody switched off in Frappe. Not for a run to undo: perhaps he works on them."""
    sites = BenchLook(look).sites
    for tenant in registry.at_rest:
        site = sites.get(tenant["site"]) if tenant["bench"] == bench else None
        if site is not None and site["config"].get("maintenance_mode") and not registry.is_adopted(tenant):
            detail = "its maintenance_mode is on, so that nobody is served"
            remedy = f"When nobody works on it: bench --site {tenant['site']} set-maintenance-mode off."
            yield _differs(tenant, "site", tenant["site"], detail, remedy)


def _missing(tenant: dict[str, Any], what: str, name: str, remedy: str) -> Finding:
    return Finding(MISSING, what, name, tenant["bench"], tenant["name"], "it is not there", remedy)


def _differs(tenant: dict[str, Any], what: str, name: str, detail: str, remedy: str) -> Finding:
    return Finding(DIFFERS, what, name, tenant["bench"], tenant["name"], detail, remedy)


def _replaced(tenant: dict[str, Any], what: str, name: str, mark: str | None) -> Finding:
    detail = f"it bears the mark of {mark or 'nobody'}, not of {tenant['owner']}"
    remedy = "Find out who replaced it. Until then nothing of it is changed or removed."
    return _differs(tenant, what, name, detail, remedy)


def of_pool(bench: str, look: dict[str, Any], registry: Registry) -> Iterator[Finding]:
    """Standby sites that wait for a tenant on the bench and are not there. A claimed one is its tenant's site."""
    sites = BenchLook(look).sites
    for mark, row in registry.standby.items():
        if row["bench"] != bench or row["state"] != READY or mark in registry.changed_standby:
            continue
        site = sites.get(row["site"])
        if site is not None and site["owner"] == mark and site["database_exists"]:
            continue
        part = f"its database {row['database_name']}" if site and site["owner"] == mark else "its folder"
        emptied = json.dumps({"frappe_bench_standby_sites": {row["plan"]: 0}})
        remedy = f"Empty the pool of its plan, playbooks/pool.yml -e '{emptied}', and fill it again without that."
        yield Finding(MISSING, "standby site", row["site"], bench, "", f"{part} is not there", remedy)


def orphans(bench: str, look: dict[str, Any], registry: Registry) -> Iterator[Finding]:
    """What is on the bench and belongs to no tenant of it."""
    housed = [*registry.housed, *registry.standby.values()]
    here = [row for row in housed if row["bench"] == bench]
    sites = {row["site"] for row in here}
    databases = {row["database_name"] for row in here}
    # Several benches may share a database server: what bears the mark of its row is no orphan, whichever bench is its.
    marked = {(tenant["database_name"], _mark(tenant, registry)) for tenant in registry.housed}
    marked |= {(row["database_name"], standby) for standby, row in registry.standby.items()}
    of_tenants = {tenant["database_name"]: tenant["name"] for tenant in registry.housed}
    for site in look["sites"]:
        if site["site"] not in sites:
            yield _orphaned_site(bench, site, registry, of_tenants)
    for database in look["databases"]:
        if database["name"] not in databases and (database["name"], database["owner"]) not in marked:
            yield _orphan("database", database["name"], bench, database["owner"], registry, "DROP DATABASE")
    used = {site["database"] for site in look["sites"]} | {database["name"] for database in look["databases"]}
    used |= {row["database_name"] for row in housed}
    for user, hosts in look["database_users"].items():
        if user not in used:
            named = f"{user}@{', '.join(hosts)}"
            yield _orphan("database user", named, bench, None, registry, "DROP USER", "its database does not exist")
    yield from _left_folders(bench, look, registry)


def _mark(tenant: dict[str, Any], registry: Registry) -> str | None:
    """The mark on the tenant's database; on an adopted one is none."""
    return None if registry.is_adopted(tenant) else tenant["owner"]


def _left_folders(bench: str, look: dict[str, Any], registry: Registry) -> Iterator[Finding]:
    for folder in look["staging"]:
        owner = folder.rpartition("-")[2]
        if registry.tenant_of_owner(owner) not in registry.at_work:
            yield _orphan("staging folder", folder, bench, owner, registry, "rm -r", "an interrupted run left it")
    for archived in look["archived"]:
        name = PurePosixPath(archived["folder"]).name
        yield Finding(
            ORPHAN,
            "archived folder",
            name,
            bench,
            registry.tenant_of_owner(archived["owner"]),
            f"{archived['folder']} was moved there by bench drop-site; its site_config.json holds passwords",
            "Keep the backup that is in it, if you need it, and remove the folder.",
        )


def _orphaned_site(bench: str, site: dict[str, Any], registry: Registry, of_tenants: dict[str, str]) -> Finding:
    victim = of_tenants.get(site["database"])
    if victim is not None:
        # bench drop-site would drop the database that the folder names, whoever's it is.
        remedy = f"Do NOT run bench drop-site on it: it names the database of {victim}. Remove only the folder."
    elif site["owner"] is None:
        remedy = f"Take it into the registry with playbooks/adopt.yml, or remove it: bench drop-site {site['site']}."
    else:
        remedy = _removal(site["owner"], registry, "its site folder and its database")
    return Finding(
        ORPHAN,
        "site folder",
        site["site"],
        bench,
        registry.tenant_of_owner(site["owner"]),
        f"{registry.of_owner(site['owner'])}; its database is {site['database'] or 'not named'}",
        remedy,
    )


def _orphan(
    what: str, name: str, bench: str, owner: str | None, registry: Registry, command: str, detail: str = ""
) -> Finding:
    known = registry.tenant_of_owner(owner)
    remedy = _removal(owner, registry, command)
    return Finding(ORPHAN, what, name, bench, known, detail or registry.of_owner(owner), remedy)


def _removal(owner: str | None, registry: Registry, by_hand: str) -> str:
    """How an orphan goes: what the journal knows goes with its provisioning."""
    return HEAL if registry.is_cut_off(owner) else f"{_LOOK_FIRST} ({by_hand})."
