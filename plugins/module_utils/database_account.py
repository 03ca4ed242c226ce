# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account of MariaDB by which tenants' databases are made: made itself, with no more rights than that needs.

MariaDB is asked through its own client, as root of the database, by the socket: so nothing of a bench runs as root. No
statement holds a text that a person chose but names of a strict form; of the password only MariaDB's hash.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import database_rights
from .client_options import client_options
from .errors import TenantError, tail
from .inside_database import BY_HASH, hash_of
from .tools import run_program

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PREFIX = re.compile(r"[a-z][a-z0-9_]{1,15}")
_HOST = re.compile(r"[A-Za-z0-9.:%_/-]{1,60}")
_OF_THE_SERVER = ("root", "mysql", "mariadb")


class Server:
    """MariaDB, as its administrator.

    :param options: of the client: host, port, socket, user, password; what is left out is the client's own choice.
    """

    def __init__(self, client: str, options: dict[str, Any]) -> None:
        self._client = client
        self._options = options

    def lines(self, statement: str) -> list[str]:
        """Run statements, and tell the lines that they answer."""
        with tempfile.NamedTemporaryFile("w", prefix="frappeops-", encoding="utf-8") as file:
            file.write(client_options(self._options))
            file.flush()
            options = [f"--defaults-extra-file={file.name}", "--batch", "--raw", "--skip-column-names"]
            done = run_program([self._client, *options], timeout=60, text=statement)
        if done.rc != 0:
            raise TenantError(
                f"{self._client} as {self._options.get('user') or 'the user that runs it'} fails: {tail(done.stderr, 1)}.",
                "Run it as root on the database's host, or name an administrator in bench_host_database_login.",
            )
        return done.stdout.splitlines()


@dataclass
class Account:
    """The account, at each host that it may come from."""

    server: Server
    name: str
    password: str = field(repr=False)
    hosts: Sequence[str]
    prefix: str

    def __post_init__(self) -> None:
        for value, pattern, what in (
            (self.name, _NAME, "name of an account: a-z, 0-9 and _, at most 32"),
            (self.prefix, _PREFIX, "prefix of databases: 2 to 16 of a-z, 0-9 and _"),
            *((host, _HOST, "host of an account, such as localhost or 10.0.0.%") for host in self.hosts),
        ):
            if not pattern.fullmatch(value):
                raise TenantError(f"{value!r} is no {what}.")
        if self.name in _OF_THE_SERVER:
            raise TenantError(
                f"{self.name} is an account of MariaDB itself, and is left alone.",
                "Name one of the collection's own in frappe_database.admin_user, such as frappe_tenants.",
            )
        if not self.password:
            raise TenantError(f"The account {self.name} needs a password.", "Set frappe_database.admin_password.")

    def ensure(self, check: bool) -> dict[str, Any]:
        """Make the account, give it the password and what it lacks of rights. Nothing is taken from it."""
        states = [self._at(host) for host in self.hosts]
        statements = [statement for state in states for statement in state["statements"]]
        if statements and not check:
            self.server.lines("".join(f"{statement};\n" for statement in statements))
        return {
            "changed": bool(statements),
            "accounts": [state["account"] for state in states],
            "warnings": [warning for state in states for warning in state["warnings"]],
            "diff": [
                {"before_header": state["account"], "before": state["before"], "after": state["after"]}
                for state in states
                if state["statements"]
            ],
        }

    def _at(self, host: str) -> dict[str, Any]:
        account = f"`{self.name}`@`{host}`"
        exists = self.server.lines(f"SELECT 1 FROM mysql.user WHERE User = '{self.name}' AND Host = '{host}'") != []
        grants = self.server.lines(f"SHOW GRANTS FOR {account}") if exists else []
        if database_rights.is_root(grants):
            raise TenantError(
                f"The account {self.name} at {host} may do everything, so it is not the collection's own, and is left alone.",
                "Name another in frappe_database.admin_user, such as frappe_tenants.",
            )
        hashed = hash_of(self.password)
        knows = exists and hashed in "".join(self.server.lines(f"SHOW CREATE USER {account}"))
        rights = database_rights.lacking(grants, self.prefix)
        verb = "ALTER" if exists else "CREATE"
        identified = [] if knows else [f"{verb} USER {account} {BY_HASH % _literal(hashed)}"]
        needless = database_rights.needless(grants, self.prefix)
        return {
            "account": f"{self.name}@{host}",
            "statements": [*identified, *(database_rights.granting(right, account) for right in rights)],
            "before": {"exists": exists, "password": "as wanted" if knows else "another", "lacking": rights},
            "after": {"exists": True, "password": "as wanted", "lacking": []},
            "warnings": [
                f"{self.name}@{host} may do more than it needs: {'; '.join(needless)}. REVOKE it if nothing else needs it."
            ]
            if needless
            else [],
        }


def _literal(text: str) -> str:
    return f"'{text}'"
