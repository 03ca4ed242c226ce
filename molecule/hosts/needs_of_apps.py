# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints what the pyproject.toml files need to be built and to run, a requirement a line."""

from __future__ import annotations

import sys
from pathlib import Path

import tomllib

for path in map(Path, sys.argv[1:]):
    described = tomllib.loads(path.read_text(encoding="utf-8"))
    print(*described["build-system"]["requires"], *described["project"].get("dependencies", []), sep="\n")
