# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bench on this host: its folders, its command, its Python.

Commands run without a terminal (a Frappe command that has one asks questions), and are killed with all their children
when they take too long: bench leaves its C(mariadb) child running otherwise. Secrets never stand in arguments or the
environment.
"""

from __future__ import annotations

import inspect
import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from . import inside, inside_database, inside_queue, inside_site, site_config
from .backups import require_readable_backup
from .client_options import client_options
from .errors import TenantError, tail
from .tools import Outcome, run_program
from .turns import one_of

#: A site's name is a host name. bench itself accepts anything: an empty name would mean all sites, and
#: C(../x) a folder elsewhere, so the name is checked again here, next to the command.
_SITE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_APP_NAME = re.compile(r"[a-z][a-z0-9_]*")

#: A consistent picture without locks, and nothing that only costs time in an empty database.
_DUMP_OPTIONS = (
    "--single-transaction",
    "--quick",
    "--skip-lock-tables",
    "--skip-add-locks",
    "--skip-add-drop-table",
    "--skip-disable-keys",
    "--skip-comments",
    "--default-character-set=utf8mb4",
)

#: The options of every module that works on a bench.
BENCH_ARGUMENTS: dict[str, Any] = {
    "bench_path": {"type": "path", "required": True},
    "bench_command": {"type": "path", "default": "bench"},
    "timeout": {"type": "int", "default": 1800},
}


class Bench:
    """One bench folder.

    :param path: the bench folder, such as /home/frappe/frappe-bench.
    :param command: the bench command, a name or a path.
    :param timeout: seconds that one command may take.
    """

    def __init__(self, path: str, command: str = "bench", timeout: int = 1800) -> None:
        self.path = Path(path)
        self.sites = self.path / "sites"
        self._command = command
        self.timeout = timeout
        #: The argument lists of all commands that were run, for the module's result.
        self.commands: list[list[str]] = []
        #: Open files that every command inherits, so that a lock on them lasts as long as the last of them.
        self.held_files: list[int] = []
        if not self.sites.is_dir() or not (self.path / "apps").is_dir():
            raise TenantError(
                f"{path} is not a bench: it has no apps and sites folders that this user can see.",
                "Set frappe_bench_path, or make the bench with 'bench init'.",
            )

    @property
    def python(self) -> str:
        """The interpreter of the bench, which has Frappe and its database driver."""
        return str(self.path / "env" / "bin" / "python")

    @contextmanager
    def turn(self, at_once: int) -> Iterator[None]:
        """Work while at most I(at_once) runs do so on this bench; 0 means any number.

        A command that outlives a killed run keeps its turn: it still works in the database.
        """
        if not at_once:
            yield
            return
        with one_of(str(self.path / "config" / "frappeops.tenants"), at_once, self.timeout) as held:
            self.held_files.append(held)
            try:
                yield
            finally:
                self.held_files.remove(held)

    def site_path(self, site: str) -> Path:
        """The folder of I(site), whether it exists or not."""
        return self.sites / checked_site(site)

    def apps(self) -> list[str]:
        """The apps that the bench has, by sites/apps.txt."""
        try:
            return (self.sites / "apps.txt").read_text(encoding="utf-8").split()
        except OSError as error:
            raise TenantError(f"The bench's list of apps can't be read: {error}.") from error

    def common_config(self) -> dict[str, Any]:
        """What all sites of the bench have in common, of sites/common_site_config.json."""
        return site_config.read_json(self.sites / "common_site_config.json")

    def require_apps(self, wanted: list[str]) -> None:
        """Refuse apps that the bench does not have: bench notices only after minutes of work."""
        missing = [app for app in wanted if app not in self.apps()]
        if missing:
            commands = "; ".join(f"bench get-app {app}" for app in missing)
            raise TenantError(
                f"The bench {self.path} does not have the app{'s' * (len(missing) > 1)} {', '.join(missing)}.",
                f"On the bench host: {commands}.",
                missing_apps=missing,
            )

    def new_site(self, site: str, apps: list[str]) -> None:
        """Fill the prepared folder and database of I(site) with Frappe and I(apps).

        The folder holds a site_config.json that names the database, so C(--force) is needed; together with
        C(--no-setup-db) it drops nothing.
        """
        options = [f"--install-app={checked_app(app)}" for app in apps]
        self._run(["new-site", checked_site(site), "--force", "--no-setup-db", *options])

    def install_app(self, site: str, app: str) -> None:
        """Install I(app) into I(site).

        :raises TenantError: it failed. After an installation that was killed Frappe refuses every further one.
        """
        arguments = ["--site", checked_site(site), "install-app", checked_app(app)]
        try:
            self._run(arguments)
        except TenantError as error:
            if "DuplicateEntryError" in error.details.get("output_tail", ""):
                error.remedy = (
                    f"An earlier installation was cut off. Look at the site, then run 'bench {' '.join(arguments)} --force'"
                    f" in {self.path}."
                )
            raise

    def dump(self, database: dict[str, Any], target: Path, without_rows_of: list[str]) -> None:
        """Write what makes I(database) anew into I(target), for an empty database.

        :param database: name, user, password, and host and port or unix_socket.
        :param without_rows_of: tables that come without their rows.
        """
        left_out = [f"--ignore-table-data={database['name']}.{table}" for table in without_rows_of]
        arguments = [*_DUMP_OPTIONS, *left_out, f"--result-file={target}", database["name"]]
        self._database_client("mariadb-dump", database, arguments)

    def import_dump(self, database: dict[str, Any], dump: Path) -> None:
        """Fill the empty I(database) from what L(dump) wrote.

        :param dump: a path without characters that mean something to the client.
        """
        arguments = ["--default-character-set=utf8mb4", "--batch", f"--execute=source {dump}", database["name"]]
        self._database_client("mariadb", database, arguments)

    def _database_client(self, program: str, database: dict[str, Any], arguments: list[str]) -> None:
        options = {"host": "host", "port": "port", "socket": "unix_socket", "user": "user", "password": "password"}
        given = client_options({option: database.get(key) for option, key in options.items()})
        argv = [program, "--defaults-extra-file=/dev/stdin", *arguments]
        finished = self._start(argv, self.path, given)
        if finished.rc != 0:
            raise TenantError(f"{program} failed with the database {database['name']}: {_reason(finished.stderr)}")

    def backup(self, site: str, folder: Path) -> list[str]:
        """Back up I(site), database and files, into a new folder below I(folder) that only this user can read.

        :returns: the paths of the written files.
        :raises TenantError: a file is missing or can't be read back as what it is.
        """
        target = folder / f"{checked_site(site)}-{time.strftime('%Y%m%dT%H%M%S')}"
        target.mkdir(mode=0o700, parents=True)
        self._run(["--site", site, "backup", "--with-files", f"--backup-path={target}"])
        written = sorted(str(path) for path in target.iterdir())
        require_readable_backup(target, written)
        return written

    def call(self, program: ModuleType, payload: dict[str, Any]) -> dict[str, Any]:
        """Run one of our programs inside the bench's Python.

        :param program: one of the modules inside_*.
        :param payload: what it gets as JSON on its standard input; may hold secrets.
        :returns: what it answered.
        """
        name = program.__name__.rpartition(".")[2]
        with tempfile.TemporaryDirectory(prefix="frappeops-") as folder:
            for module in (inside, inside_site, inside_queue, program):
                Path(folder, f"{module.__name__.rpartition('.')[2]}.py").write_text(inspect.getsource(module), "utf-8")
            finished = self._start([self.python, str(Path(folder, f"{name}.py"))], self.sites, json.dumps(payload))
        return _answer(name, finished)

    def database(self, operation: str, connection: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        """Run an operation of inside_database as the database administrator."""
        return self.call(inside_database, {"operation": operation, "connection": connection, **arguments})

    def site(self, site: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Run an operation of inside_site in I(site)."""
        return self.in_site(inside_site, site, operation, **arguments)

    def in_site(self, program: ModuleType, site: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Run an operation of one of our programs that work in a site."""
        if not (self.site_path(site) / "site_config.json").exists():
            raise TenantError(f"The bench {self.path} has no site {site}.", error="no_such_site")
        return self.call(program, {"operation": operation, "site": checked_site(site), **arguments})

    def _run(self, arguments: list[str]) -> None:
        self.commands.append(["bench", *arguments])
        finished = self._start([self._command, *arguments], self.path)
        if finished.rc != 0:
            output = tail(finished.output)
            raise TenantError(
                f"'{' '.join(['bench', *arguments])}' failed with exit code {finished.rc}: {_reason(output)}",
                rc=finished.rc,
                output_tail=output,
            )

    def _start(self, argv: list[str], folder: Path, text: str = "") -> Outcome:
        return run_program(argv, self.timeout, folder=folder, text=text, held_files=self.held_files)


def checked_site(site: str) -> str:
    """I(site), when it is a name that may reach a bench command."""
    if not _SITE_NAME.fullmatch(site) or len(site) > 253:
        raise TenantError(f"{site!r} is not a site name: a host name in lower case is needed.")
    return site


def checked_app(app: str) -> str:
    """I(app), when it is a name that may reach a bench command."""
    if not _APP_NAME.fullmatch(app):
        raise TenantError(f"{app!r} is not an app name: lower-case letters, digits and _ are needed.")
    return app


def _answer(program: str, finished: Outcome) -> dict[str, Any]:
    try:
        answer = json.loads(finished.stdout)
    except ValueError as error:
        output = tail(finished.stderr)
        raise TenantError(
            f"{program} in the bench's Python ended with exit code {finished.rc} and no answer: {_reason(output)}",
            output_tail=output,
        ) from error
    if "error" in answer:
        raise TenantError(answer["error"].pop("msg"), **answer["error"])
    return answer


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"
