# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time zones that are some, and texts that are none."""

from __future__ import annotations

import pytest

from ansible_collections.frappeops.tenants.plugins.test.time_zone import is_time_zone


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
def test_known(name):
    assert is_time_zone(name)


@pytest.mark.parametrize("name", ["Mars/Base", "europe/berlin", "", "../etc/passwd", "Europe", None, 1])
def test_unknown(name):
    assert not is_time_zone(name)
