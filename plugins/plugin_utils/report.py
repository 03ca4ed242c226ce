# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of one tenant, as a few aligned lines for the person at the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_STEPS_PER_LINE = 5


@dataclass(frozen=True)
class Outcome:
    """All that the summary tells.

    :param mode: how the run went on: fresh, resume, rollback or converge.
    :param steps: name, state, seconds and error of each step of the journal.
    :param check_mode: nothing was done; it tells what would be.
    :param failure: step, task, msg and output_tail; empty when the tenant is live.
    """

    identity: dict[str, str]
    record: dict[str, Any]
    mode: str
    steps: list[dict[str, Any]]
    certificate: dict[str, Any] = field(default_factory=dict)
    curl_ca_file: str = ""
    curl_address: str = ""
    failure: dict[str, str] = field(default_factory=dict)
    check_mode: bool = False


def lines(outcome: Outcome) -> list[str]:
    """The summary, a line each."""
    return list(_failed(outcome) if outcome.failure else _live(outcome))


def result(outcome: Outcome) -> dict[str, Any]:
    """The same for programs: what launchers and pipelines read. It holds no secret."""
    return {
        "tenant": outcome.identity["name"],
        "state": outcome.record.get("state"),
        "mode": outcome.mode,
        "check_mode": outcome.check_mode,
        "frontend_url": outcome.identity["frontend_url"],
        "backend_url": outcome.identity["backend_url"],
        "admin_email": outcome.record.get("admin_email"),
        "plan": outcome.record.get("plan"),
        "bench": outcome.record.get("bench"),
        "site": outcome.record.get("site"),
        "certificate": outcome.certificate,
        "steps": outcome.steps,
        "failure": outcome.failure,
    }


def curl(backend_url: str, ca_file: str = "", address: str = "") -> str:
    """A command that asks the tenant's backend for a pong.

    :param address: where the tenant answers while its name is not public.
    """
    command = ["curl"]
    if ca_file:
        command += ["--cacert", ca_file]
    if address:
        url = urlsplit(backend_url)
        port = url.port or (443 if url.scheme == "https" else 80)
        command += ["--resolve", f"{url.hostname}:{port}:{address}"]
    return shlex.join([*command, f"{backend_url}/api/method/ping"])


def _live(outcome: Outcome) -> Iterator[str]:
    record, identity = outcome.record, outcome.identity
    yield f"{identity['name']} {_state(outcome)}"
    yield _row("frontend", identity["frontend_url"])
    yield _row("backend", identity["backend_url"])
    yield _row("administrator", f"{record['admin_email']}, signs in through OAuth")
    yield _row("plan", f"{record['plan']}, site {record['site']} on {record['bench']}")
    yield _row("certificate", _certificate(outcome.certificate))
    yield from _seconds(outcome.steps)
    yield _row("try it", curl(identity["backend_url"], outcome.curl_ca_file, outcome.curl_address))


def _state(outcome: Outcome) -> str:
    was_there = outcome.mode == "converge"
    if outcome.check_mode:
        return f"would be {'brought to its wanted state' if was_there else 'made'} (check mode: nothing was done)"
    return f"is {outcome.record['state']}" + (" (it was before; this run checked it)" if was_there else "")


def _failed(outcome: Outcome) -> Iterator[str]:
    failure = outcome.failure
    yield f"{outcome.identity['name']} failed in step {failure['step']}: {failure['msg']}"
    yield _row("task", failure["task"])
    for number, line in enumerate(failure.get("output_tail", "").splitlines()):
        yield _row("" if number else "output", line)
    left = [step for step in outcome.steps if step["state"] == "left"]
    undone = [_short(step) for step in outcome.steps if step["state"] == "undone"]
    if outcome.mode == "converge":
        yield _row("taken back", "nothing: the tenant was complete before this run and stays as it is")
    else:
        yield _row("taken back", ", ".join(reversed(undone)) or "nothing: nothing was made")
    for step in left:
        yield _row("left", f"{_short(step)}: {step['error']}")
    yield _row("next", "run the same command again" + (" to take back the rest" if left else " when this is mended"))


def _certificate(certificate: dict[str, Any]) -> str:
    if not certificate:
        return "none"
    return f"{certificate['issuer']}, {certificate['days_left']} days left (until {certificate['not_after']})"


def _seconds(steps: list[dict[str, Any]]) -> Iterator[str]:
    parts = [f"{_short(step)} {step['seconds']:.1f} s" for step in steps if step["seconds"] is not None]
    for start in range(0, len(parts), _STEPS_PER_LINE):
        yield _row("" if start else "steps", ", ".join(parts[start : start + _STEPS_PER_LINE]))


def _short(step: dict[str, Any]) -> str:
    """A step is a role; its last part is the name that people use."""
    return step["step"].rpartition(".")[2]


def _row(label: str, value: str) -> str:
    return f"  {label:<14} {value}"
