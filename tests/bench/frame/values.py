# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a benchmark measures, beside what is wanted of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """One measured value of one run.

    :param what: what was measured, in the words of a reader who knows the collection.
    :param unit: such as s or MB; a ratio has none.
    :param at_most: the wanted limit; None where the value is only told.
    :param at_least: the same from below, for example a ratio of two ways.
    :param note: what the reader must know to judge the value, such as what of it is real.
    """

    what: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the wish was met in this run; nothing where there is no wish."""
        if self.at_most is None and self.at_least is None:
            return ""
        too_much = self.at_most is not None and self.value > self.at_most
        too_little = self.at_least is not None and self.value < self.at_least
        return "MISSED" if too_much or too_little else "met"

    @property
    def wanted(self) -> str:
        """The wish as text."""
        limits = (("at most", self.at_most), ("at least", self.at_least))
        return " and ".join(f"{word} {limit:g} {self.unit}".rstrip() for word, limit in limits if limit is not None)

    @property
    def measured(self) -> str:
        """The value as text, to three digits."""
        return (
            f"{self.value:.3g} {self.unit}".rstrip() if self.value < 1000 else f"{self.value:.0f} {self.unit}".rstrip()
        )


def ratio(what: str, slow: float, fast: float, at_least: float | None = None, note: str = "") -> Value:
    """How many times as long the slow way takes as the fast one."""
    return Value(what, slow / fast, at_least=at_least, note=note)
