# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The usual sequence of bench commands for a site against cold, template and standby, and what of a tenant's time is ours.

The sequence is new-site, install-app twice, four set-config and a console. Each way makes a live tenant with the apps of
the plan professional; its time is that of the step site. All is real but Frappe itself, unless LAB_BENCH names a real
bench. BENCH_TIMES says how often each is made (5).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from frame.runs import Failed, Run, playbook
from frame.values import Value, ratio
from gate.command import ROOT
from lab.settings import Settings

# The tests of a bench, real or not, know how to reach it.
sys.path.insert(0, str(ROOT / "tests" / "acceptance"))

from benchkit import Bench, find_bench  # noqa: E402 - it lies there

TIMES = int(os.environ.get("BENCH_TIMES", "5"))
#: How many times as fast as the sequence each way shall be.
WISHES: dict[str, float | None] = {"cold": None, "template": 5, "standby": 15}
APPS = ("erpnext", "tenant_oauth_auth")
SET_CONFIG = (
    ("disable_user_pass_login", "1"),
    ("disable_standard_login", "1"),
    ("disable_signup", "1"),
    ("oauth_provider_url", "https://auth.example.com"),
)
CONSOLE = """
user = frappe.get_doc({"doctype": "User", "email": "ada@acme.example", "first_name": "Admin", "send_welcome_email": 0})
user.append("roles", {"role": "System Manager"})
user.insert()
frappe.db.set_single_value("Website Settings", "disable_signup", 1)
frappe.db.set_single_value("System Settings", {"country": "United States", "time_zone": "America/New_York"})
frappe.db.commit()
"""
#: Writes how long a program took into a file, whoever calls it.
STOPWATCH = """#!{python}
import subprocess, sys, time
begun = time.monotonic()
code = subprocess.call([{program!r}, *sys.argv[1:]])
with open({log!r}, "a") as log:
    log.write(str(time.monotonic() - begun) + "\\n")
sys.exit(code)
"""
_WAITED = re.compile(r"Wait until every authoritative server .*done \(([\d.]+) s\)")
_RECAP = r"^{} .*ok=(\d+) .*skipped=(\d+)"
#: Module calls of a provisioning; an integration test counts them.
_CALLS = 12


def measure(lab: Settings) -> Iterator[Value]:
    """Make sites by each way, and take them away. The ways take turns, so that another load on the machine meets all alike."""
    bench = find_bench()
    sequences: list[float] = []
    made: dict[str, list[Tenant]] = {source: [] for source in WISHES}
    with TemporaryDirectory(prefix="site-sources-") as folder:
        ways = Ways(Path(folder))
        try:
            ways.prepare()
            for _time in range(TIMES):
                sequences.append(_sequence(bench))
                for source, tenants in made.items():
                    tenants.append(ways.tenant(source))
        finally:
            ways.clean_up()
    sequence = statistics.median(sequences)
    yield Value("the usual sequence of commands", sequence, "s")
    for source, wish in WISHES.items():
        site = statistics.median(tenant.site for tenant in made[source])
        yield Value(f"the step site, {source}", site, "s")
        yield ratio(f"the sequence against {source}", sequence, site, at_least=wish)
    for source, tenants in made.items():
        total = statistics.median(tenant.seconds for tenant in tenants)
        ours = statistics.median(tenant.seconds - tenant.of_others for tenant in tenants)
        yield Value(f"a live tenant from the command to its end, {source}", total, "s")
        yield Value(f"of it neither bench's, certbot's nor the DNS's, {source}", ours, "s", at_most=4)
        yield Value(f"share of that, {source}", 100 * ours / total, "%")
    tasks = made["standby"][0].tasks
    idle = statistics.median(_idle(tasks) for _time in range(TIMES))
    yield Value(f"Ansible alone: {tasks} tasks, {_CALLS} of them module calls, that do nothing", idle, "s")


def _sequence(bench: Bench) -> float:
    """Seconds of the commands that a person would type. The database is made beforehand, as for our own ways."""
    site = bench.new_name()
    try:
        site.make_database()
        site.write_config(admin_password=secrets.token_hex(12))
        begun = time.monotonic()
        _succeed(bench.run("new-site", site.name, "--force", "--no-setup-db"))
        for app in APPS:
            # An app that this bench does not have costs at least the start of the command.
            _succeed(site.run("install-app", app if bench.has_app(app) else "frappe"))
        for key, value in SET_CONFIG:
            _succeed(site.run("set-config", key, value))
        _succeed(site.run("console", stdin=CONSOLE))
        return time.monotonic() - begun
    finally:
        site.remove()


def _idle(tasks: int) -> float:
    """Seconds of a playbook with so many tasks of which none does anything."""
    nothing: list[dict[str, Any]] = [{"ansible.builtin.set_fact": {"nothing": ""}} for _task in range(tasks - _CALLS)]
    calls: list[dict[str, Any]] = [{"ansible.builtin.ping": {}} for _call in range(_CALLS)]
    with TemporaryDirectory(prefix="idle-") as folder:
        path = Path(folder, "idle.yml")
        path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": nothing + calls}]))
        return playbook(path).seconds


def _succeed(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise Failed(f"{shlex.join(done.args)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


@dataclass(frozen=True)
class Tenant:
    """Seconds that one tenant took.

    :param seconds: from the command to its end.
    :param site: of the step site.
    :param of_others: of bench commands and certbot, and of waiting for the DNS.
    :param tasks: how many tasks it were, with those that were passed over.
    """

    seconds: float
    site: float
    of_others: float
    tasks: int


class Ways:
    """Makes tenants by a given way, in a registry and with templates of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "stopwatch"
        self._results = folder / "results.json"
        bench = Path(sys.executable).with_name("bench")
        self._variables: dict[str, Any] = {
            "tenant_registry_url": f"sqlite:///{folder}/registry.db",
            "site_template_path": f"{folder}/site-templates",
            "frappe_bench_command": str(self._stopwatch("bench", str(bench))),
            "certificate_command": str(self._stopwatch("certbot", "certbot")),
            "tenant_result_file": str(self._results),
            "tenant_plans": {"bench": {"apps": ["erpnext"]}},
            "tenant_default_plan": "bench",
        }

    def prepare(self) -> None:
        """The edge, and a template, made by a first tenant that does not count."""
        playbook("playbooks/edge.yml", **self._variables)
        self.tenant("template")

    def tenant(self, source: str) -> Tenant:
        """Make one, perhaps after the pool was filled for it."""
        if source == "standby":
            self._pool(1)
        name = f"bench-{secrets.token_hex(3)}"
        self._log.write_text("")
        wish: dict[str, Any] = {"tenant": name, "admin_email": f"ada@{name}.example", "site_source": source}
        run = playbook("provision.yml", **{**self._variables, **wish})
        steps = json.loads(self._results.read_text())["tenants"][name]["steps"]
        site = next(step["seconds"] for step in steps if step["step"].endswith("site"))
        recap = re.search(_RECAP.format(name), run.output, re.MULTILINE)
        if recap is None:
            raise Failed(f"no recap of {name}:\n{run.output}")
        return Tenant(run.seconds, site, self._of_others(run), sum(map(int, recap.groups())))

    def clean_up(self) -> None:
        """Take all tenants away, and what is left in the pool."""
        playbook("tests/integration/retire_all.yml", **{**self._variables, "site_backup": False})
        self._pool(0)

    def _pool(self, count: int) -> None:
        plans: dict[str, Any] = {"bench": {"apps": ["erpnext"], "standby_sites": count}}
        playbook("playbooks/pool.yml", **{**self._variables, "tenant_plans": plans})

    def _of_others(self, run: Run) -> float:
        waited = sum(map(float, _WAITED.findall(run.output)))
        return waited + sum(map(float, self._log.read_text().split()))

    def _stopwatch(self, name: str, program: str) -> Path:
        path = self._folder / name
        path.write_text(STOPWATCH.format(python=sys.executable, program=program, log=str(self._log)))
        path.chmod(0o755)
        return path
