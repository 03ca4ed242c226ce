# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the registry is: from the settings to a whole database URL, and back to a text that may be shown."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from .library import sa

#: Where the registry is when nothing else is said: a file of the person who runs the playbook.
DEFAULT_URL = "sqlite:///~/.local/share/frappeops.tenants/registry.db"

#: The driver of each kind of database when the URL names none; requirements/runtime.in has them.
_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mariadb": "pymysql"}

_EXAMPLES = "Examples: sqlite:////var/lib/frappeops/registry.db, postgresql://tenants@db.example.com/tenants."


def parse(url: str | sa.URL, password_env: str = "", password_file: str = "") -> sa.URL:
    """The whole URL, with driver and password.

    :param password_env: the environment variable that holds the password, if any.
    :param password_file: the file that holds the password, if any.
    :raises TenantError: never with a part of the URL that may be the password.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Without the cause: its text repeats the URL.
        raise TenantError("tenant_registry_url is not a database URL.", _EXAMPLES) from None
    kind, _plus, driver = parsed.drivername.partition("+")
    if kind == "mysql":
        # So MariaDB is often called in URLs.
        kind = "mariadb"
    if kind not in _DRIVERS:
        raise TenantError("tenant_registry_url names neither SQLite nor PostgreSQL nor MariaDB.", _EXAMPLES)
    parsed = parsed.set(drivername=f"{kind}+{driver or _DRIVERS[kind]}")
    if kind == "sqlite":
        return parsed.set(database=str(Path(parsed.database).expanduser())) if parsed.database else parsed
    password = _password(password_env, password_file)
    return parsed if password is None else parsed.set(password=password)


def shown(url: sa.URL) -> str:
    """The URL for people. Its query is left out: drivers take passwords there too."""
    return url.set(query={}).render_as_string(hide_password=True)


def _password(variable: str, file: str) -> str | None:
    if variable and file:
        raise TenantError(
            "tenant_registry_password_env and tenant_registry_password_file are both set.", "Leave one of them out."
        )
    if variable:
        password = os.environ.get(variable, "")
        if not password:
            raise TenantError(
                f"The environment variable {variable}, named by tenant_registry_password_env, is not set or empty.",
                "Set it to the password of the registry's database account.",
            )
        return password
    if file:
        return _first_line(Path(file).expanduser())
    return None


def _first_line(file: Path) -> str:
    remedy = "It must hold the password of the registry's database account in its first line."
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text file"
        raise TenantError(f"{file}, named by tenant_registry_password_file, can't be read: {reason}.", remedy) from None
    if not lines or not lines[0]:
        raise TenantError(f"{file}, named by tenant_registry_password_file, is empty.", remedy)
    return lines[0]
