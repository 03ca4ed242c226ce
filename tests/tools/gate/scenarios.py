# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage molecule: scenarios of molecule/, each on machines of its own, one after the other."""

from __future__ import annotations

import os
import subprocess
import time

from .command import BIN, CACHE, ROOT, run
from .count import Count, cannot_run, failed, from_junit, passed

#: In the order of what they tell: where the first fails, the others may not be worth waiting for. The scenarios faults and install
#: take too long for each submission, and are run by name (docs/testing.md).
SCENARIOS = ("default", "fleet")
SECONDS = 1500
LINES = 60


def stage() -> Count:
    """Run all scenarios, or tell why they can't run here."""
    obstacle = obstacle_here()
    total = Count()
    for name in SCENARIOS:
        total.add(cannot_run(f"molecule {name}", obstacle) if obstacle else scenario(name))
    return total


def scenario(name: str) -> Count:
    """Run one: its sequence is a test, and so is each test that its verify.yml runs."""
    report = CACHE / f"molecule-{name}.xml"
    report.unlink(missing_ok=True)
    print(f"  {name}: the machines are made, prepared and looked at; takes some minutes", flush=True)
    started = time.monotonic()
    result = run([BIN / "molecule", "test", "--scenario-name", name], timeout=SECONDS, capture=True)
    log = CACHE / f"molecule-{name}.log"
    log.write_text(result.output, encoding="utf-8")
    total = from_junit(report) if report.exists() else Count()
    total.add(failed(f"molecule {name}: see {log.relative_to(ROOT)}") if result.returncode else passed())
    print(
        f"  {'FAIL' if total.failed else 'ok  '}  {name} ({time.monotonic() - started:.0f} s, {total.line()})",
        flush=True,
    )
    if result.returncode:
        print("\n".join(result.output.splitlines()[-LINES:]), flush=True)
        run([BIN / "molecule", "destroy", "--scenario-name", name], capture=True)
    return total


def obstacle_here() -> str:
    """Why test hosts can't be made here; empty when they can."""
    if os.geteuid() != 0:
        return "containers with systemd need root here"
    if os.environ.get("HOSTS_ENGINE", "podman") != "podman":
        return ""
    lists = [ROOT / "tests/tools/packages.sh", "--missing", "molecule/packages.txt"]
    missing = subprocess.run(lists, capture_output=True, text=True, check=False).stdout.strip()
    return f"not installed: {missing} (make molecule)" if missing else ""
