# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account of MariaDB needs that makes tenants' databases, and whether its grants give it.

Each right was tried alone (MariaDB 10.11): without it something fails. Of mysql.user two columns are enough, so that the
account reads nobody's password hash.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

#: On *.*: the tenants' users; their connections, to be seen and ended before a database is dropped.
_GLOBAL = ("CREATE USER", "PROCESS", "CONNECTION ADMIN")
#: Which users there are already, at every host.
_ACCOUNTS = "SELECT (`Host`, `User`) ON `mysql`.`user`"
_EVERYTHING = "ALL PRIVILEGES"

_GRANT = re.compile(r"GRANT (?P<privileges>.+?) ON (?P<where>(?:\*|`[^`]*`)\.(?:\*|`[^`]*`)) TO (?P<rest>.*)")
_PRIVILEGE = re.compile(r"(?P<name>[A-Z][A-Z ]*[A-Z])(?: \((?P<columns>[^)]*)\))?")


@dataclass(frozen=True)
class Grant:
    """One line of SHOW GRANTS.

    :param privileges: each with the columns that it is for, sorted; no columns for all.
    :param where: such as C(*.*) or C(`tenant\\_%`.*).
    """

    privileges: frozenset[tuple[str, ...]]
    where: str
    may_grant: bool

    def gives(self, name: str, *columns: str) -> bool:
        return bool({(_EVERYTHING,), (name,), (name, *columns)} & self.privileges)


def wanted(prefix: str) -> list[str]:
    """What to grant to the account whose databases begin with I(prefix), as it stands between GRANT and TO."""
    return [*(f"{name} ON *.*" for name in _GLOBAL), _ACCOUNTS, _databases(prefix)]


def granting(right: str, account: str) -> str:
    """The statement that gives I(account) one of the rights."""
    return f"GRANT {right} TO {account}" + (" WITH GRANT OPTION" if right.startswith(_EVERYTHING) else "")


def lacking(lines: Iterable[str], prefix: str) -> list[str]:
    """Those of the wanted rights that the grants do not give.

    :param lines: what SHOW GRANTS tells.
    :param prefix: how the tenants' databases begin, or the name of one.
    """
    grants = list(_parsed(lines))
    missing = [f"{name} ON *.*" for name in _GLOBAL if not any(_is_global(grant, name) for grant in grants)]
    if not any(_reads_accounts(grant) for grant in grants):
        missing.append(_ACCOUNTS)
    if not any(_owns(grant, prefix) for grant in grants):
        missing.append(_databases(prefix))
    return missing


def needless(lines: Iterable[str], prefix: str) -> list[str]:
    """The grants that no tenant needs, as they stand between GRANT and TO."""
    needed: dict[str, set[tuple[str, ...]]] = {}
    for grant in _parsed(granting(right, "account") for right in wanted(prefix)):
        needed.setdefault(grant.where, {("USAGE",)}).update(grant.privileges)
    return [
        f"{', '.join(' '.join(privilege) for privilege in sorted(grant.privileges))} ON {grant.where}"
        for grant in _parsed(lines)
        if not grant.privileges <= needed.get(grant.where, {("USAGE",)})
    ]


def is_root(lines: Iterable[str]) -> bool:
    """Whether the account may do everything."""
    return any(_is_global(grant, "SUPER") for grant in _parsed(lines))


def lets_in(pattern: str, host: str) -> bool:
    """Whether an account at the host I(pattern) may log in from I(host), as MariaDB sees it."""
    address, slash, mask = pattern.partition("/")
    if not slash:
        return bool(_like(pattern).fullmatch(host))
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(f"{address}/{mask}")
    except ValueError:
        return False


def _databases(prefix: str) -> str:
    """The tenants' databases, and giving each to its user. In a grant _ stands for any character, unless it is escaped."""
    escaped = prefix.replace("_", r"\_")
    return f"{_EVERYTHING} ON `{escaped}%`.*"


def _parsed(lines: Iterable[str]) -> Iterable[Grant]:
    for line in lines:
        found = _GRANT.match(line)
        if found:
            privileges = frozenset(
                (each["name"], *sorted(re.findall(r"\w+", each["columns"] or "")))
                for each in _PRIVILEGE.finditer(found["privileges"])
            )
            yield Grant(privileges, found["where"], found["rest"].endswith("WITH GRANT OPTION"))


def _is_global(grant: Grant, name: str) -> bool:
    return grant.where == "*.*" and grant.gives(name)


def _reads_accounts(grant: Grant) -> bool:
    return grant.where in ("*.*", "`mysql`.*", "`mysql`.`user`") and grant.gives("SELECT", "Host", "User")


def _owns(grant: Grant, database: str) -> bool:
    schema = grant.where.removesuffix(".*").strip("`")
    covers = grant.where == "*.*" or grant.where.endswith("`.*") and _like(schema).fullmatch(database)
    return bool(covers) and grant.may_grant and grant.gives(_EVERYTHING)


def _like(pattern: str) -> re.Pattern[str]:
    """A pattern of SQL's LIKE."""
    parts = re.findall(r"\\.|.", pattern)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(part) or re.escape(part.removeprefix("\\")) for part in parts), re.IGNORECASE)
