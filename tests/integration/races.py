# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many runs of one command that open the journal of one tenant at the same moment."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

#: Seconds after which the runs go off even if not all are there.
_PATIENCE = 500


def race(playbooks: Any, folder: Path, racers: int, *arguments: str, **variables: Any) -> list[Any]:
    """What each of the runs of provision.yml ended with.

    :param folder: an empty one, for the gate at which they wait for each other.
    """

    def run(_number: int) -> Any:
        gate = {"GATE": str(folder), "ANSIBLE_CALLBACKS_ENABLED": "gate,stats_file"}
        return playbooks.provision(*arguments, environment=gate, **variables)

    with ThreadPoolExecutor(racers) as pool:
        runs = [pool.submit(run, number) for number in range(racers)]
        end = time.monotonic() + _PATIENCE
        while len(list(folder.glob("waits-*"))) < racers and time.monotonic() < end:
            time.sleep(0.1)
        (folder / "open").touch()
        return [future.result() for future in runs]


def assert_one_won(outcomes: list[Any], name: str) -> None:
    """One has made the tenant, the others ended clearly."""
    outputs = [" ".join(outcome.output.split()) for outcome in outcomes]
    made = [outcome for outcome in outcomes if outcome.code == 0 and outcome.count("changed")]
    refused = [text for text in outputs if f"{name} is being worked on by process" in text]
    # One that is so slow that the winner has ended meanwhile finds a tenant and changes nothing.
    checked = [text for text in outputs if "is active (it was before; this run checked it)" in text]
    assert len(made) == 1, "\n".join(outcome.output[-500:] for outcome in outcomes)
    assert len(refused) + len(checked) == len(outcomes) - 1
    assert refused
    assert not any("Traceback" in text for text in outputs)
