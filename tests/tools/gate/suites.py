# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages that are pytest suites."""

from __future__ import annotations

from .command import BIN, CACHE, ROOT, run
from .count import Count, cannot_run, failed, from_junit
from .lab import LAB

#: Dots while it works; where the time went at the end.
REPORTS = ("-q", "--durations=10", "--durations-min=10")


def pytest(name: str, folders: list[str], *options: str, timeout: int = 600) -> Count:
    """Run a suite and count its tests. No test at all means that the stage can't run."""
    present = [folder for folder in folders if list((ROOT / folder).glob("**/test_*.py"))]
    if not present:
        return cannot_run(name, f"no tests in {', '.join(folders)}")
    report = CACHE / f"{name}.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    result = run(
        [BIN / "pytest", *REPORTS, f"--junitxml={report}", "-o", f"junit_suite_name={name}", *options, *present],
        timeout=timeout,
    )
    if result.returncode == 5:
        return cannot_run(name, f"no tests in {', '.join(present)}")
    total = from_junit(report) if report.exists() else Count()
    if result.output or (result.returncode and not total.failed):
        total.add(failed(f"{name}: pytest ended with {result.returncode} {result.output}".rstrip()))
    return total


def on_lab(name: str, folders: list[str], *options: str, timeout: int) -> Count:
    """Run a suite with the lab up."""
    obstacle = LAB.obstacle()
    if obstacle:
        return cannot_run(name, obstacle)
    if not LAB.start():
        return failed(f"{name}: the lab does not start")
    return pytest(name, folders, *options, timeout=timeout)
