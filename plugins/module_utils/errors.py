# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error that our code raises on purpose.

Everything below modules and actions raises L(TenantError); C(runner.py) and C(plugin_utils/action.py)
turn it into a failed result, so the wording that a person reads is written where the fault is known.
"""

from __future__ import annotations

from typing import Any

from .masking import masked


class TenantError(Exception):
    """Something was refused or failed, and we know what.

    :param msg: one line: what was tried on what, and why it did not work.
    :param remedy: what the person at the terminal can do next; may be empty.
    :param details: further fields of the result (error code, rc, last lines of output); no secrets.
    """

    def __init__(self, msg: str, remedy: str = "", **details: Any) -> None:
        super().__init__(msg)
        self.msg = msg
        self.remedy = remedy
        self.details = details

    def as_result(self) -> dict[str, Any]:
        """The fields of a failed Ansible result: C(msg) with the remedy, then the details."""
        msg = f"{self.msg} {self.remedy}".strip()
        return {"msg": msg, "remedy": self.remedy, **self.details}


def tail(text: str, lines: int = 15) -> str:
    """The last lines of a tool's output, where its reason usually stands, without secrets."""
    return masked("\n".join(text.strip().splitlines()[-lines:]))
