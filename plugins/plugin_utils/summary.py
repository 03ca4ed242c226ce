# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of all tenants of a command: one table, also of those that could not tell it themselves.

A tenant's own report (report.py) is printed when it ends. A tenant that was refused, or whose host went away, has none;
here it gets one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .registry.journal import BEGUN
from .report import FAILED, LIVE, TAKEN_BACK, UNFINISHED, of_steps
from .tenant_table import aligned

#: The name belongs to another customer, or another run has it.
REFUSED = "refused"


def of_refusal(name: str, message: str, row: Mapping[str, Any] | None) -> dict[str, Any]:
    """The result of a tenant that no step was begun for: what its journal has is another run's.

    :param row: the tenant in the registry, if it is there.
    """
    return _result(
        name, row, REFUSED, steps=[], message=message, next_step="run the same command again when that is over"
    )


def of_unfinished(name: str, row: Mapping[str, Any] | None, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The result of a tenant that ended without a word: Ansible does not go on with a host that it can't reach.

    :param steps: those of its journal.
    """
    return _result(
        name,
        row,
        UNFINISHED,
        steps=steps,
        message="a host that it needs could not be reached, so nothing was taken back",
        next_step="run the same command again when the host answers: it goes on where it stopped",
    )


def lines(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The table, the reasons of what is not live, and last how many there are of each kind."""
    table = [["TENANT", "RESULT", "STATE", "STEP", "NEXT"]]
    table += [
        [result["tenant"], result["result"], result["state"] or "-", _step(result), result["next"] or "-"]
        for result in results
    ]
    reasons = [f"{result['tenant']}: {result['failure']['msg']}" for result in results if result["failure"]]
    counts = Counter(result["result"] for result in results)
    count = ", ".join(
        f"{counts[kind]} {kind}" for kind in (LIVE, TAKEN_BACK, FAILED, REFUSED, UNFINISHED) if counts[kind]
    )
    return [*aligned(table), "", *reasons, *([""] if reasons else []), f"{len(results)} tenants: {count}."]


def _result(
    name: str,
    row: Mapping[str, Any] | None,
    result: str,
    steps: list[dict[str, Any]],
    message: str,
    next_step: str,
) -> dict[str, Any]:
    begun = next((step["step"] for step in reversed(steps) if step["state"] == BEGUN), "")
    return {
        "tenant": name,
        "result": result,
        "state": row["state"] if row else None,
        "bench": row["bench"] if row else None,
        **of_steps(steps),
        "failure": {"step": begun.rpartition(".")[2], "task": "", "msg": message, "output_tail": ""},
        "next": next_step,
    }


def _step(result: Mapping[str, Any]) -> str:
    return (result["failure"] or {}).get("step") or "-"
