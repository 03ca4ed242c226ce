# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of tests, and the one place that decides what a skip is worth in CI."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

# CI installs everything that the project names, so a test that misses a program or a module there has found a bug.
MISSING_PACKAGE = re.compile(r"could not import|no module named|not installed", re.IGNORECASE)


def in_ci() -> bool:
    """CI sets the variable CI, as every CI service does."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


@dataclass
class Count:
    """Tests passed, failed and skipped, with a line for each that did not pass."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Take the other's tests into this count."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes

    def line(self) -> str:
        """The closing line, in the form that launchers read."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def passed() -> Count:
    """One test that passed."""
    return Count(passed=1)


def failed(note: str) -> Count:
    """One test that failed."""
    return Count(failed=1, notes=[f"FAILED  {note}"])


def skipped(note: str, reason: str) -> Count:
    """One test that can't run here. A missing package is no excuse in CI."""
    if in_ci() and MISSING_PACKAGE.search(reason):
        return failed(f"{note}: {reason} (nothing may be missing in CI)")
    return Count(skipped=1, notes=[f"skipped {note}: {reason}"])


def cannot_run(stage: str, reason: str) -> Count:
    """A whole stage that can't run here: in CI that is a failure, elsewhere a skip with its reason."""
    if in_ci():
        return failed(f"{stage}: {reason}")
    return skipped(stage, reason)


def from_junit(path: Path) -> Count:
    """Count the test cases of a JUnit file. A test whose teardown failed too is still one test."""
    outcomes: dict[str, Count] = {}
    for number, case in enumerate(ElementTree.parse(path).getroot().iter("testcase")):
        name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcomes[name] = failed(name)
        elif name in outcomes and outcomes[name].failed:
            continue
        elif skip is not None:
            outcomes[name] = skipped(name, " ".join((skip.get("message") or skip.text or "no reason given").split()))
        else:
            outcomes[name if name else str(number)] = passed()
    total = Count()
    for outcome in outcomes.values():
        total.add(outcome)
    return total
