# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machines of a scenario as its tests use them: playbooks run against them, and what is seen on them is looked up there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.rcode
import yaml

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
ADMIN = "ada@acme.example"


@dataclass(frozen=True)
class Outcome:
    """What a playbook left behind: its exit code and what a person saw."""

    code: int
    output: str

    @property
    def told(self) -> str:
        """The output with its lines joined, for sentences that may be wrapped."""
        return " ".join(self.output.split())

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts."""
        return sum(map(int, re.findall(r" changed=(\d+) ", self.output)))


class Scenario:
    """One scenario of molecule/, whose machines run."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = ROOT / ".cache" / "molecule" / name
        self.inventory = ROOT / "molecule" / name / "inventory"
        self._engine = os.environ.get("HOSTS_ENGINE") or "podman"
        hosts = yaml.safe_load((self.inventory / "hosts.yml").read_text())
        settings = yaml.safe_load((self.inventory / "group_vars" / "all" / "machines.yml").read_text())
        self.net = settings["machine_nets"][name]
        # The containers by the last number of their address.
        self._containers = {
            one["address"].rpartition(".")[2]: f"frappeops-{name}-{one['name']}"
            for one in hosts["all"]["vars"]["machines"]
        }
        self.groups = {group: sorted(inside["hosts"]) for group, inside in hosts["all"]["children"].items()}
        self.machines = {
            host: variables["ansible_host"].rpartition(".")[2]
            for inside in hosts["all"]["children"].values()
            for host, variables in inside["hosts"].items()
        }

    # -- playbooks

    def command(self, playbook: str, *arguments: str, **variables: Any) -> list[str]:
        """The words of ansible-playbook against this scenario's inventory."""
        words = [str(PROGRAMS / "ansible-playbook"), playbook, "-i", str(self.inventory), *arguments]
        return [*words, "-e", json.dumps(variables)] if variables else words

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **(more or {})}

    def play(
        self, playbook: str, *arguments: str, environment: Mapping[str, str] | None = None, **variables: Any
    ) -> Outcome:
        """Run a playbook to its end."""
        done = subprocess.run(
            self.command(playbook, *arguments, **variables),
            cwd=ROOT,
            env=self.environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

    def provision(self, tenant: str, *arguments: str, **variables: Any) -> Outcome:
        return self.play("provision.yml", *arguments, **{"tenant": tenant, "admin_email": ADMIN, **variables})

    def deprovision(self, tenant: str) -> Outcome:
        return self.play("deprovision.yml", tenant=tenant, confirm=tenant)

    def start(self, playbook: str, **variables: Any) -> subprocess.Popen[str]:
        """Begin a playbook; whoever called looks after it."""
        return subprocess.Popen(
            self.command(playbook, **variables),
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    # -- on the machines

    def container(self, host: str) -> str:
        """The container of an inventory host; a machine that is bench and edge has two of them."""
        return self._containers[self.machines[host]]

    def engine(self, *words: str, text: str | None = None, check: bool = True) -> str:
        """podman or docker."""
        environment = {**os.environ, "CONTAINERS_CONF": str(ROOT / "molecule" / "hosts" / "containers.conf")}
        done = subprocess.run(
            [self._engine, *words],
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        assert done.returncode == 0 or not check, f"{' '.join(words)}: {done.stderr}"
        return done.stdout

    def on(self, host: str, *command: str, text: str | None = None, check: bool = True) -> str:
        """What a command prints, run as root on the machine, past ssh and Ansible."""
        return self.engine("exec", "--interactive", self.container(host), *command, text=text, check=check)

    def mount(self, host: str, *words: str) -> None:
        """Call mount or umount on the machine with this machine's rights, which a container does not have."""
        pid = self.engine("inspect", "--format", "{{.State.Pid}}", self.container(host)).strip()
        subprocess.run(["nsenter", "--target", pid, "--mount", "--pid", *words], check=True)

    def ssh(self, host: str, user: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Sign in as Ansible does, and run a command."""
        options = ["-i", str(self.state / "ssh_key"), "-o", f"UserKnownHostsFile={self.state}/known_hosts"]
        return subprocess.run(
            ["ssh", *options, "-o", "StrictHostKeyChecking=yes", f"{user}@{self.net}.{self.machines[host]}", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    # -- what there is of a tenant

    def left_of(self, tenant: str) -> dict[str, list[str]]:
        """Everything on the machines that bears the tenant's name, by kind and host; backups of a whole tenant apart."""
        part = tenant.replace("-", "_")[:16]
        found: dict[str, list[str]] = {}
        for bench in self.groups["benches"]:
            found[f"sites on {bench}"] = self._paths(bench, tenant, "/home/frappe/frappe-bench/sites")
            archived = self._paths(bench, tenant, "/home/frappe/frappe-bench/archived")
            found[f"archived on {bench}"] = [path for path in archived if "/archived/tenants/" not in path]
            for what, query in (
                ("databases", "SELECT schema_name FROM information_schema.schemata"),
                ("database users", "SELECT CONCAT(user, '@', host) FROM mysql.user"),
            ):
                rows = self.on(bench, "mariadb", "--skip-column-names", "--batch", text=query).splitlines()
                found[f"{what} on {bench}"] = [row for row in rows if part in row]
        for edge in self.groups["edges"]:
            found[f"files on {edge}"] = self._paths(edge, tenant, "/etc/nginx", "/etc/letsencrypt")
        hosts = [f"{label}{tenant}.tenants.test" for label in ("", "api.", "_acme-challenge.")]
        found["DNS records"] = [host for host in hosts if self.answer(host).rcode() != dns.rcode.NXDOMAIN]
        return {kind: things for kind, things in found.items() if things}

    def answer(self, host: str, server: str = "2") -> dns.message.Message:
        """What a name server answers of a host; by default the primary."""
        return dns.query.tcp(dns.message.make_query(host, "ANY"), f"{self.net}.{server}", timeout=5)

    def pings(self, tenant: str) -> bool:
        """Whether the tenant answers over HTTPS, as a customer would see it."""
        host = f"api.{tenant}.tenants.test"
        address = f"{self.net}.{self.machines[self.groups['edges'][0]]}"
        done = subprocess.run(
            ["curl", "--silent", "--fail", "--max-time", "10", "--cacert", str(self.state / "ca.pem")]
            + ["--resolve", f"{host}:443:{address}", f"https://{host}/api/method/ping"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout == '{"message":"pong"}'

    def _paths(self, host: str, name: str, *folders: str) -> list[str]:
        """Paths below the folders in which the name stands, the nearest of each only."""
        found = self.on(host, "find", *folders, "-name", f"*{name}*", "-prune", "-print", check=False)
        return sorted(found.split())


def wait_until(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Look again and again, and fail when the time is over."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.1)
