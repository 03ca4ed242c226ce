# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sudo lets a user do by the rules in a folder of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

LOGIN_USER = "ansible-login"


@contextmanager
def sudo_of(folder: Path) -> Iterator[Any]:
    """sudo with the rules in I(folder)/sudoers.d, for a user that there is only within: the machine's own files stay as they are."""
    number = "61001"
    for name, line in (
        ("passwd", f"{LOGIN_USER}:x:{number}:{number}::/:/bin/sh"),
        ("shadow", f"{LOGIN_USER}:*:19000::::::"),
    ):
        (folder / name).touch(0o644 if name == "passwd" else 0o600)
        (folder / name).write_text(Path("/etc", name).read_text() + line + "\n")
    mounts = f"mount --bind {folder}/sudoers.d /etc/sudoers.d && mount --bind {folder}/passwd /etc/passwd"
    mounts += f" && mount --bind {folder}/shadow /etc/shadow"

    def sudo(command: str) -> subprocess.CompletedProcess[str]:
        switch = f"setpriv --reuid={number} --regid={number} --clear-groups"
        script = f"{mounts} || exit 99; {switch} sudo -n {command}"
        return subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)

    if sudo("-V").returncode == 99:
        pytest.skip("this machine gives no mount namespace (needs root)")
    yield sudo
