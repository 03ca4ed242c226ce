# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site_config.json of a site: merged, written at once, never readable to others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import TenantError
from .whole_file import write_whole

#: Frappe's own mode is 0644, with the database password in it. The group is the web server's at most.
MODE = 0o640

_SECRET_KEYS = ("password", "secret", "key", "token")
_HIDDEN = "********"


def read(folder: Path) -> dict[str, Any]:
    """The site's configuration; empty when there is none.

    :raises TenantError: the file is there and is not JSON, as after a full disk.
    """
    path = folder / "site_config.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise TenantError(
            f"{path} is not JSON (an interrupted write or a full disk leaves it empty).",
            "Put the file back from a backup; frappeops.tenants does not guess its content.",
        ) from error


def write(folder: Path, config: dict[str, Any], mode: int = MODE) -> None:
    """Put I(config) in the place of the present file by one rename, so that no reader sees half of it."""
    write_whole(folder / "site_config.json", json.dumps(config, indent=1, sort_keys=True), mode)


def merged(config: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """I(config) with the keys of I(wanted); a key that is wanted as None is taken out."""
    result = {**config, **wanted}
    return {key: value for key, value in result.items() if value is not None}


def mode_is_right(folder: Path) -> bool:
    """Whether the file keeps its secrets from others."""
    return (folder / "site_config.json").stat().st_mode & 0o777 == MODE


def shown(config: dict[str, Any]) -> dict[str, Any]:
    """I(config) as it may be seen: values of keys that name a secret are hidden, at any depth."""
    return {key: _shown(key, value) for key, value in config.items()}


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return shown(value)
    return _HIDDEN if any(word in key.lower() for word in _SECRET_KEYS) else value
