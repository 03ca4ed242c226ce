# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""50 tenants at once on two benches, and 20 more while their neighbours are at work.

All is real but Frappe itself: both benches share one MariaDB, one edge and this machine. A tenant that is not live at the end
fails the benchmark. The load is 50 requests a second over HTTPS, on loopback, and the controller gives way to it.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from frame.runs import Run, playbook
from frame.values import Value
from gate.command import ROOT, environment
from lab.load import load
from lab.settings import Settings

TWO_BENCHES = ["-i", "inventory/lab", "-i", "tests/lab/two-benches.yml", "--forks", "20"]
MANY, BESIDE, NEIGHBOURS = 50, 20, 2
#: Requests a second.
LOAD = 50
#: A controller is a machine of its own. Here it gives way to the servers, and to the load, whose people are elsewhere too.
CONTROLLERS_OWN = 10


def measure(lab: Settings) -> Iterator[Value]:
    """Make the tenants in a registry of their own, and take all of them away."""
    subprocess.run(
        [sys.executable, "-m", "lab", "second-bench"],
        env={**environment(), "PYTHONPATH": "tests/lab"},
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    run = secrets.token_hex(3)
    with tempfile.TemporaryDirectory() as folder:
        registry = f"sqlite:///{folder}/registry.db"
        playbook("playbooks/edge.yml")
        try:
            many = _make(Path(folder), registry, [f"many{number:02}-{run}" for number in range(MANY)])
            hosts = [f"api.many{number:02}-{run}.tenants.test" for number in range(NEIGHBOURS)]
            with load(lab, hosts, rate=LOAD) as seen:
                names = [f"beside{number:02}-{run}" for number in range(BESIDE)]
                beside = _make(Path(folder), registry, names, nice=CONTROLLERS_OWN)
        finally:
            playbook("tests/integration/retire_all.yml", *TWO_BENCHES, tenant_registry_url=registry)
    yield Value(f"{MANY} tenants at once on two benches", many.seconds, "s")
    yield Value("a tenant of these", many.seconds / MANY, "s")
    yield Value("memory of the controller", many.memory, "MB")
    yield Value(f"{BESIDE} tenants beside the load", beside.seconds, "s")
    yield Value("requests of the load", seen.requests)
    yield Value("a second", seen.rate, at_least=0.9 * LOAD)
    yield Value("failed requests", len(seen.failures), at_most=0, note="; ".join(seen.failures[:3]))
    yield Value("slowest answer", seen.slowest, "s")


def _make(folder: Path, registry: str, names: list[str], nice: int = 0) -> Run:
    file = folder / f"{names[0]}.csv"
    file.write_text("tenant,admin_email\n" + "".join(f"{name},ada@{name}.example\n" for name in names))
    return playbook("provision.yml", *TWO_BENCHES, nice=nice, tenants_file=str(file), tenant_registry_url=registry)
