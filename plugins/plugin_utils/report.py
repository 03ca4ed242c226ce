# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of one tenant, as a few aligned lines for the person at the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_STEPS_PER_LINE = 5

#: How a run's work on a tenant can end.
LIVE, FAILED, TAKEN_BACK, UNFINISHED = "live", "failed", "taken_back", "unfinished"


@dataclass(frozen=True)
class Outcome:
    """All that the summary tells.

    :param ended: how this run's work ended.
    :param mode: how the run went on: fresh, resume, rollback or converge.
    :param steps: of the journal: name, state, the seconds that it took to make and to undo, and error.
    :param warnings: what did not fail the tenant, and somebody should know.
    :param dashboard_path: where the frontend has its dashboard.
    :param check_mode: nothing was done; it tells what would be.
    :param failure: step, task, msg, output_tail, and ailments, as ailments.py knows them; empty when nothing failed.
    """

    identity: dict[str, str]
    record: dict[str, Any]
    ended: str
    mode: str
    steps: list[dict[str, Any]]
    certificate: dict[str, Any] = field(default_factory=dict)
    password_login: bool = False
    curl_ca_file: str = ""
    curl_address: str = ""
    failure: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    dashboard_path: str = "/dashboard"
    check_mode: bool = False


def lines(outcome: Outcome) -> list[str]:
    """The summary, a line each."""
    return list(_TELLERS[outcome.ended](outcome))


def result(outcome: Outcome) -> dict[str, Any]:
    """The same for programs: what launchers and pipelines read. It holds no secret."""
    return {
        "tenant": outcome.identity["name"],
        "result": outcome.ended,
        "state": outcome.record.get("state"),
        "mode": outcome.mode,
        "check_mode": outcome.check_mode,
        **_urls(outcome),
        "admin_email": outcome.record.get("admin_email"),
        "plan": outcome.record.get("plan"),
        "bench": outcome.record.get("bench"),
        "site": outcome.record.get("site"),
        "certificate": outcome.certificate,
        "certificate_state": outcome.record.get("certificate"),
        "warnings": outcome.warnings,
        **of_steps(outcome.steps),
        "failure": outcome.failure,
        "next": _next(outcome),
    }


def of_steps(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """What a result tells of the steps in the journal."""
    return {
        "steps": steps,
        "taken_back": [_short(step) for step in reversed(steps) if step["state"] == "undone"],
        "left": [{"step": _short(step), "error": step["error"]} for step in steps if step["state"] == "left"],
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
    record, urls = outcome.record, _urls(outcome)
    yield f"{outcome.identity['name']} {_state(outcome)}"
    yield _row("frontend", urls["frontend_url"])
    yield _row("backend", urls["backend_url"])
    yield _row("dashboard", urls["dashboard_url"])
    way = "by password" if outcome.password_login else "through OAuth"
    yield _row("administrator", f"{record['admin_email']}, signs in {way}")
    yield _row("plan", f"{record['plan']}, site {record['site']} on {record['bench']}")
    yield _row("certificate", _certificate(record.get("certificate"), outcome.certificate))
    yield from _seconds(outcome.steps)
    for warning in outcome.warnings:
        yield _row("warning", warning)
    yield _row("try it", curl(urls["backend_url"], outcome.curl_ca_file, outcome.curl_address))


def _state(outcome: Outcome) -> str:
    was_there = outcome.mode == "converge"
    if outcome.check_mode:
        return f"would be {'brought to its wanted state' if was_there else 'made'} (check mode: nothing was done)"
    return f"is {outcome.record['state']}" + (" (it was before; this run checked it)" if was_there else "")


def _failed(outcome: Outcome) -> Iterator[str]:
    failure = outcome.failure
    yield f"{outcome.identity['name']} failed in step {failure['step']}: {failure['msg']}"
    yield from _where(failure)
    yield from _seconds(outcome.steps)
    if outcome.mode == "converge":
        yield _row("taken back", "nothing: the tenant was complete before this run and stays as it is")
    else:
        yield from _undone(outcome)
    yield _row("next", _next(outcome))


def _taken_back(outcome: Outcome) -> Iterator[str]:
    name = outcome.identity["name"]
    if outcome.check_mode:
        yield f"{name} would be taken back (check mode: nothing was done)"
        return
    if _left(outcome):
        yield f"{name} could not be taken back whole"
    else:
        yield f"{name} is taken back, and nothing of it is left"
    yield from _undone(outcome)
    if _left(outcome):
        yield _row("next", _next(outcome))


def _unfinished(outcome: Outcome) -> Iterator[str]:
    failure = outcome.failure
    # A host that went away cuts off; what failed otherwise was kept because the operator wants it so.
    how = "was cut off" if failure.get("lost_host", "") or not failure.get("keep") else "failed and is kept"
    yield f"{outcome.identity['name']} {how}{' in step ' if failure['step'] else ''}{failure['step']}: {failure['msg']}"
    yield from _where(failure)
    yield from _seconds(outcome.steps)
    stays = [_short(step) for step in outcome.steps if step["state"] != "undone"]
    yield _row("stays", f"{', '.join(stays) or 'nothing'}; the journal has it all")
    yield _row("next", _next(outcome))


def _next(outcome: Outcome) -> str:
    """What the person at the terminal can do."""
    again = "run the same command again"
    if outcome.ended == UNFINISHED:
        return f"{again} to go on, or with -e tenant_on_resume=rollback to take it back"
    if _left(outcome):
        return f"{again} to take back the rest"
    return f"{again} when this is mended" if outcome.ended == FAILED else ""


def _where(failure: dict[str, Any]) -> Iterator[str]:
    if failure.get("task"):
        yield _row("task", failure["task"])
    for number, line in enumerate(failure.get("output_tail", "").splitlines()):
        yield _row("" if number else "output", line)
    ailments = failure.get("ailments", [])
    for ailment in ailments:
        yield _row("ailment", f"{ailment['number']} {ailment['title']}")
        if len(ailments) > 1:
            yield _row("evidence", ailment["evidence"])
        yield _row("cause", ailment["cause"])
        yield _row("remedy", ailment["remedy"])


def _undone(outcome: Outcome) -> Iterator[str]:
    undone = [step for step in reversed(outcome.steps) if step["state"] == "undone"]
    parts = [_timed(step, step.get("undo_seconds")) for step in undone]
    yield from _wrapped("taken back", parts or ["nothing: nothing was made"])
    for step in _left(outcome):
        yield _row("left", f"{_short(step)}: {step['error']}")


def _left(outcome: Outcome) -> list[dict[str, Any]]:
    return [step for step in outcome.steps if step["state"] == "left"]


def _urls(outcome: Outcome) -> dict[str, str]:
    """The URLs that the tenant is served at, which are http without a certificate; before it is served, the wanted ones."""
    urls = {field: outcome.record.get(field) or outcome.identity[field] for field in ("frontend_url", "backend_url")}
    return {**urls, "dashboard_url": urls["frontend_url"].rstrip("/") + outcome.dashboard_path}


def _certificate(state: str | None, certificate: dict[str, Any]) -> str:
    if state == "http_only":
        return "NONE: served over HTTP until the playbook certificates obtains one"
    if not certificate:
        return "none"
    whose = {"shared": ", shared by all tenants", "existing": ", the operator's"}.get(state or "", "")
    until = f"{certificate['days_left']} days left (until {certificate['not_after']})"
    return f"{certificate['issuer']}{whose}, {until}"


def _seconds(steps: list[dict[str, Any]]) -> Iterator[str]:
    return _wrapped("steps", [_timed(step, step["seconds"]) for step in steps if step["seconds"] is not None])


def _timed(step: dict[str, Any], seconds: float | None) -> str:
    return _short(step) if seconds is None else f"{_short(step)} {seconds:.1f} s"


def _wrapped(label: str, parts: list[str]) -> Iterator[str]:
    for start in range(0, len(parts), _STEPS_PER_LINE):
        yield _row("" if start else label, ", ".join(parts[start : start + _STEPS_PER_LINE]))


def _short(step: dict[str, Any]) -> str:
    """A step is a role; its last part is the name that people use."""
    return step["step"].rpartition(".")[2]


def _row(label: str, value: str) -> str:
    return f"  {label:<14} {value}"


_TELLERS: dict[str, Callable[[Outcome], Iterator[str]]] = {
    LIVE: _live,
    FAILED: _failed,
    TAKEN_BACK: _taken_back,
    UNFINISHED: _unfinished,
}
