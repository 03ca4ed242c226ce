# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.certificate_plan), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.certificate_plan import (
    CHALLENGES,
    PLANS,
    Choice,
    names_for,
)
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns, Identity, url
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Says which certificate a tenant gets."""

    ARGUMENTS = {
        "identity": {"type": "dict", "required": True},
        "plan": {"type": "str", "required": True, "choices": list(PLANS)},
        "hosts": {"type": "dict", "default": {}},
        "challenge": {"type": "str", "default": "http", "choices": list(CHALLENGES)},
        "wildcard": {"type": "bool", "default": False},
        "published_by": {"type": "str", "default": ""},
        "proven_by": {"type": "str", "default": ""},
        "http_port": {"type": "int", "default": 80},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        identity = Identity(**arguments["identity"])
        patterns = HostPatterns(identity.domain, **arguments["hosts"])
        choice = Choice(
            **{key: arguments[key] for key in ("plan", "challenge", "wildcard", "published_by", "proven_by")}
        )
        http = {
            "frontend_url": url("http", identity.frontend_host, arguments["http_port"]),
            "backend_url": url("http", identity.backend_host, arguments["http_port"]),
        }
        https = {"frontend_url": identity.frontend_url, "backend_url": identity.backend_url}
        return {"changed": False, "names": names_for(choice, identity, patterns), "http": http, "https": https}
