# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site_config.json of a site: merged, written at once, never readable to others."""

from __future__ import annotations

import json
from collections.abc import Collection
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
    return read_json(folder / "site_config.json")


def read_json(path: Path) -> dict[str, Any]:
    """One of Frappe's configuration files; see L(read)."""
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


def way_to_database(connection: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """The keys that lead the site to its database server by the way that the administrator took.

    The server gives rights by the host that a user comes from, so site and administrator must come the same way. A key
    that the bench's common configuration has already is left out.

    :param connection: the administrator's; unix_socket, or host and port.
    """
    if connection.get("unix_socket"):
        wanted = {"db_socket": connection["unix_socket"]}
    else:
        # An empty socket in the site's own file outweighs one that all sites have in common.
        wanted = {"db_socket": "", "db_host": connection["host"], "db_port": connection["port"]}
    defaults = {"db_socket": "", "db_host": "127.0.0.1", "db_port": 3306}
    return {key: value for key, value in wanted.items() if (common.get(key) or defaults[key]) != value}


def mode_is_right(folder: Path) -> bool:
    """Whether the file keeps its secrets from others."""
    return (folder / "site_config.json").stat().st_mode & 0o777 == MODE


def shown(config: dict[str, Any], secret_keys: Collection[str] = ()) -> dict[str, Any]:
    """I(config) as it may be seen: values of I(secret_keys), and of keys that name a secret at any depth, are hidden."""
    return {key: _HIDDEN if key in secret_keys else _shown(key, value) for key, value in config.items()}


def _shown(key: str, value: Any) -> Any:
    if any(word in key.lower() for word in _SECRET_KEYS):
        return _HIDDEN
    if isinstance(value, dict):
        return shown(value)
    return [_shown(key, item) for item in value] if isinstance(value, list) else value
