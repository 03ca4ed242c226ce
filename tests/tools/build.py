# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the collection into dist/ and checks what users would get: it installs, and holds nothing of a checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# What only a checkout has: lab state, tests, caches, tools.
FORBIDDEN = re.compile(
    r"(^|/)(\.[^/]+|__pycache__|tests|molecule|dist|Makefile|pyproject\.toml|ansible\.cfg)(/|$)|\.(pyc|retry|db|eml)$|^inventory/lab"
)
WANTED = ("README.md", "LICENSE", "meta/runtime.yml", "plugins/modules/tenant_name_validate.py")


class BuildError(Exception):
    """What is wrong with the archive, in one line."""


def build(folder: Path) -> Path:
    """Build the archive into the folder."""
    output = galaxy("build", "--force", "--output-path", str(folder), str(ROOT))
    found = re.search(r"at (\S+\.tar\.gz)", output)
    if not found:
        raise BuildError(f"ansible-galaxy names no archive: {output}")
    return Path(found[1])


def check(archive: Path) -> list[str]:
    """Check the archive's files and install it into an empty path; returns the names of its files."""
    with tarfile.open(archive) as tar:
        names = [member.name for member in tar.getmembers() if member.isfile()]
    unwanted = [name for name in names if FORBIDDEN.search(name)]
    missing = [name for name in WANTED if name not in names]
    if unwanted or missing:
        raise BuildError(
            f"{archive.name}: must not be in it: {unwanted or 'nothing'}; is missing: {missing or 'nothing'}"
        )
    with tempfile.TemporaryDirectory() as folder:
        galaxy("install", "--offline", "--no-deps", "--collections-path", folder, str(archive))
        installed = Path(folder) / "ansible_collections" / "frappeops" / "tenants"
        if not (installed / "MANIFEST.json").is_file():
            raise BuildError(f"{archive.name}: ansible-galaxy installed nothing")
    return names


def galaxy(*arguments: str) -> str:
    """Run ansible-galaxy collection as a user would, without the settings of the checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [BIN / "ansible-galaxy", "collection", *arguments],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        raise BuildError(
            f"ansible-galaxy collection {arguments[0]}: {' '.join((result.stderr or result.stdout).split())}"
        )
    return result.stdout


def main() -> int:
    """Build and check, say where the archive is."""
    try:
        archive = build(ROOT / "dist")
        names = check(archive)
    except BuildError as error:
        print(f"make build: {error}", file=sys.stderr)
        return 1
    print(f"build: {archive.relative_to(ROOT)} with {len(names)} files installs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
