# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.frappe_bench_check), where it is documented."""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.plugin_utils.host_action import HostAction


class ActionModule(HostAction):
    """Tells a host that is away as a failure of the task."""
