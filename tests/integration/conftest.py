# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as a user meets it: playbooks run on the lab, from the checkout."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from lab.settings import Settings

ROOT = Path(__file__).parents[2]
# Test files share helpers that stand beside them.
sys.path.insert(0, str(Path(__file__).parent))

import lab_parts  # noqa: E402 - it lies beside this file

#: Files that take longest. They are dealt out first, so that no process is left with one of them at the end.
LONG_FILES = (
    "crashes",
    "notify",
    "doctor",
    "cut_off",
    "many",
    "shared_layout",
    "certificates",
    "failing_steps",
    "dns",
    "fleet",
)
#: So many of the last lines of each playbook are shown with a test that fails.
SHOWN_LINES = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first."""
    places = {f"test_{name}": place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@dataclass(frozen=True)
class Outcome:
    """What a playbook left behind: exit code, what a person saw, the hosts' counts, and what launchers are told."""

    code: int
    output: str
    stats: dict[str, dict[str, int]]
    artifacts: dict[str, Any]

    def count(self, what: str) -> int:
        """The sum over all hosts, for C(changed), C(failures) and so on."""
        return sum(host[what] for host in self.stats.values())


@dataclass(frozen=True)
class Playbooks:
    """Runs playbooks against the lab, with a registry of the tests' own."""

    lab: Settings
    registry_url: str
    folder: Path
    programs: Path = Path(sys.executable).parent
    #: A command that runs others, to be written before each.
    prefix: tuple[str, ...] = ()

    def with_programs(self, programs: Path) -> Playbooks:
        """The same with the ansible-playbook of another folder."""
        return replace(self, programs=programs)

    def under(self, prefix: tuple[str, ...]) -> Playbooks:
        """The same, each command run by another."""
        return replace(self, prefix=prefix)

    def provision(self, *arguments: str, **variables: Any) -> Outcome:
        return self.run("provision.yml", *arguments, **variables)

    def deprovision(self, tenant: str) -> Outcome:
        return self.run("deprovision.yml", tenant=tenant, confirm=tenant)

    def run(
        self, playbook: str, *arguments: str, environment: Mapping[str, str] | None = None, **variables: Any
    ) -> Outcome:
        stats = self.folder / f"stats-{secrets.token_hex(4)}.json"
        given = {"tenant_registry_url": self.registry_url, **variables}
        surroundings = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_ROLES_PATH": str(self.folder / "roles"),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "stats_file,cut,stop",
            "STATS_FILE": str(stats),
            "ANSIBLE_NOCOLOR": "1",
            **(environment or {}),
        }
        with lab_parts.beside_others(self.lab):
            finished = subprocess.run(
                [*self.prefix, self.programs / "ansible-playbook", playbook, "-e", json.dumps(given), *arguments],
                cwd=ROOT,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=900,
                check=False,
            )
        # pytest shows it with a test that fails.
        print(f"$ ansible-playbook {playbook}", *finished.stdout.splitlines()[-SHOWN_LINES:], finished.stderr, sep="\n")
        told = json.loads(stats.read_text()) if stats.exists() else {"counts": {}, "artifacts": {}}
        return Outcome(finished.returncode, finished.stdout + finished.stderr, told["counts"], told["artifacts"])


@pytest.fixture(scope="session")
def lab() -> Settings:
    """The running lab."""
    settings = Settings.load()
    status = subprocess.run(
        [sys.executable, "-m", "lab", "status"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "lab")},
        capture_output=True,
        text=True,
        check=False,
    )
    if status.returncode != 0:
        pytest.skip(f"the lab is not up (make lab-up):\n{status.stdout}{status.stderr}")
    return settings


@pytest.fixture(scope="session")
def playbooks(lab: Settings, tmp_path_factory: pytest.TempPathFactory) -> Playbooks:
    """Playbooks with a fresh registry, on an edge that is prepared."""
    folder = tmp_path_factory.mktemp("playbooks")
    runner = Playbooks(lab, f"sqlite:///{folder}/registry.db", folder)
    prepared = runner.run("playbooks/edge.yml")
    assert prepared.code == 0, prepared.output
    return runner


@pytest.fixture
def tenant(playbooks: Playbooks) -> Iterator[str]:
    """A name of its own for a test; what is provisioned under it is taken away again."""
    name = f"test-{secrets.token_hex(4)}"
    yield name
    playbooks.deprovision(name)
