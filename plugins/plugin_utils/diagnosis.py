# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the doctor found, for the person at the terminal: each ailment by name, and what is none of them in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import tail

from .ailments import recognise


def findings(patient: str, complaints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each thing that is wrong with one patient, once: C(where), C(problem) and C(ailment), empty when it is none of the ten.

    :param complaints: each with C(where), C(problems) and C(output).
    """
    found: dict[str, dict[str, Any]] = {}
    for complaint in complaints:
        for problem in complaint["problems"]:
            text = tail(problem)
            known = recognise(text, tail(complaint["output"]))
            # Steps look at the same nginx: what two of them say is one thing.
            found.setdefault(
                text, {"where": complaint["where"], "problem": text, "ailment": known.as_dict() if known else {}}
            )
    return [{"patient": patient, **finding} for finding in found.values()]


def lines(patients: dict[str, list[dict[str, Any]]], done: dict[str, list[str]]) -> Iterator[tuple[str, str | None]]:
    """Each line with its colour.

    :param patients: the findings by patient.
    :param done: services that were restarted, by patient.
    """
    for patient, found in patients.items():
        yield f"{patient}: {_count(len(found))}", "red" if found else "green"
        for service in done.get(patient, []):
            yield f"  restarted    {service}", "bright yellow"
        for finding in found:
            yield from _finding(finding)
        yield "", None


def _finding(finding: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    ailment = finding["ailment"]
    name = f"{ailment['number']} {ailment['title']}" if ailment else "not one of the ten"
    yield f"  {name}", "red"
    for label, text in (
        ("seen by", finding["where"]),
        ("evidence", finding["problem"]),
        ("cause", ailment.get("cause", "")),
        ("remedy", ailment.get("remedy", "")),
        ("provision", ailment.get("done", "")),
    ):
        if text:
            yield f"    {label:<10} {text}", None


def _count(number: int) -> str:
    return {0: "nothing is wrong", 1: "1 thing is wrong"}.get(number, f"{number} things are wrong")
