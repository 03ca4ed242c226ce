# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an action prints for people, and how its result holds it for the log of the run."""

from __future__ import annotations

from collections.abc import Iterable

from ansible.utils.display import Display

#: The levels that Ansible's names of colours stand for; any other is INFO.
_LEVELS = {"red": "ERROR", "bright yellow": "WARNING"}


def told(lines: Iterable[tuple[str, str | None]]) -> list[dict[str, str]]:
    """Each line with its level.

    :param lines: each with its colour.
    """
    return [{"level": _LEVELS.get(colour or "", "INFO"), "text": text} for text, colour in lines if text]


def show(lines: Iterable[tuple[str, str | None]], instead: str | None = None) -> None:
    """Print the lines below an empty one, each in its colour.

    :param instead: what is printed in their place, for programs.
    """
    Display().display("")
    for line, colour in lines if instead is None else [(instead, None)]:
        Display().display(line, color=colour)
