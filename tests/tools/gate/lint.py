# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage lint: every linter is one test."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from . import copy
from .command import BIN, ROOT, run
from .count import Count, cannot_run, failed, passed

TYPED = ("plugins/module_utils", "plugins/plugin_utils")


def commands(collection: Path) -> dict[str, tuple[list[str], Path]]:
    """The linters by name: their arguments and the folder that they run in."""
    packages = [path.replace("/", ".") for path in TYPED if list((ROOT / path).glob("**/*.py"))]
    typed = [word for name in packages for word in ("-p", f"ansible_collections.frappeops.tenants.{name}")]
    linters = {
        "ruff check": (["ruff", "check", "--quiet", "."], ROOT),
        "ruff format": (["ruff", "format", "--check", "--quiet", "."], ROOT),
        "yamllint": (["yamllint", "--strict", "."], ROOT),
        "shellcheck": (["shellcheck", ".ci/run", *map(str, sorted(ROOT.glob("tests/**/*.sh")))], ROOT),
        "antsibull-changelog": (["antsibull-changelog", "lint"], ROOT),
        "antsibull-docs": (
            [
                "antsibull-docs",
                "lint-collection-docs",
                "--plugin-docs",
                "--skip-rstcheck",
                ".",
            ],
            collection,
        ),
        "ansible-lint": (
            ["ansible-lint", "--offline", "--profile", "production", "--strict", "-qq", "--nocolor"],
            ROOT,
        ),
    }
    if typed:
        linters["mypy"] = (["mypy", *typed], ROOT)
    # No test runs the benchmarks, so that types alone tell when they no longer fit.
    linters["mypy of the benchmarks"] = (["mypy", "tests/bench"], ROOT)
    return linters


def stage() -> Count:
    """Run all linters; show the output of those that found something."""
    total = Count()
    for name, (arguments, folder) in commands(copy.refresh("lint")).items():
        program = BIN / arguments[0] if (BIN / arguments[0]).exists() else shutil.which(arguments[0])
        if program is None:
            print(f"  skip  {name}: not installed: {arguments[0]}")
            total.add(cannot_run(f"lint: {name}", f"not installed: {arguments[0]} (make packages)"))
            continue
        started = time.monotonic()
        result = run([program, *arguments[1:]], cwd=folder, capture=True)
        print(
            f"  {'ok  ' if result.returncode == 0 else 'FAIL'}  {name} ({time.monotonic() - started:.1f} s)", flush=True
        )
        if result.returncode:
            print(result.output.rstrip())
        total.add(passed() if result.returncode == 0 else failed(f"lint: {name}"))
    return total
