# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.dns_caa), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils import dns_authorities, dns_caa
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_ask import parse_endpoint
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_library import require_dnspython
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import parse_name
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Refuses names for which an authority may not issue certificates."""

    ARGUMENTS = {
        "names": {"type": "list", "elements": "str", "required": True},
        "issuer": {"type": "str", "required": True},
        "challenge": {"type": "str", "choices": ["http", "dns"]},
        "domain": {"type": "str", "required": True},
        "resolvers": {"type": "list", "elements": "str", "default": []},
        "port": {"type": "int", "default": 53},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        require_dnspython()
        port = arguments["port"]
        resolver = dns_authorities.make_resolver(
            [parse_endpoint(text, port, "resolvers") for text in arguments["resolvers"]]
        )
        look = dns_caa.Lookup(resolver, parse_name(arguments["domain"], "domain"), port)
        policies = dns_caa.refuse_forbidden(arguments["names"], arguments["issuer"], arguments["challenge"] or "", look)
        return {"changed": False, "policies": policies}
