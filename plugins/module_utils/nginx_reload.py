# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One reload of nginx for all that was published before it.

Runs that publish at the same time wait for their turn to reload. A reload that began after a run's files were in place
has read them, so that run needs none of its own. When the last good reload began is noted beside nginx's pid file: a
worker's age would not do, since nginx first reads the configuration, for seconds at thousands of tenants, and only then
starts its workers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from .nginx import Nginx
from .turns import turn

#: How long others may reload before us, in seconds.
_TIMEOUT = 300
#: Files are stamped by a clock that may be behind by a tick of the kernel, 10 ms at most; so is what is known of a
#: process's age. Seconds.
_CLOCKS_DIFFER = 0.02


class Reloads:
    """The reloads of one nginx."""

    def __init__(self, nginx: Nginx) -> None:
        self._nginx = nginx
        self._note = nginx.pid_file.with_name(f"{nginx.pid_file.name}.frappe_tenants")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else reloads meanwhile."""
        self._note.touch()
        with turn(str(self._note), _TIMEOUT):
            yield

    def has_read(self, changed_at: int) -> bool:
        """Whether the running nginx has read what was last changed at this time (a file's ctime in ns)."""
        return changed_at < max(self._last_began(), self._nginx.master_start() - int(_CLOCKS_DIFFER * 1e9))

    def reload(self) -> None:
        """Reload, and note it when nginx took the configuration over. To be called in a turn."""
        began = time.time_ns()
        # A file that comes after nginx was told must not seem to be older than this.
        time.sleep(_CLOCKS_DIFFER)
        self._nginx.reload()
        self._note.write_text(f"{began}\n", encoding="ascii")

    def _last_began(self) -> int:
        """0 when no reload is noted, or when one is just being noted: then whoever asks waits for a turn."""
        try:
            return int(self._note.read_text(encoding="ascii").strip() or 0)
        except FileNotFoundError:
            return 0
