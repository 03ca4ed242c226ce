# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the benchmarks on the lab: all of them, or the one that BENCH names.

Each file beside this one is a benchmark, named by its topic. It begins with a docstring that says what is measured and
what of it is real, and has a function C(measure) that takes the lab's settings and yields values. A benchmark cleans up
after itself. What is printed are the values of one run on this machine, each as it comes and all in a table at the end; no
test asserts them.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

from frame.progress import tell
from frame.runs import Failed
from frame.table import lines
from frame.values import Value
from gate.command import ROOT
from gate.lab import LAB
from lab.settings import Settings

TOPICS = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.name != "__main__.py")


def main() -> int:
    """Run what is asked for. The exit code tells whether all could be measured, not whether the wishes were met."""
    wanted = os.environ.get("BENCH", "")
    if wanted and wanted not in TOPICS:
        print(f"BENCH={wanted}: there is no such benchmark. There are: {', '.join(TOPICS) or 'none'}.", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    if not LAB.start():
        print("The benchmarks need the lab, and it does not start (make lab-up).", file=sys.stderr)
        return 1
    try:
        results = [_show(importlib.import_module(topic)) for topic in ([wanted] if wanted else TOPICS)]
        return 0 if all(results) else 1
    finally:
        LAB.stop()


def _show(benchmark: ModuleType) -> bool:
    """Measure and print, also what was measured before something failed; false when not all could be measured."""
    topic = benchmark.__name__
    print(f"\n{topic}: {(benchmark.__doc__ or '').strip().splitlines()[0]}", flush=True)
    values: list[Value] = []
    try:
        for value in benchmark.measure(Settings.load()):
            tell(f"{value.what}: {value.measured}")
            values.append(value)
    except Failed as failure:
        print(f"{topic} could not be measured: {failure}", file=sys.stderr)
        return False
    finally:
        print("\n".join(lines(topic, values)), flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
