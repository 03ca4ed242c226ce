# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finishing what cut-off runs left: which way for each, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .registry import journal

#: What is done with an unfinished provisioning. One that a live run works on is left to that run; one that was kept to be
#: looked at is left as it is; one that shall go on and can't, because the registry does not know all of its order, is left
#: to its command.
RESUME, ROLLBACK, LIVE, KEPT, STAY = "resume", "rollback", "live", "kept", "stay"

_DONE = {
    RESUME: "resumed",
    ROLLBACK: "taken back",
    LIVE: "left to its run",
    KEPT: "left, to be looked at",
    STAY: "left alone",
}

COLUMNS = {"TENANT": "tenant", "WAS": "was", "DONE": "done", "NOW": "now", "LEFT": "left"}


def way(found: Mapping[str, Any], plans: Collection[str], wish: str = "", named: bool = False) -> str:
    """What to do with one unfinished provisioning.

    :param found: as registry/unfinished.py tells it.
    :param plans: the plans that there are; a tenant of another one can't be made.
    :param wish: resume or rollback, for what was cut off while it was made; empty to decide by what is known.
    :param named: somebody asks for this very tenant.
    """
    if found["holder"]:
        return LIVE
    if found["state"] == journal.KEPT and not named:
        return KEPT
    if found["state"] == journal.UNDOING or wish == ROLLBACK:
        return ROLLBACK
    if not found["missing"] and found["record"]["plan"] in plans:
        return RESUME
    return STAY if wish == RESUME else ROLLBACK


def rows(
    before: list[dict[str, Any]], after: list[dict[str, Any]], states: Mapping[str, str], check_mode: bool
) -> list[dict[str, str]]:
    """What came of each, as rows of a table.

    :param before: what was unfinished, each with its C(way).
    :param after: what is unfinished now.
    :param states: the tenants' states in the registry now.
    :param check_mode: nothing was done, it only could have been.
    """
    still = {found["tenant"]: found for found in after}
    return [_row(found, still.get(found["tenant"]), states.get(found["tenant"], ""), check_mode) for found in before]


def mail_rows(mails: list[dict[str, Any]], states: Mapping[str, str]) -> list[dict[str, str]]:
    """A row for each mail to an active tenant of which nobody knows whether it was sent.

    :param mails: as registry/outbox.py tells of them.
    """
    return [
        {
            "tenant": mail["tenant"],
            "was": "cut off in sending a mail",
            "done": "left alone",
            "now": "active",
            "left": f"look for {mail['id']} in the mail server's log; -e notify_again=true sends it again",
        }
        for mail in mails
        if mail["state"] == "unsure" and states.get(mail["tenant"]) == "active"
    ]


def _row(found: dict[str, Any], still: dict[str, Any] | None, state: str, check_mode: bool) -> dict[str, str]:
    done = _DONE[found["way"]]
    acted = found["way"] in (RESUME, ROLLBACK)
    if acted and check_mode:
        done, left = f"would be {done}", ""
    elif found["way"] in (LIVE, KEPT):
        left = ""
    elif acted:
        left = _why_left(still)
        if left:
            done = f"not {done}"
        elif found["way"] == RESUME and state != "active":
            done = "failed, taken back"
    else:
        left = f"the registry lacks {', '.join(found['missing']) or 'its plan'}: run the command that began it again"
    return {"tenant": found["tenant"], "was": _was(found), "done": done, "now": state or "not claimed", "left": left}


def _was(found: dict[str, Any]) -> str:
    if found["state"] == journal.UNDOING:
        return "being taken back"
    if found["state"] == journal.KEPT:
        return f"kept after {found['step'].rpartition('.')[2]}"
    return f"cut off in {found['step'].rpartition('.')[2]}" if found["step"] else "cut off"


def _why_left(still: dict[str, Any] | None) -> str:
    if still is None:
        return ""
    parts = [f"{step['step'].rpartition('.')[2]}: {step['error']}" for step in still["left"]]
    return "; ".join(parts) or still["error"] or "it was cut off again, or another run has it"
