# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files for programs: what a run has to tell as JSON, whole at every moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.turns import turn
from ansible_collections.frappeops.tenants.plugins.module_utils.whole_file import write_whole

#: What was told of tenants is for the person who asked.
MODE = 0o600

#: Seconds to wait for another tenant's entry; each takes milliseconds.
_PATIENCE = 30


def add(path: Path, name: str, entry: dict[str, Any]) -> None:
    """Put I(entry) under I(name) into the file. Other tenants' entries stay.

    :raises TenantError: the file is there and is not ours, or can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with turn(str(path.parent), _PATIENCE):
            entries = _read(path)
            entries[name] = entry
            write_whole(path, json.dumps({"tenants": entries}, indent=2, sort_keys=True) + "\n", MODE)
    except OSError as error:
        raise TenantError(f"The result file {path} can't be written: {error.strerror}.") from error


def write(path: Path, text: str) -> None:
    """Put I(text) in the place of the file.

    :raises TenantError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{text}\n", MODE)
    except OSError as error:
        raise TenantError(f"The file {path} can't be written: {error.strerror}.") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["tenants"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise TenantError(
            f"{path} is there and is no result file of frappeops.tenants.", "Name another tenant_result_file."
        ) from error
