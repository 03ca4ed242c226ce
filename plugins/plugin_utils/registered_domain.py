# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registered domain of a name: what certificate authorities count by.

The public suffix list decides it; the library publicsuffixlist brings a copy of it along and asks nobody.
"""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

try:
    from publicsuffixlist import PublicSuffixList
except ImportError:
    _SUFFIXES = None
else:
    # Read here: Ansible loads an action before it forks its workers, so the 0.3 s are paid once a run.
    _SUFFIXES = PublicSuffixList()


def registered_domain(name: str) -> str:
    """The domain that was bought to have I(name), which may begin with a wildcard."""
    if _SUFFIXES is None:
        raise TenantError(
            "The Python that runs ansible-playbook lacks publicsuffixlist, by which certificates are counted.",
            "Install it there: python3 -m pip install publicsuffixlist.",
        )
    host = name.removeprefix("*.")
    return str(_SUFFIXES.privatesuffix(host) or host)
