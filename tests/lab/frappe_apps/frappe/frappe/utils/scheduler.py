# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch of the scheduler. No scheduled jobs run in the stand-in; only the switch is part of the contract."""

from __future__ import annotations

import frappe
from frappe.utils import cint


def toggle_scheduler(enable: bool) -> None:
    frappe.db.set_single_value("System Settings", "enable_scheduler", int(enable))


def enable_scheduler() -> None:
    toggle_scheduler(True)


def disable_scheduler() -> None:
    toggle_scheduler(False)


def is_scheduler_disabled(verbose: bool = True) -> bool:
    return bool(frappe.conf.disable_scheduler) or not cint(frappe.get_system_settings("enable_scheduler"))


def is_scheduler_inactive(verbose: bool = True) -> bool:
    return bool(frappe.conf.maintenance_mode or frappe.conf.pause_scheduler) or is_scheduler_disabled(verbose)
