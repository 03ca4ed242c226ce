# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules that look at a tenant over HTTP, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """Where to look and how; VIEW in module_utils/probe_arguments.py is its code."""

    DOCUMENTATION = r"""
options:
  address:
    description:
      - Connect to this address, whatever the name resolves to.
      - Host header, TLS server name and certificate check stay those of the URL.
    type: str
  resolvers:
    description:
      - Resolvers to ask for the address, each as C(ADDRESS) or C(ADDRESS#PORT); the system's when empty.
      - They need dnspython on the host that runs the module.
    type: list
    elements: str
    default: []
  dns_port:
    description: The port of those in O(resolvers) that have none of their own.
    type: int
    default: 53
  ca_file:
    description: Trust the CA certificates of this file, and only these; for a private or a staging CA.
    type: path
  request_timeout:
    description: Seconds for each of looking up, connecting, the TLS handshake and waiting for the answer.
    type: float
    default: 10
"""
