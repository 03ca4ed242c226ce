# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test that tells a time zone from a misspelt one: Frappe saves any text as a site's time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

DOCUMENTATION = r"""
name: time_zone
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Whether a text is the name of a time zone
description:
  - Whether the controller knows a time zone of this name, as V(Europe/Berlin).
options:
  _input:
    description: The name.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a time zone that is none
  ansible.builtin.assert:
    that: "'Europe/Berlin' is frappeops.tenants.time_zone"
"""

RETURN = r"""
_value:
  description: Whether there is such a time zone.
  type: bool
  sample: true
"""


def is_time_zone(name: Any) -> bool:
    """Whether there is a time zone of this name. A controller without time zone data takes any."""
    known = zoneinfo.available_timezones()
    return name in known if known else bool(name)


class TestModule:
    """Tells Ansible the test."""

    def tests(self) -> dict[str, Callable[[Any], bool]]:
        return {"time_zone": is_time_zone}
