# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The charts of accounts that a company can begin with."""

from __future__ import annotations

_OF_COUNTRIES = {"Germany": ["SKR04 mit Kontonummern", "SKR03 mit Kontonummern"]}
_STANDARD = ["Standard", "Standard with Numbers"]


def get_charts_for_country(country: str, with_standard: bool = False) -> list[str]:
    charts = _OF_COUNTRIES.get(country, [])
    return [*charts, *_STANDARD] if with_standard or not charts else charts
