# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a benchmark is at, for whoever waits for it."""

from __future__ import annotations

import sys
import time

_STARTED = time.monotonic()


def tell(text: str) -> None:
    """Print I(text) with the time since the start, apart from the results on standard output."""
    print(f"[{time.monotonic() - _STARTED:5.0f} s] {text}", file=sys.stderr, flush=True)
