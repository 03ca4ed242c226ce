# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pauses between tries that grow, and end at a deadline."""

from __future__ import annotations

import time

_FIRST = 0.25
_LONGEST = 5.0


class Deadline:
    """A time by which something must be done.

    :param timeout: seconds from now; 0 for one try.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since it was set."""
        return time.monotonic() - self._started

    @property
    def left(self) -> float:
        """Seconds until it is over."""
        return self.timeout - self.elapsed


class Pauses:
    """The pauses of one row of tries."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._next = _FIRST

    def pause(self, asked: float | None = None) -> bool:
        """Pause; False, and at once, when the time that is left does not do.

        :param asked: the seconds that the other side asks for; a shorter pause would be in vain. Ours is never shorter for it.
        """
        left = self._deadline.left
        if left <= 0 or (asked or 0) > left:
            return False
        time.sleep(min(max(self._next, asked or 0), left))
        self._next = min(self._next * 2, _LONGEST)
        return True
