# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of one site, as the database administrator: made, inspected, dropped.

Runs inside the bench's Python, which has a MariaDB driver. A database of ours carries its owner as its comment
(MariaDB 10.5 and later), so that nothing is ever dropped that was not made by the provisioning that drops it.
"""

from __future__ import annotations

import re
from contextlib import closing

# This file is imported as a part of the collection, and run as a script beside inside.py.
try:
    from .inside import Refused, serve
except ImportError:
    from inside import Refused, serve  # type: ignore[no-redef]

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_MARK = "frappeops.tenants owner "


def check(connection, name):
    """Whether the administrator may do what the other operations do. Nothing is changed.

    :returns: C(version) of the server.
    """
    with closing(_connect(connection)) as server:
        _state(server, _checked(name))
        version = _rows(server, "SELECT VERSION()")[0][0]
        grants = " ".join(grant for (grant,) in _rows(server, "SHOW GRANTS"))
    if "CREATE USER" not in grants and "ALL PRIVILEGES ON *.*" not in grants:
        raise Refused(
            f"The database administrator {connection['user']} may not create users.",
            remedy="Grant it CREATE USER, and ALL PRIVILEGES on the tenants' databases WITH GRANT OPTION.",
            error="database_rights",
        )
    return {"version": version}


def state(connection, name):
    """What there is of database I(name): its C(owner) (None when it is not ours), and its user's hosts."""
    with closing(_connect(connection)) as server:
        return _state(server, _checked(name))


def create(connection, name, password, owner):
    """Make the database and its user. Refused when either is there already."""
    with closing(_connect(connection)) as server:
        found = _state(server, _checked(name))
        if found["exists"] or found["user_hosts"]:
            raise Refused(
                f"The database or user {name} exists already and was not made by this provisioning.",
                error="database_exists",
            )
        host = _rows(server, "SELECT SUBSTRING_INDEX(USER(), '@', -1)")[0][0]
        _run(
            server,
            f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci COMMENT %s",
            _MARK + owner,
        )
        _run(server, "CREATE USER %s@%s IDENTIFIED BY %s", name, host, password)
        # In a grant _ stands for any character: unescaped it would open neighbours' databases, and MariaDB refuses
        # it to an administrator whose own rights are limited to a prefix.
        pattern = name.replace("_", r"\_")
        _run(server, f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO %s@%s", name, host)
    return {"user_host": host}


def set_password(connection, name, password):
    """Give the database's user a new password, at every host it may come from."""
    with closing(_connect(connection)) as server:
        for host in _state(server, _checked(name))["user_hosts"]:
            _run(server, "ALTER USER %s@%s IDENTIFIED BY %s", name, host, password)
    return {}


def drop(connection, name, owner):
    """Drop the database and its user when I(owner) made them; gone already is fine."""
    with closing(_connect(connection)) as server:
        found = _state(server, _checked(name))
        if found["exists"] and found["owner"] != owner:
            raise Refused(
                f"The database {name} was not made by provisioning {owner} and is left alone.", error="not_ours"
            )
        for host in found["user_hosts"]:
            _run(server, "DROP USER IF EXISTS %s@%s", name, host)
        # A client that was cut off may still be importing: DROP DATABASE would wait for it.
        for (process,) in _rows(server, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = %s", name):
            _kill(server, process)
        if found["exists"]:
            _run(server, f"DROP DATABASE IF EXISTS `{name}`")
    return {"dropped": found["exists"], "users_dropped": found["user_hosts"]}


def _state(server, name):
    query = "SELECT SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    comments = [comment for (comment,) in _rows(server, query, name)]
    owner = comments[0][len(_MARK) :] if comments and comments[0].startswith(_MARK) else None
    hosts = [host for (host,) in _rows(server, "SELECT Host FROM mysql.user WHERE User = %s", name)]
    return {"exists": bool(comments), "owner": owner, "user_hosts": hosts}


def _kill(server, process):
    try:
        _run(server, f"KILL {int(process)}")
    except Exception as error:
        if _code(error) != 1094:  # ER_NO_SUCH_THREAD: it ended by itself
            raise


def _checked(name):
    if not _NAME.fullmatch(name):
        raise Refused(f"{name!r} is not a database name: at most 32 of a-z, 0-9 and _ are needed.")
    return name


def _connect(connection):
    """Connect with the driver that the bench's Frappe uses: PyMySQL up to 15, MySQLdb from 16."""
    try:
        import pymysql as driver
    except ImportError:
        import MySQLdb as driver
    options = {key: value for key, value in connection.items() if value is not None}
    where = options.get("unix_socket") or f"{options.get('host')}:{options.get('port')}"
    try:
        return driver.connect(charset="utf8mb4", autocommit=True, **options)
    except driver.MySQLError as error:
        raise Refused(
            f"The database server at {where} refuses the administrator {options.get('user')}: {_text(error)}",
            error="database_connection",
            code=_code(error),
        ) from error


def _run(server, statement, *values):
    with closing(server.cursor()) as cursor:
        cursor.execute(statement, values)


def _rows(server, query, *values):
    with closing(server.cursor()) as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _code(error):
    return error.args[0] if error.args else None


def _text(error):
    return error.args[1] if len(error.args) > 1 else str(error)


if __name__ == "__main__":
    serve({"check": check, "state": state, "create": create, "set_password": set_password, "drop": drop})
