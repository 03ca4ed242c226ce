# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of certificates and keys that a configuration names: nginx reads them when it reads the configuration.

So a certificate that was replaced is not served before a reload, though no file of the configuration has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_NAMED = re.compile(r"""(?:^|[;{}])\s*ssl_certificate(?:_key)?\s+["']?([^"';\s]+)""", re.MULTILINE)


def named_in(text: str) -> list[Path]:
    """The files that I(text) names by their full paths. One with a variable in its path is read at each handshake instead."""
    return [Path(name) for name in _NAMED.findall(text) if name.startswith("/") and "$" not in name]


def changed_at(files: Iterable[Path]) -> int:
    """When the last of I(files) became another (a ctime in ns), 0 when none is there.

    certbot makes a link lead to another file, and operators replace the file itself: both count.
    """
    found = [file for file in files if file.exists()]
    return max((change for file in found for change in (file.lstat().st_ctime_ns, file.stat().st_ctime_ns)), default=0)
