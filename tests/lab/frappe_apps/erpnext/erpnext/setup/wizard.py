# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ERPNext's part of the setup wizard: without it there is no item group and no company."""

from __future__ import annotations

from typing import Any

import frappe


def make_company(answers: dict[str, Any]) -> None:
    answers["country"].replace("'", "")  # Frappe's own way to fail without a country
    for name, parent in (("All Item Groups", None), ("Products", "All Item Groups"), ("Services", "All Item Groups")):
        values = {"item_group_name": name, "parent_item_group": parent, "is_group": int(parent is None)}
        frappe.new_doc("Item Group", **values).insert(ignore_permissions=True)
    frappe.new_doc(
        "Company",
        company_name=answers["company_name"],
        abbr=answers["company_abbr"],
        default_currency=answers["currency"],
        country=answers["country"],
        chart_of_accounts=answers["chart_of_accounts"],
    ).insert(ignore_permissions=True)
    dates = {"year_start_date": answers["fy_start_date"], "year_end_date": answers["fy_end_date"]}
    first, last = dates["year_start_date"][:4], dates["year_end_date"][:4]
    year = first if first == last else f"{first}-{last}"
    frappe.new_doc("Fiscal Year", year=year, **dates).insert(ignore_permissions=True)
