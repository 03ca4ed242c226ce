# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One thing that was looked at, as people and programs are told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

PASS, WARN, FAIL = "PASS", "WARN", "FAIL"
#: It was not looked at, and what was seen tells why.
SKIP = "SKIP"

#: From good to bad. What was not looked at makes nothing worse.
_ORDER = (SKIP, PASS, WARN, FAIL)


@dataclass(frozen=True)
class Check:
    """What was seen of one thing.

    :param name: what was looked at, the same always.
    :param status: PASS, WARN, FAIL or SKIP.
    :param seen: in words.
    :param wanted: what should have been seen.
    :param remedy: what can be done; empty when nothing need be.
    :param evidence: what else was seen that is worth keeping, for programs; the check itself tells nothing of it.
    """

    name: str
    status: str
    seen: str
    wanted: str
    remedy: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        told = asdict(self)
        del told["evidence"]
        return told


def worst(statuses: list[str]) -> str:
    """The worst of some statuses: PASS, WARN or FAIL."""
    return max([PASS, *statuses], key=_ORDER.index)
