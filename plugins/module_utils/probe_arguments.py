# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the modules that look at a tenant over HTTP; documented in doc_fragments/view.py and probe.py."""

from __future__ import annotations

from typing import Any

from .http_probe import Client, View

#: From where to look.
VIEW: dict[str, Any] = {
    "address": {"type": "str"},
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "dns_port": {"type": "int", "default": 53},
    "ca_file": {"type": "path"},
    "request_timeout": {"type": "float", "default": 10},
}

#: The same for one site, which gunicorn can be asked for directly.
ARGUMENTS: dict[str, Any] = {**VIEW, "site": {"type": "str", "default": ""}}


def client(arguments: dict[str, Any]) -> Client:
    """The client that the module's arguments describe."""
    return Client(
        View(
            address=arguments["address"] or None,
            nameservers=tuple(arguments["resolvers"]),
            dns_port=arguments["dns_port"],
            ca_file=arguments["ca_file"] or None,
            timeout=arguments["request_timeout"],
        )
    )
