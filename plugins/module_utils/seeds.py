# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site's first data as a module takes it, and what came of it as a module tells it."""

from __future__ import annotations

import datetime
from typing import Any

from . import documents, inside_seed
from .bench import Bench
from .errors import TenantError

#: The answers to the setup wizard.
WIZARD_ARGUMENT: dict[str, Any] = {
    "type": "dict",
    "options": {
        "country": {"type": "str", "required": True},
        "currency": {"type": "str"},
        "company": {"type": "str", "required": True},
        "abbreviation": {"type": "str"},
        "chart_of_accounts": {"type": "str"},
        "fiscal_year_start": {"type": "str"},
    },
}

#: CSV texts to import.
IMPORTS_ARGUMENT: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "doctype": {"type": "str", "required": True},
        # Data of people.
        "content": {"type": "str", "required": True, "no_log": True},
        "update": {"type": "bool", "default": False},
    },
}


def seed(bench: Bench, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Bring in the first data that the module's parameters describe."""
    wizard = params["setup_wizard"]
    if wizard:
        _require_date(wizard["fiscal_year_start"])
    answer = bench.in_site(
        inside_seed,
        params["site"],
        "seed",
        wizard=wizard,
        documents=documents.wanted(params["documents"] or []),
        imports=params["imports"],
        check=check,
    )
    diffs = [{"before": {}, "after": {"setup_wizard": wizard}}] if answer["wizard"] else []
    diffs += documents.diff(answer["documents"])
    diffs += [{"before": {}, "after": {"imported": row}} for row in answer["imports"] if row["change"] != "none"]
    return {
        "changed": bool(diffs),
        "setup_completed": answer["wizard"],
        "documents": answer["documents"],
        "imports": answer["imports"],
        "diff": diffs,
    }


def _require_date(text: str | None) -> None:
    try:
        datetime.date.fromisoformat(text or "2000-01-01")
    except ValueError as error:
        raise TenantError(f"fiscal_year_start: {text!r} is not a date.", "Example: 2026-04-01.") from error
