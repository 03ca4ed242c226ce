# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of one site, as the database administrator: made, inspected, dropped.

Runs inside the bench's Python, which has a MariaDB driver. A database of ours carries its owner as its comment
(MariaDB 10.5 and later), so that nothing is ever dropped that was not made by the provisioning that drops it.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import closing, suppress

# This file is imported as a part of the collection, and run as a script beside inside.py.
try:
    from .inside import Refused, serve
except ImportError:
    from inside import Refused, serve  # type: ignore[no-redef]

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_MARK = "frappeops.tenants owner "
# A password in a statement would stand in the general, the slow and the binary log, in MariaDB's list of processes too.
BY_HASH = "IDENTIFIED VIA mysql_native_password USING %s"
#: Seconds for each answer of the server.
_PATIENCE = 60
#: The same where a large database goes.
_PATIENCE_OF_A_DROP = 1800
#: The codes by which the drivers say that nobody answers: CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR, CR_SERVER_GONE_ERROR, CR_SERVER_LOST.
_SILENT = (2002, 2003, 2006, 2013)


def check(connection):
    """What decides whether the administrator can make databases, and their users log in. Nothing is changed.

    :returns: C(version) of the server; C(grants); C(host) that the server sees us come from; C(anonymous), the hosts of users
        without a name; C(refuses_hashes), whether new passwords must be given in the clear; C(datadir), its folder.
    """
    with closing(_connect(connection)) as server:
        [(version, host, strict, datadir)] = _rows(
            server, "SELECT VERSION(), SUBSTRING_INDEX(USER(), '@', -1), @@strict_password_validation, @@datadir"
        )
        # The hash of the password stands there too.
        grants = [re.sub("'[^']*'", "''", grant) for (grant,) in _rows(server, "SHOW GRANTS")]
        validators = _rows(
            server,
            "SELECT PLUGIN_NAME FROM information_schema.PLUGINS"
            " WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE'",
        )
        anonymous = []
        with suppress(Refused):  # the grants tell it
            anonymous = _hosts_of(server, "")
    return {
        "version": version,
        "grants": grants,
        "host": host,
        "anonymous": anonymous,
        "refuses_hashes": bool(strict and validators),
        "datadir": datadir,
    }


def state(connection, name):
    """What there is of database I(name): its C(owner) (None when it is not ours), and its user's hosts."""
    with closing(_connect(connection)) as server:
        return _state(server, _checked(name))


def create(connection, name, password, owner, user_host=None):
    """Make the database and its user. Refused when either is there already.

    :param user_host: from where the user may come; without it from where the administrator comes.
    """
    with closing(_connect(connection)) as server:
        found = _state(server, _checked(name))
        if found["exists"] or found["user_hosts"]:
            raise Refused(
                f"The database or user {name} exists already and was not made by this provisioning.",
                error="database_exists",
            )
        host = user_host or _rows(server, "SELECT SUBSTRING_INDEX(USER(), '@', -1)")[0][0]
        _run(
            server,
            f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci COMMENT %s",
            _MARK + owner,
        )
        _run(server, f"CREATE USER %s@%s {BY_HASH}", name, host, hash_of(password))
        # In a grant _ stands for any character: unescaped it would open neighbours' databases, and MariaDB refuses
        # it to an administrator whose own rights are limited to a prefix.
        pattern = name.replace("_", r"\_")
        _run(server, f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO %s@%s", name, host)
    return {"user_host": host}


def set_password(connection, name, password):
    """Give the database's user a new password, at every host it may come from."""
    with closing(_connect(connection)) as server:
        for host in _state(server, _checked(name))["user_hosts"]:
            _run(server, f"ALTER USER %s@%s {BY_HASH}", name, host, hash_of(password))
    return {}


def hand_over(connection, name, owners, owner, password):
    """Make the database I(owner)'s, with a new password, when it is one of I(owners)'."""
    with closing(_connect(connection)) as server:
        found = _state(server, _checked(name))
        _require_owner(name, found, owners)
        if not found["exists"]:
            raise Refused(f"The database {name} is not there.", error="database_missing")
        _run(server, f"ALTER DATABASE `{name}` COMMENT %s", _MARK + owner)
        for host in found["user_hosts"]:
            _run(server, f"ALTER USER %s@%s {BY_HASH}", name, host, hash_of(password))
    return {}


def drop(connection, name, owners, made_user=False):
    """Drop the database and its user when one of I(owners) made them; gone already is fine.

    :param made_user: whether one of I(owners) is known to have made the user. A user carries no mark of its own: beside a
        database of theirs it is theirs, alone it may be anybody's, and is left.
    """
    # A server that hangs is told soon.
    _connect(connection).close()
    with closing(_connect(connection, _PATIENCE_OF_A_DROP)) as server:
        found = _state(server, _checked(name))
        _require_owner(name, found, owners)
        users = found["user_hosts"] if found["exists"] or made_user else []
        # Users first: what a killed run leaves is the database, and that carries the mark.
        for host in users:
            _run(server, "DROP USER IF EXISTS %s@%s", name, host)
        # A client that was cut off may still be importing: DROP DATABASE would wait for it.
        for (process,) in _rows(server, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = %s", name):
            _kill(server, process)
        if found["exists"]:
            _run(server, f"DROP DATABASE IF EXISTS `{name}`")
    return {"dropped": found["exists"], "users_dropped": users}


def survey(connection, prefix, accounts, apps):
    """All databases and users whose names begin with I(prefix) or that the sites name, with a few queries for all.

    :param accounts: C(name), C(user) and C(password) of each site's database. A database that the administrator may not
        see is looked for with the site's own account.
    :param apps: whether to read the installed apps of each database.
    :returns: C(databases), by name with C(exists), C(owner), C(apps) and perhaps C(problem); C(users), their hosts by name.
    """
    wanted = {account["name"]: account for account in accounts if account["name"]}
    with closing(_connect(connection)) as server:
        comments = dict(_rows(server, "SELECT SCHEMA_NAME, SCHEMA_COMMENT FROM information_schema.SCHEMATA"))
        seen = [name for name in comments if name.startswith(prefix) or name in wanted]
        databases = {
            name: {"exists": True, "owner": _owner(comments[name]), "apps": _apps(server, name) if apps else None}
            for name in seen
        }
        users: dict = {}
        for user, host in _rows(server, "SELECT User, Host FROM mysql.user"):
            if user.startswith(prefix) or user in wanted:
                users.setdefault(user, []).append(host)
    for name in wanted.keys() - databases.keys():
        databases[name] = {"owner": None, "apps": None, **_seen_by_site(connection, wanted[name])}
    return {"databases": databases, "users": users}


def hash_of(password):
    """What MariaDB's PASSWORD() makes of it. It logs nobody in, and a long random password can't be found by it."""
    return "*" + hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest().upper()


def _seen_by_site(connection, account):
    own = {"user": account["user"], "password": account["password"], "database": account["name"]}
    try:
        _connect({**connection, **own}).close()
    except Refused as refusal:
        gone = refusal.fields["code"] in (1044, 1049)  # ER_DBACCESS_DENIED_ERROR, ER_BAD_DB_ERROR
        return {"exists": False, "problem": "" if gone else refusal.fields["msg"]}
    return {"exists": True}


def _apps(server, name):
    """The installed apps of a Frappe database; None for one that is not whole."""
    quoted = name.replace("`", "``")
    try:
        rows = _rows(server, f"SELECT app_name FROM `{quoted}`.`tabInstalled Application` ORDER BY idx")
    except Exception as error:
        if _code(error) in (1142, 1146):  # ER_TABLEACCESS_DENIED_ERROR, ER_NO_SUCH_TABLE
            return None
        raise
    return [app for (app,) in rows]


def _state(server, name):
    query = "SELECT SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    comments = [comment for (comment,) in _rows(server, query, name)]
    owner = _owner(comments[0]) if comments else None
    return {"exists": bool(comments), "owner": owner, "user_hosts": _hosts_of(server, name)}


def _hosts_of(server, user):
    """The hosts at which there is an account of the name."""
    try:
        return [host for (host,) in _rows(server, "SELECT Host FROM mysql.user WHERE User = %s", user)]
    except Exception as error:
        if _code(error) in (1142, 1143):  # ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR
            raise Refused(f"The database administrator may not see which users there are: {_text(error)}.") from error
        raise


def _owner(comment):
    """Whom a database's comment names as its owner."""
    return comment[len(_MARK) :] if comment.startswith(_MARK) else None


def _require_owner(name, found, owners):
    if found["exists"] and found["owner"] not in owners:
        raise Refused(
            f"The database {name} was not made by provisioning {owners[0]} and is left alone.", error="not_ours"
        )


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


def _connect(connection, patience=_PATIENCE):
    """Connect with the driver that the bench's Frappe uses: PyMySQL up to 15, MySQLdb from 16.

    :param patience: seconds for each answer of the server.
    """
    options = {key: value for key, value in connection.items() if value is not None}
    options |= {"charset": "utf8mb4", "autocommit": True, "read_timeout": patience, "write_timeout": patience}
    try:
        import pymysql as driver

        # It would write a text as Latin-1, and knows no other letters.
        options["password"] = options["password"].encode()
    except ImportError:
        import MySQLdb as driver
    where = options.get("unix_socket") or f"{options.get('host')}:{options.get('port')}"
    try:
        return driver.connect(**options)
    except driver.MySQLError as error:
        refuses = f"refuses the administrator {options.get('user')}"
        raise Refused(
            f"The database server at {where} {'does not answer' if _code(error) in _SILENT else refuses}: {_text(error)}",
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
    operations = (check, state, survey, create, set_password, hand_over, drop)
    serve({operation.__name__: operation for operation in operations})
