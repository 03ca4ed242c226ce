# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage molecule: scenarios of molecule/, each on machines of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from .command import BIN, CACHE, ROOT, close, run
from .count import Count, cannot_run, failed, from_junit, passed

#: Two lanes beside each other, since each scenario waits a lot: for systemd, for a deadline to pass, for a server to come back.
LANES = (("default", "fleet", "install"), ("faults",))
SECONDS = 1800
LINES = 60


def stage() -> Count:
    """Run all scenarios, or tell why they can't run here."""
    obstacle = obstacle_here()
    with ThreadPoolExecutor(len(LANES)) as lanes:
        work = [lanes.submit(lane, names, obstacle) for names in LANES]
        try:
            return summed(one.result() for one in work)
        except BaseException:
            # Else the way out of here would wait for what the lanes still have before them.
            close()
            raise


def lane(names: Sequence[str], obstacle: str) -> Count:
    """Run scenarios one after the other."""
    return summed(cannot_run(f"molecule {name}", obstacle) if obstacle else scenario(name) for name in names)


def summed(counts: Iterable[Count]) -> Count:
    """All tests in one count."""
    total = Count()
    for count in counts:
        total.add(count)
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
