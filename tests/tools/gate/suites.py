# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages that are pytest suites, and the lab that some of them need."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .command import BIN, CACHE, ROOT, run
from .count import Count, cannot_run, failed, from_junit


def pytest(name: str, folders: list[str], *options: str, timeout: int = 600) -> Count:
    """Run a suite and count its tests. No test at all means that the stage can't run."""
    present = [folder for folder in folders if list((ROOT / folder).glob("**/test_*.py"))]
    if not present:
        return cannot_run(name, f"no tests in {', '.join(folders)}")
    report = CACHE / f"{name}.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    result = run(
        [BIN / "pytest", "-q", f"--junitxml={report}", "-o", f"junit_suite_name={name}", *options, *present],
        timeout=timeout,
    )
    if result.returncode == 5:
        return cannot_run(name, f"no tests in {', '.join(present)}")
    total = from_junit(report) if report.exists() else Count()
    if result.returncode and not total.failed:
        total.add(failed(f"{name}: pytest ended with {result.returncode} {result.output}".rstrip()))
    return total


def on_lab(name: str, folders: list[str], timeout: int) -> Count:
    """Run a suite with the lab up; a lab that was down before is taken down again."""
    if not (ROOT / "tests/lab/lab/__main__.py").exists():
        return cannot_run(name, "there is no lab in tests/lab")
    missing = missing_packages()
    if missing:
        return cannot_run(name, f"not installed: {missing} (make packages)")
    was_up = lab("status", capture=True) == 0
    if not was_up and lab("up") != 0:
        return failed(f"{name}: the lab does not start")
    try:
        return pytest(name, folders, timeout=timeout)
    finally:
        if not was_up:
            lab("down")


def lab(action: str, capture: bool = False) -> int:
    """Start, stop or ask the lab; the exit code says how that went."""
    command = [BIN / "python", "-m", "lab", action]
    return run(command, env={"PYTHONPATH": str(ROOT / "tests/lab")}, capture=capture).returncode


def missing_packages() -> str:
    """The Debian packages that the lab needs and that are not there."""
    script = Path(ROOT / "tests/tools/packages.sh")
    return subprocess.run([script, "--missing"], capture_output=True, text=True, check=False).stdout.strip()
