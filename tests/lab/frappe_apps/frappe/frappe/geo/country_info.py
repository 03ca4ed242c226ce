# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Frappe knows of countries; here from babel."""

from __future__ import annotations

from babel.numbers import get_territory_currencies

import frappe
from frappe.types import FrappeDict


def get_country_info(country: str | None = None) -> FrappeDict:
    info = FrappeDict(date_format="dd-mm-yyyy", time_format="HH:mm:ss")
    code = frappe.db.get_value("Country", country, "code") if country else None
    if code:
        info.update(code=code, currency=get_territory_currencies(code.upper())[0])
    return info
