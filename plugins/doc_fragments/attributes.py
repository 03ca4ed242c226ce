# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our modules say of check mode, diff and idempotence, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragments are combined: the base, then where it runs, then what it does."""

    # The base: what holds for every module of the collection.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode with the same arguments, the second run changes nothing.
"""

    # For what runs in the controller and contacts no host.
    CONTROLLER = r"""
options: {}
attributes:
  action:
    description: Runs in the controller; no host is contacted.
    support: full
"""

    # For modules that change something: all three are fully there.
    CHANGES = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

    # For modules that only look.
    READ_ONLY = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: Nothing is changed in any mode.
  diff_mode:
    support: N/A
    details: Nothing is changed.
  idempotent:
    support: full
"""
