# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits: calls per hour of single methods, and seconds of processing per window of a whole site."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import frappe
from frappe.utils import cint


def rate_limit(setting: str, fallback: int, seconds: int = 3600) -> Callable:
    """Allow as many calls per hour and address as the system setting says."""

    def decorate(method: Callable) -> Callable:
        @functools.wraps(method)
        def limited(*args: Any, **kwargs: Any) -> Any:
            if getattr(frappe.local, "request", None) is not None:
                limit = cint(frappe.get_system_settings(setting)) or fallback
                key = f"rl:{method.__module__}.{method.__name__}:{frappe.local.request_ip}"
                if frappe.local.cache.count(key, seconds) > limit:
                    frappe.throw(
                        "You hit the rate limit because of too many requests. Please try after sometime.",
                        frappe.RateLimitExceededError,
                    )
            return method(*args, **kwargs)

        return limited

    return decorate


class SiteLimit:
    """`rate_limit` of site_config.json: {"limit": seconds, "window": seconds}, then 429."""

    def __init__(self) -> None:
        self.rule = frappe.conf.rate_limit
        self.start = time.monotonic()

    def key(self) -> str:
        return f"rate-limit-counter-{int(time.time()) // int(self.rule['window'])}"

    def check(self) -> None:
        if self.rule and (frappe.local.cache.get_value(self.key()) or 0) > float(self.rule["limit"]) * 1_000_000:
            raise frappe.RateLimitExceededError

    def add(self) -> None:
        if self.rule:
            used = (frappe.local.cache.get_value(self.key()) or 0) + (time.monotonic() - self.start) * 1_000_000
            frappe.local.cache.set_value(self.key(), used, expires_in_sec=int(self.rule["window"]))
