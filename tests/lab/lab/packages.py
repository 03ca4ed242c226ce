# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is everything installed that the parts run?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping

from lab.errors import LabError

# An ordinary user's PATH lacks the folders where Debian puts servers.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def find(executable: str) -> str:
    """The full path of an executable that L(check_packages) has seen."""
    path = shutil.which(executable, path=SEARCH_PATH)
    if path is None:
        raise LabError(f"The executable {executable} is not installed.")
    return path


def missing_packages(needs: Iterable[Mapping[str, str]]) -> list[str]:
    """The Debian packages whose executables are not found."""
    wanted = {executable: package for need in needs for executable, package in need.items()}
    return sorted({package for executable, package in wanted.items() if not shutil.which(executable, path=SEARCH_PATH)})


def check_packages(needs: Iterable[Mapping[str, str]]) -> None:
    missing = missing_packages(needs)
    if missing:
        sudo = "" if os.geteuid() == 0 else "sudo "
        raise LabError(
            f"The lab needs packages that are not installed: {' '.join(missing)}",
            f"Install them: {sudo}apt-get install --no-install-recommends {' '.join(missing)}",
        )
