# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage sanity: ansible-test sanity with no ignore file, every sanity test is one test."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

from . import copy
from .command import BIN, run
from .count import Count, cannot_run, failed, from_junit

# ansible-test fills its virtual environments with a get-pip script that it downloads from a host of its own, which
# a machine behind a mirror of PyPI can't reach. A file in its cache is taken instead: this one needs only PyPI.
GET_PIP = """
import subprocess
import sys

import ensurepip

ensurepip.bootstrap()
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
    if not script.exists():
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(GET_PIP.lstrip(), encoding="utf-8")


def stage() -> Count:
    """Run ansible-test sanity on a fresh copy."""
    collection = copy.refresh("sanity")
    ignored = sorted(path.name for path in collection.glob("tests/sanity/ignore*"))
    if ignored:
        return failed(f"sanity: ignore files are not allowed: {', '.join(ignored)}")
    place_get_pip()
    result = run(
        [BIN / "ansible-test", "sanity", "--local", "--python", python_version(), "--junit", "--color", "no"],
        cwd=collection,
        timeout=900,
    )
    total = Count()
    for report in sorted((collection / "tests" / "output" / "junit").glob("*.xml")):
        total.add(from_junit(report))
    if total.passed + total.failed == 0:
        return cannot_run("sanity", "ansible-test reported no test (see its output above)")
    if result.returncode and not total.failed:
        total.add(failed(f"sanity: ansible-test ended with {result.returncode}"))
    return total
