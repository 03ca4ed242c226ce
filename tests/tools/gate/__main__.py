# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the named stages, all of them whatever happens, and ends with one line that counts their tests.

python -m gate STAGE...
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Callable

from . import lint, sanity, scenarios, suites
from .command import CACHE
from .count import Count, failed
from .lab import LAB

STAGES: dict[str, Callable[[], Count]] = {
    "lint": lint.stage,
    "sanity": sanity.stage,
    "unit": lambda: suites.pytest("unit", ["tests/unit", "tests/tools"], "-n", "auto"),
    "lab": lambda: suites.pytest("lab", ["tests/lab/tests"], timeout=600),
    # A file's tests share a run of the playbook, so whole files are dealt out to the two processes.
    "integration": lambda: suites.on_lab(
        "integration", ["tests/integration"], "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", timeout=3600
    ),
    "acceptance": lambda: suites.on_lab("acceptance", ["tests/acceptance"], timeout=1200),
    "molecule": scenarios.stage,
}


def main(names: list[str]) -> int:
    """Run the stages and sum them up."""
    unknown = [name for name in names if name not in STAGES]
    if unknown or not names:
        print(f"gate: unknown stage {unknown or 'none'}; the stages are {', '.join(STAGES)}", file=sys.stderr)
        return 2
    total = Count()
    summary = []
    for name in names:
        print(f"\n=== {name} ===", flush=True)
        started = time.monotonic()
        count = run_stage(name)
        seconds = time.monotonic() - started
        summary.append(f"  {name:<12} {seconds:6.1f} s   {count.line()}")
        print(f"=== {name}: {seconds:.1f} s, {count.line()} ===", flush=True)
        total.add(count)
    LAB.stop()
    print("\n" + "\n".join([*summary, *(f"  {note}" for note in total.notes)]))
    print(total.line(), flush=True)
    (CACHE / "count").write_text(total.line() + "\n", encoding="utf-8")
    return 1 if total.failed or not total.passed else 0


def run_stage(name: str) -> Count:
    """Run one stage; a fault of the gate itself fails the stage and lets the others run."""
    try:
        return STAGES[name]()
    except Exception as error:
        traceback.print_exc()
        return failed(f"{name}: the gate itself failed: {error}")


def end_in_order() -> None:
    """Killed or hung up on, stop the command that runs, and the lab that the gate started."""
    # Started in the background it ignores this signal, and so would the suites that are to be stopped by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda number, _frame: sys.exit(128 + number))


if __name__ == "__main__":
    end_in_order()
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        LAB.stop()
