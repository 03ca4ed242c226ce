# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private database servers for tests of the registry: MariaDB and PostgreSQL on free ports, gone after the tests.

PostgreSQL refuses to run as root, so root runs it as the unprivileged user that Debian's package made for it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pymysql
import pytest
from web_servers import free_port

USER = "registry"
#: To be searched for in everything that is printed. It has characters that a URL must quote.
PASSWORD = "hunter2/@:%"

_START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running database server with an account that may make databases.

    :param kind: what its URLs begin with.
    """

    kind: str
    port: int

    def url(self, database: str, password: str = "") -> str:
        """A registry URL, by default without the password."""
        account = f"{USER}:{quote(password, safe='')}" if password else USER
        return f"{self.kind}://{account}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """An empty database of its own for a test."""
        name = f"registry_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def reader(self, database: str) -> str:
        """The registry URL of an account that may only read there."""
        name = f"reader_{secrets.token_hex(4)}"
        if self.kind == "postgresql":
            self.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
            self.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}", database)
        else:
            self.execute(f"GRANT SELECT ON {database}.* TO {name}@'%' IDENTIFIED BY '{name}'")
        return f"{self.kind}://{name}:{name}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str | None = None) -> None:
        with closing(self._connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def content(self, database: str) -> str:
        """Everything that stands in a database of MariaDB."""
        with closing(self._connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW TABLES")
            tables = [table for (table,) in cursor.fetchall()]
            rows = {}
            for table in tables:
                cursor.execute(f"SELECT * FROM `{table}`")
                rows[table] = cursor.fetchall()
        return repr(rows)

    def wait_until_it_answers(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except (psycopg.OperationalError, pymysql.OperationalError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{self.kind} does not answer: {error}\n{log.read_text()}") from error
                time.sleep(0.1)
            else:
                return

    def _connect(self, database: str | None) -> psycopg.Connection | pymysql.Connection:
        account = {"host": "127.0.0.1", "port": self.port, "user": USER, "password": PASSWORD}
        if self.kind == "postgresql":
            return psycopg.connect(dbname=database or "postgres", autocommit=True, connect_timeout=5, **account)
        return pymysql.connect(database=database, autocommit=True, connect_timeout=5, **account)


@contextmanager
def running(kind: str) -> Iterator[Server]:
    """The server, or a skip that says what is not installed."""
    # A path short enough for a socket, and open to the user that a server runs as.
    folder = Path(tempfile.mkdtemp(prefix="registry-", dir="/tmp"))
    try:
        folder.chmod(0o755)
        with {"mariadb": _mariadb, "postgresql": _postgresql}[kind](folder) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _mariadb(folder: Path) -> Iterator[Server]:
    install, daemon = _program("mariadb-install-db", "mariadb-server"), _program("mariadbd", "mariadb-server")
    data, socket_file = folder / "data", folder / "socket"
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    _run([install, "--no-defaults", f"--datadir={data}", "--skip-test-db", *as_root])
    account = folder / "account.sql"
    account.write_text(
        f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;\n"
    )
    server = Server("mariadb", free_port())
    command = [daemon, "--no-defaults", *as_root, f"--datadir={data}", f"--socket={socket_file}"]
    # Its defaults are the worst case: one byte a character, nothing strict about a text that does not fit.
    command += ["--character-set-server=latin1", "--collation-server=latin1_swedish_ci", "--sql-mode="]
    command += ["--bind-address=127.0.0.1", f"--port={server.port}", "--skip-name-resolve", f"--init-file={account}"]
    command += ["--innodb-flush-log-at-trx-commit=0", f"--pid-file={folder / 'pid'}", "--skip-log-bin"]
    with _daemon(command, server, folder):
        yield server


@contextmanager
def _postgresql(folder: Path) -> Iterator[Server]:
    initdb, daemon = _program("initdb", "postgresql"), _program("postgres", "postgresql")
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    data.mkdir(mode=0o700)
    as_user: list[str] = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(data, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    _run(
        [*as_user, initdb, f"--pgdata={data}", f"--username={USER}", f"--pwfile={password}"]
        + ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    )
    server = Server("postgresql", free_port())
    command = [*as_user, daemon, "-D", str(data), "-p", str(server.port), "-h", "127.0.0.1"]
    command += ["-c", f"unix_socket_directories={data}", "-c", "fsync=off"]
    with _daemon(command, server, folder):
        yield server


@contextmanager
def _daemon(command: list[str], server: Server, folder: Path) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
    try:
        server.wait_until_it_answers(process, log)
        yield
    finally:
        # At once, since nobody needs the data. PostgreSQL has processes of its own to end.
        process.send_signal(signal.SIGQUIT if server.kind == "postgresql" else signal.SIGKILL)
        process.wait(timeout=_START_SECONDS)


def _program(name: str, package: str) -> str:
    # Debian keeps PostgreSQL's programs out of PATH, a folder for each version.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, folders)])
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"not installed: {package} (make packages)")
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
