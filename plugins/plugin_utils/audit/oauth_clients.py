# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of managed auth sites: the registry against those sites."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .findings import DIFFERS, HEAL, MISSING, ORPHAN, RUN_AGAIN, Finding
from .sides import Registry

WHAT = "OAuth client"

#: A client of ours is named by an owner mark, which no name that Frappe chooses looks like.
_MARK = re.compile(r"[0-9a-f]{16}")
_RETURN = "/api/method/frappe.integrations.oauth2_logins.custom/"


def of_tenant(
    tenant: Mapping[str, Any], registry: Registry, looks: Mapping[str, dict[str, Any] | None]
) -> Iterator[Finding]:
    """What is wrong with the client that I(tenant) is, as far as its auth site was looked at."""
    for made in registry.oauth_clients.get(tenant["owner"], ()):
        there = ((looks.get(made["bench"]) or {}).get("oauth_clients") or {}).get(made["site"])
        if there is None:
            continue
        where = f"{made['site']} on {made['bench']}"
        client = next((client for client in there if client["client"] == made["client"]), None)
        if client is None:
            detail = "it is not there, so nobody can sign in"
            yield Finding(MISSING, WHAT, made["client"], where, tenant["name"], detail, RUN_AGAIN, mended_by_run=True)
        elif not all(uri.startswith(tenant["backend_url"] + _RETURN) for uri in client["redirect_uris"]):
            detail = f"it leads to {', '.join(client['redirect_uris'])}, not to {tenant['backend_url']} alone"
            yield Finding(DIFFERS, WHAT, made["client"], where, tenant["name"], detail, RUN_AGAIN, mended_by_run=True)


def orphans(bench: str, look: dict[str, Any], registry: Registry) -> Iterator[Finding]:
    """Clients of ours on the auth sites of the bench that no tenant has."""
    owners = {tenant["owner"] for tenant in registry.housed}
    for site, clients in (look.get("oauth_clients") or {}).items():
        for client in clients:
            name = client["client"]
            if _MARK.fullmatch(name) and name not in owners:
                known = registry.tenant_of_owner(name)
                remedy = (
                    HEAL
                    if registry.is_cut_off(name)
                    else f"Look whether anything uses it before you delete it in {site}."
                )
                detail = f"{client['app_name']}; {registry.of_owner(name)}"
                yield Finding(ORPHAN, WHAT, name, f"{site} on {bench}", known, detail, remedy)
