# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option by which actions take the patterns of the tenants' hosts."""

from __future__ import annotations

from typing import Any

#: How the two hosts of a tenant are named; see HostPatterns in module_utils/naming.py.
HOSTS_ARGUMENT: dict[str, Any] = {
    "type": "dict",
    "options": {
        "frontend": {"type": "str", "default": "{tenant}.{domain}"},
        "backend": {"type": "str", "default": "api.{tenant}.{domain}"},
    },
    "apply_defaults": True,
}
