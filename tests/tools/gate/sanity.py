# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage sanity: ansible-test sanity with no ignore file, every sanity test is one test."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

from . import copy
from .command import BIN, CACHE, run
from .count import Count, cannot_run, failed, from_junit, skipped

# ansible-test fills its virtual environments with a get-pip script that it downloads from a host of its own, which
# a machine behind a mirror of PyPI can't reach. A file in its cache is taken instead: this one needs only PyPI.
GET_PIP = """# Placed by the tests of frappeops.tenants: installs pip from PyPI with Python's own ensurepip.
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *wanted]))
"""


def python_version() -> str:
    """The version of the Python that runs us, as ansible-test names it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def place_get_pip() -> None:
    """Put our get-pip script where ansible-test looks for the one that it downloaded earlier."""
    from ansible_test._internal.python_requirements import get_venv_packages

    version = get_venv_packages(SimpleNamespace(version=python_version()))["pip"]  # type: ignore[arg-type]
    script = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if not script.exists() or script.read_text(encoding="utf-8").startswith(GET_PIP.splitlines()[0]):
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(GET_PIP, encoding="utf-8")


def stage() -> Count:
    """Run ansible-test sanity on a fresh copy and show what it reports of each test."""
    collection = copy.refresh("sanity")
    ignored = sorted(path.name for path in collection.glob("tests/sanity/ignore*"))
    if ignored:
        return failed(f"sanity: ignore files are not allowed: {', '.join(ignored)}")
    place_get_pip()
    print("  takes about a minute, the first time two", flush=True)
    result = run(
        [BIN / "ansible-test", "sanity", "--local", "--python", python_version(), "--junit", "--color", "no"],
        cwd=collection,
        timeout=900,
        capture=True,
    )
    (CACHE / "sanity.log").write_text(result.output, encoding="utf-8")
    total = Count()
    for report in sorted((collection / "tests" / "output" / "junit").glob("*.xml")):
        total.add(show(report))
    if total.passed + total.failed == 0:
        print(result.output[-3000:])
        return cannot_run("sanity", "ansible-test reported no test: see .cache/sanity.log")
    if result.returncode and not total.failed:
        print(result.output[-3000:])
        total.add(failed(f"sanity: ansible-test ended with {result.returncode}: see .cache/sanity.log"))
    return total


def show(report: Path) -> Count:
    """Print and count the one test of a report. A test with nothing to look at is no test."""
    count = from_junit(report)
    name = report.stem.removeprefix("ansible-test-sanity-")
    if any("No tests applicable" in note for note in count.notes):
        # ansible-test says the same when the program that it wants is missing.
        if name != "shellcheck" or shutil.which(name):
            return Count()
        count = skipped(f"sanity: {name}", f"not installed: {name} (make packages)")
    print(f"  {'FAIL' if count.failed else 'skip' if count.skipped else 'ok  '}  {name}")
    for failure in ElementTree.parse(report).getroot().iter("failure"):
        print(f"{failure.text or ''}".strip())
    return count
