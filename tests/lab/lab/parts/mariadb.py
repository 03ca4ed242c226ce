# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MariaDB with a data directory of its own.

AppArmor: Debian's and Ubuntu's profile for mariadbd is empty, so it may use our folder.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from pathlib import Path

import pymysql

from lab.errors import LabError
from lab.files import write
from lab.packages import find
from lab.part import NotAnsweringError, Part, Program
from lab.settings import DATABASE_ADMIN

# The rights of the account that the collection uses, each with what fails without it (tried one by one, MariaDB 10.11).
# It is not root: outside its prefix it can read who may log in from where, and change nothing. Two things to know:
# - It must grant on the escaped name (`tenant\_acme\_0a1b2c3d`): for the plain one, whose _ is a wildcard, MariaDB says 1044.
# - CREATE USER lets it change the password of any account, root's too: MariaDB has no smaller right for making users.
#   So its password is to be kept as root's is.
ADMIN_RIGHTS = (
    # the tenant's user: create, new password, drop
    "CREATE USER ON *.*",
    # which users are there already, at every host
    "SELECT (Host, User) ON mysql.user",
    # the tenant's database, and giving it to the tenant's user
    "ALL PRIVILEGES ON `tenant\\_%`.*",
    # see the connections of the tenant's user, and end them before its database is dropped
    "PROCESS, CONNECTION ADMIN ON *.*",
)


class MariaDB(Part):
    name = "mariadb"
    ports = ("mariadb",)
    needs = {"mariadbd": "mariadb-server", "mariadb-install-db": "mariadb-server", "mariadb": "mariadb-client"}

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        write(self._folder / "my.cnf", self._configuration(), mode=0o600)
        write(self._folder / "admin.sql", self._admin_account(), mode=0o600)
        if not (self._folder / "data").exists():
            self._install()

    def program(self) -> Program:
        return Program(
            command=[find("mariadbd"), f"--defaults-file={self.settings.lab_dir / 'mariadb' / 'my.cnf'}"],
            directory=self._folder,
            stop_seconds=60,
        )

    def answers(self) -> None:
        try:
            connection = pymysql.connect(
                host=self.settings.address,
                port=self.port,
                user=DATABASE_ADMIN,
                password=self.settings.secret("mariadb_admin_password"),
                connect_timeout=2,
                read_timeout=5,
            )
        except pymysql.MySQLError as error:
            raise NotAnsweringError(f"login as {DATABASE_ADMIN}: {error}") from error
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    @property
    def _folder(self) -> Path:
        return self.settings.lab_dir / "mariadb"

    def _configuration(self) -> str:
        folder = self._folder
        # mariadbd refuses to run as root unless it is told to.
        user = "user = root\n" if os.geteuid() == 0 else ""
        return (
            f"[mariadbd]\n{user}"
            f"datadir = {folder / 'data'}\n"
            f"socket = {self.settings.mariadb_socket}\n"
            f"pid-file = {folder / 'mariadb.pid'}\n"
            f"init-file = {folder / 'admin.sql'}\n"
            f"bind-address = {self.settings.address}\n"
            f"port = {self.port}\n"
            "skip-name-resolve\n"
            "character-set-server = utf8mb4\n"
            "collation-server = utf8mb4_unicode_ci\n"
            # A lab may lose its last second when the machine loses power; it may not be slow.
            "innodb-flush-log-at-trx-commit = 0\n"
            "innodb-buffer-pool-size = 256M\n"
            "skip-log-bin\n"
        )

    def _admin_account(self) -> str:
        """SQL that the server runs at each start, one statement a line: so no login as root is needed."""
        account = f"'{DATABASE_ADMIN}'@'%'"
        password = self.settings.secret("mariadb_admin_password")
        lines = [
            f"CREATE USER IF NOT EXISTS {account}",
            f"ALTER USER {account} IDENTIFIED BY '{password}'",
            *(
                f"GRANT {right} TO {account}" + (" WITH GRANT OPTION" if right.startswith("ALL") else "")
                for right in ADMIN_RIGHTS
            ),
        ]
        return "".join(f"{line};\n" for line in lines)

    def _install(self) -> None:
        """Make the data directory beside its place, and move it there when it is whole."""
        folder = self._folder
        fresh = folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        log = self.settings.log("mariadb-install")
        command = [
            find("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={fresh}",
            # root of the database is whoever runs the lab, by socket only, with no password
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={getpass.getuser()}",
            "--skip-test-db",
            "--skip-name-resolve",
            *(["--user=root"] if os.geteuid() == 0 else []),
        ]
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        if done.returncode != 0:
            raise LabError(f"mariadb-install-db failed with code {done.returncode}.", f"Its output: {log}")
        fresh.rename(folder / "data")
