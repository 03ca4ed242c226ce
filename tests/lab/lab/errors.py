# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error that the lab raises on purpose."""

from __future__ import annotations


class LabError(Exception):
    """The lab can't go on, and we know why.

    :param msg: one line: what failed, and where.
    :param remedy: what the person at the terminal can do next; may be empty.
    """

    def __init__(self, msg: str, remedy: str = "") -> None:
        super().__init__(msg)
        self.msg = msg
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.msg}\n{self.remedy}".strip()
