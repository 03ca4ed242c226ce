# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load tells whether it was there: its rate was kept, or nobody could have asked more."""

from __future__ import annotations

import time

from lab.load import steady


def test_one_that_keeps_its_rate_was_there():
    with steady(lambda number: "refused" if number == 3 else "", rate=50) as seen:
        time.sleep(0.5)
    assert seen.was_there, seen
    assert seen.failures == ["refused"]


def test_one_whose_people_all_wait_was_there():
    with steady(lambda number: time.sleep(0.1) or "", rate=1000) as seen:
        time.sleep(0.6)
    assert seen.rate < 900
    assert seen.was_there, seen


def test_one_that_stood_still_was_not_there():
    with steady(lambda number: "", rate=50) as seen:
        time.sleep(0.2)
    seen.seconds = 10
    assert not seen.was_there
