# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout at a place where ansible-test accepts it.

ansible-test and antsibull-docs want a collection physically at ansible_collections/NAMESPACE/NAME; ansible-test refuses
a symlink, and takes the files that git knows. So the copy holds what git would commit, and is a repository of its own.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .command import CACHE, ROOT


def refresh(stage: str) -> Path:
    """Make the stage's copy anew from the tracked files and the untracked ones that are not ignored."""
    target = CACHE / stage / "ansible_collections" / "frappeops" / "tenants"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in sorted(set(filter(None, listed.split("\0")))):
        source = ROOT / name
        # The link by which a checkout is its own collections path has no place in the copy.
        if name.startswith(".collections/") or not (source.is_file() or source.is_symlink()):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target / name, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=target, check=True)
    return target
