# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx with 2,000 tenants in each layout, while more are published under load.

An nginx of its own, prepared by the role edge_host; tenants are published by the modules that the role proxy uses. All
tenants have one certificate and no site: what is behind nginx only mirrors requests. BENCH_TENANTS and BENCH_PUBLICATIONS
set other numbers, for a small machine.
"""

from __future__ import annotations

import http.client
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_entries import Entries
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_entry import Entry
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_publish import marked
from frame.progress import tell
from frame.values import Value, ratio
from gate.command import ROOT
from lab.load import steady
from lab.settings import Settings

# The edge of the integration tests.
sys.path.insert(0, str(ROOT / "tests" / "integration"))
from edge_servers import Edge  # noqa: E402
from edge_world import World  # noqa: E402
from vhost_rendering import identity  # noqa: E402

TENANTS = int(os.environ.get("BENCH_TENANTS") or 2000)
PUBLICATIONS = int(os.environ.get("BENCH_PUBLICATIONS") or 100)
#: How many publish at the same time, as forks of a run do, and how many when a large run meets an edge.
AT_ONCE, CROWD = 10, 50
REQUESTS_PER_SECOND = 50
#: The publications are spread over so many seconds, so that the load lasts though each takes milliseconds.
LOAD_SECONDS = 20
#: Seconds that a reload may take on a busy machine.
PATIENCE = 300


def measure(lab: Settings) -> Iterator[Value]:
    """Both layouts, one after the other."""
    del lab  # An edge of its own: the lab's tenants are left in peace.
    times: dict[str, float] = {}
    for layout in ("vhost", "shared"):
        with tempfile.TemporaryDirectory(prefix="bench-nginx-") as folder:
            edge = Edge(Path(folder))
            try:
                edge.nginx.start()
                world = World(edge, layout)
                world.prepare_edge()
                tell(f"{layout}: {TENANTS} tenants are put in place")
                _fill(world)
                times[layout] = yield from _measured(world)
            finally:
                edge.servers.stop()
    yield ratio("one publication, vhost against shared", times["vhost"], times["shared"])


def _fill(world: World) -> None:
    """Put the tenants in place without a reload for each."""
    nginx = world.edge.nginx
    entries = Entries(nginx.prefix / "frappe_tenants", check_mode=False)
    for number in range(TENANTS):
        who = identity(f"t{number}")
        if world.layout == "shared":
            entries.present(Entry(owner="bench", **world.entry(tenant_identity=who)))
            continue
        name = f"{who['frontend_host']}.conf"
        (nginx.available / name).write_text(marked(world.text(tenant_identity=who), "bench"))
        (nginx.enabled / name).symlink_to(f"../sites-available/{name}")
    nginx.driver(PATIENCE).reload()


def _measured(world: World) -> Generator[Value, None, float]:
    layout, shared, driver = world.layout, world.layout == "shared", world.edge.nginx.driver(PATIENCE)
    # The least of three, for what else the machine does.
    test = min(_seconds(driver.fault) for _time in range(3))
    yield Value(f"{layout}: nginx -t", test, "s", at_most=0.05 if shared else None)
    yield Value(f"{layout}: reload", _seconds(driver.reload), "s")
    yield Value(f"{layout}: memory of the largest process", _largest(world), "MB", at_most=10 if shared else None)

    tell(f"{layout}: {PUBLICATIONS} publications, {AT_ONCE} at once, under {REQUESTS_PER_SECOND} requests a second")
    with steady(lambda number: _ask(world, number), REQUESTS_PER_SECOND) as load:
        seconds, waited, made = _publish_all(world, range(PUBLICATIONS), AT_ONCE, LOAD_SECONDS)
    each = waited / PUBLICATIONS
    yield Value(f"{layout}: {PUBLICATIONS} publications, {AT_ONCE} at once", seconds, "s", at_least=LOAD_SECONDS)
    yield Value(f"{layout}: one of them, from its order until it is served", each, "s")
    yield Value(f"{layout}: reloads for {PUBLICATIONS} publications", made["-s reload"], at_most=0 if shared else None)
    yield Value(f"{layout}: tests for {PUBLICATIONS} publications", made["-q -t"])
    yield Value(f"{layout}: requests served meanwhile", load.requests - len(load.failures), at_least=1)
    yield Value(f"{layout}: a second", load.rate)
    yield Value(f"{layout}: failed", len(load.failures), at_most=0, note="; ".join(load.failures[:3]))
    yield Value(f"{layout}: slowest answer", load.slowest, "s")
    yield Value(f"{layout}: memory of the largest process then", _largest(world), "MB", at_most=10 if shared else None)

    tell(f"{layout}: {CROWD} publications at once")
    seconds, _waited, made = _publish_all(world, range(PUBLICATIONS, PUBLICATIONS + CROWD), CROWD)
    yield Value(f"{layout}: {CROWD} publications at once", seconds, "s")
    yield Value(f"{layout}: reloads for them", made["-s reload"], at_most=0 if shared else None)
    return each


def _publish_all(
    world: World, numbers: Sequence[int], at_once: int, spread: float = 0
) -> tuple[float, float, Counter[str]]:
    """Publish more tenants, their orders spread over so many seconds.

    :returns: the seconds in all, those that each waited, summed up, and how often nginx was run in which way.
    """
    waited, commands = 0.0, Counter[str]()
    started = time.monotonic()
    with ThreadPoolExecutor(at_once) as threads:
        running = [
            threads.submit(_publish, world, number, started + spread * place / len(numbers))
            for place, number in enumerate(numbers, 1)
        ]
        for done, future in enumerate(as_completed(running), 1):
            seconds, programs = future.result()
            waited += seconds
            commands.update(" ".join(command[-2:]) for command in programs)
            if done % AT_ONCE == 0:
                tell(f"{world.layout}: {done} of {len(running)}")
    return time.monotonic() - started, waited, commands


def _publish(world: World, number: int, not_before: float) -> tuple[float, list[list[str]]]:
    """Publish one more tenant. Returns how long it took, and the programs that were run for it."""
    time.sleep(max(0.0, not_before - time.monotonic()))
    started = time.monotonic()
    published = world.publish(tenant_identity=identity(f"new{number}"), reload_timeout=PATIENCE)
    return time.monotonic() - started, published["commands"]


def _ask(world: World, number: int) -> str:
    """Ask one of the tenants for something. Returns why it failed; nothing when it did not."""
    # A prime to all sizes that have no such factor: the tenants are asked in no order that nginx could profit by.
    host = identity(f"t{number * 7919 % TENANTS}")["backend_host"]
    try:
        status = world.ask("/api/method/ping", host=host, Host=host).status
    except (OSError, http.client.HTTPException) as error:
        return f"{host}: {error!r}"
    return "" if status == http.HTTPStatus.OK else f"{host}: {status}"


def _seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _largest(world: World) -> float:
    """The resident memory of the largest of nginx's processes."""
    master = world.edge.nginx.pid_file.read_text().strip()
    family = [master, *Path(f"/proc/{master}/task/{master}/children").read_text().split()]
    lines = [line for pid in family for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return max(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
