# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The setup wizard: settings by frappe, a company by erpnext, each once; a user who is there already gets no roles."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.types import FrappeDict


@frappe.whitelist()
def setup_complete(args: Any) -> dict[str, str]:
    if frappe.is_setup_complete():
        return {"status": "ok"}
    answers = FrappeDict(frappe.parse_json(args))
    done = completed_apps()
    if "frappe" in done:
        settings = frappe.get_doc("System Settings")
        answers.update({key: settings.get(key) for key in ("country", "time_zone", "time_format", "currency")})
    else:
        update_global_settings(answers)
    try:
        for app in frappe.get_installed_apps():
            stage = getattr(frappe.get_hooks(app_name=app), "setup_wizard_stage", None)
            if stage and app not in done:
                frappe.get_attr(stage)(answers)
            mark_complete(app)
    except Exception:
        frappe.db.rollback()
        raise
    frappe.db.set_default("desktop:home_page", "workspace")
    frappe.db.set_single_value("System Settings", "setup_complete", 1)
    frappe.db.commit()
    return {"status": "ok"}


def completed_apps() -> list[str]:
    return frappe.get_all("Installed Application", {"is_setup_complete": 1}, pluck="app_name")


def mark_complete(app: str) -> None:
    frappe.db.set_value("Installed Application", {"app_name": app}, "is_setup_complete", 1)


def update_global_settings(answers: FrappeDict) -> None:
    settings = frappe.get_doc("System Settings")
    language = frappe.db.get_value("Language", {"language_name": answers.language}, "name")
    settings.update(
        {
            "country": answers.country,
            "language": language or "en",
            "time_zone": answers.timezone,
            "currency": answers.currency,
            "float_precision": 3,
            "enable_scheduler": 1,
            "backup_limit": 3,
        }
    )
    settings.save()
