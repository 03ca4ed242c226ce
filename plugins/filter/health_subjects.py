# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that makes subjects of health checks out of the registry's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.frappeops.tenants.plugins.filter.scrub import scrub

DOCUMENTATION = r"""
name: health_subjects
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Turn tenants of the registry into what a health check looks at
description:
  - Makes of each tenant of M(frappeops.tenants.tenant_registry_info) what M(frappeops.tenants.tenant_health) and
    M(frappeops.tenants.frappe_site_health) take.
  - A tenant that this collection made has a public file that only its site has, named by its owner mark. An adopted one has none, and
    people sign in to it as they always did; so it is marked as C(adopted), and what speaks of these is not looked at.
options:
  _input:
    description: Tenants, as the registry knows them.
    type: list
    elements: dict
    required: true
  oauth:
    description:
      - The provider that people sign in through, as C(tenant_oauth). Without it nothing is said of sign-in.
      - Where it names a managed C(site), each tenant is a client of its own there, named by its owner mark.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what would be looked at
  ansible.builtin.debug:
    msg: "{{ fleet.tenants | frappeops.tenants.health_subjects(tenant_oauth) }}"
"""

RETURN = r"""
_value:
  description: One entry per tenant.
  type: list
  elements: dict
"""


#: Where Frappe's own provider is asked, and where Frappe takes people who come back.
_AUTHORIZE = "/api/method/frappe.integrations.oauth2.authorize"
_RETURN = "/api/method/frappe.integrations.oauth2_logins.custom/"


def health_subjects(tenants: Iterable[dict[str, Any]], oauth: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """A subject per tenant."""
    return [
        {
            "name": tenant["name"],
            "site": tenant["site"],
            "frontend_url": tenant["frontend_url"],
            "backend_url": tenant["backend_url"],
            **_proof(tenant),
            "suspended": tenant.get("state") == "suspended",
            **(_sign_in(tenant, oauth) if oauth else {}),
        }
        for tenant in tenants
    ]


def _proof(tenant: dict[str, Any]) -> dict[str, Any]:
    if tenant.get("adopted"):
        return {"adopted": True, "proof_path": "", "proof_content": ""}
    return {"adopted": False, "proof_path": f"/files/{tenant['owner']}.txt", "proof_content": tenant["owner"]}


def _sign_in(tenant: dict[str, Any], oauth: Mapping[str, Any]) -> dict[str, str]:
    """Where the tenant's sign-in leads, as whom, and back; what is not said is empty."""
    base, page = oauth.get("base_url", ""), oauth.get("authorize_url", _AUTHORIZE)
    return {
        "provider_url": base,
        # As Frappe puts them together.
        "authorize_url": page if urlsplit(page).netloc else base + page,
        "client_id": tenant["owner"] if oauth.get("site") else oauth.get("client_id", ""),
        "redirect_uri": tenant["backend_url"].rstrip("/") + _RETURN + scrub(oauth.get("provider_name", "")),
    }


class FilterModule:
    """Tells Ansible the filter."""

    def filters(self) -> dict[str, Any]:
        return {"health_subjects": health_subjects}
