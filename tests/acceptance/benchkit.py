# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract tests need of a bench: its CLI, its Python, its web server, its database server, and own sites.

Nothing here knows whether the bench is real or the stand-in. Every site is called acceptance-<random>.test, its database
tenant_acceptance_<random>, and both are removed by their recorded names, whatever a test did to them.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
ADMIN_PASSWORD = "Adm1n-of-the-test"  # noqa: S105 - of sites that live for seconds
HOSTS = ("%", "localhost", "127.0.0.1")

# Run by the bench's Python: the payload comes on standard input, the answer goes to the last line of standard output.
PROGRAM = """
import json, sys
payload = json.load(sys.stdin)
import frappe
frappe.init(site=payload.pop("site"), sites_path=".")
frappe.connect()
frappe.set_user("Administrator")
answer = None
{code}
frappe.db.commit()
frappe.destroy()
print()
print(json.dumps(answer, default=str))
"""


class BenchMissing(Exception):
    """There is no bench to test, and why."""


@dataclass(frozen=True)
class Database:
    """The database server and the administrator's account on it."""

    host: str
    port: int
    user: str
    password: str

    def query(self, sql: str, user: str | None = None, password: str | None = None) -> list[list[str]]:
        """Run SQL with the mariadb client; the password goes by a 0600 file."""
        with tempfile.NamedTemporaryFile("w", suffix=".cnf") as options:
            os.chmod(options.name, 0o600)
            options.write(f'[client]\nuser="{user or self.user}"\npassword="{password or self.password}"\n')
            options.flush()
            command = ["mariadb", f"--defaults-extra-file={options.name}", f"--host={self.host}", f"--port={self.port}"]
            done = subprocess.run(
                [*command, "--batch", "--skip-column-names"], input=sql, capture_output=True, text=True, check=False
            )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def databases(self) -> list[str]:
        return [row[0] for row in self.query("SHOW DATABASES")]

    def users(self, name: str) -> list[str]:
        """Hosts at which this user exists."""
        return [row[0] for row in self.query(f"SELECT host FROM mysql.user WHERE user = '{name}'")]


@dataclass(frozen=True)
class Bench:
    path: Path
    command: str
    database: Database

    @property
    def sites(self) -> Path:
        return self.path / "sites"

    @property
    def archive(self) -> Path:
        return self.path / "archived" / "sites"

    @property
    def python(self) -> str:
        return str(self.path / "env" / "bin" / "python")

    @property
    def version(self) -> str:
        text = (self.path / "apps" / "frappe" / "frappe" / "__init__.py").read_text(encoding="utf-8")
        return next(line.split('"')[1] for line in text.splitlines() if line.startswith("__version__"))

    @property
    def is_stand_in(self) -> bool:
        return "stand-in" in (self.path / "apps" / "frappe" / "frappe" / "hooks.py").read_text(encoding="utf-8")

    def has_app(self, app: str) -> bool:
        return (self.path / "apps" / app).is_dir()

    def run(self, *arguments: str, stdin: str = "", timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """A bench command without a terminal: in a session of its own, so that prompts read standard input."""
        return subprocess.run(
            [self.command, *arguments],
            cwd=self.path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            start_new_session=True,
        )

    def new_name(self) -> Site:
        label = secrets.token_hex(4)
        return Site(self, f"acceptance-{label}.test", f"tenant_acceptance_{label}", secrets.token_hex(12))


@dataclass
class Site:
    bench: Bench
    name: str
    db_name: str
    db_password: str
    also_databases: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.bench.sites / self.name

    @property
    def config_file(self) -> Path:
        return self.folder / "site_config.json"

    @property
    def config(self) -> dict[str, Any]:
        return json.loads(self.config_file.read_text(encoding="utf-8"))

    def make_database(self) -> None:
        """Database and user, as the collection makes them: the grant names the database with its `_` escaped."""
        escaped = self.db_name.replace("_", r"\_")
        self.bench.database.query(
            f"CREATE DATABASE `{self.db_name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"
            f"CREATE USER '{self.db_name}'@'%' IDENTIFIED BY '{self.db_password}';"
            f"GRANT ALL PRIVILEGES ON `{escaped}`.* TO '{self.db_name}'@'%';"
        )

    def write_config(self, **values: Any) -> None:
        """The config, and the folder of logs, without which Frappe cannot even connect."""
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        draft = self.config_file.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"db_name": self.db_name, "db_password": self.db_password, **values}))
        draft.replace(self.config_file)

    def create(self, *options: str, **config: Any) -> subprocess.CompletedProcess[str]:
        """`bench new-site --force --no-setup-db` over a prepared database and config."""
        self.make_database()
        self.write_config(**({"admin_password": ADMIN_PASSWORD} | config))
        return self.bench.run("new-site", self.name, "--force", "--no-setup-db", *options)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self.bench.run("--site", self.name, *arguments, stdin=stdin)

    def process(self, code: str, **payload: Any) -> subprocess.CompletedProcess[str]:
        """Code in the bench's Python, connected to the site; it may set `answer`."""
        return subprocess.run(
            [self.bench.python, "-c", PROGRAM.format(code=code)],
            cwd=self.bench.sites,
            input=json.dumps({"site": self.name, **payload}),
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )

    def python(self, code: str, **payload: Any) -> Any:
        done = self.process(code, **payload)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def query(self, sql: str) -> list[list[str]]:
        """SQL in the site's database as the site's own user."""
        return self.bench.database.query(f"USE `{self.db_name}`; {sql}", self.db_name, self.db_password)

    def remove(self) -> None:
        """Everything that may be left of the site, by the names that were chosen at its start."""
        for folder in (self.folder, *self.bench.archive.glob(f"{self.name}*")):
            shutil.rmtree(folder, ignore_errors=True)
        for name in (self.db_name, *self.also_databases):
            self.bench.database.query(f"DROP DATABASE IF EXISTS `{name}`")
            for host in HOSTS:
                self.bench.database.query(f"DROP USER IF EXISTS '{name}'@'{host}'")


class Web:
    """A gunicorn of our own that serves the bench on a free port."""

    def __init__(self, bench: Bench, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.bench, self.log = bench, log
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        gunicorn = str(self.bench.path / "env" / "bin" / "gunicorn")
        options = ["--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "4", "--timeout", "120"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [gunicorn, *options, "frappe.app:application"],
                cwd=self.bench.sites,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                requests.get(f"{self.url}/api/method/ping", headers={"Host": "no-such-site.test"}, timeout=30)
                return
            except requests.ConnectionError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"gunicorn does not answer:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def request(self, site: Site | str, method: str, path: str, **options: Any) -> requests.Response:
        """A request that names the site as the proxy does; each one starts without cookies."""
        name = site if isinstance(site, str) else site.name
        headers = {"X-Frappe-Site-Name": name, "Accept": "application/json"} | options.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, timeout=120, allow_redirects=False, **options)

    def get(self, site: Site | str, path: str, **options: Any) -> requests.Response:
        return self.request(site, "GET", path, **options)

    def post(self, site: Site | str, path: str, **options: Any) -> requests.Response:
        return self.request(site, "POST", path, **options)


def find_bench() -> Bench:
    """The bench that LAB_BENCH names, else the lab's; BenchMissing says what is lacking."""
    lab = Path(os.environ.get("LAB_DIR") or ROOT / ".lab")
    path = Path(os.environ.get("LAB_BENCH") or lab / "bench")
    if not (path / "env" / "bin" / "python").exists():
        raise BenchMissing(f"there is no bench at {path}: start the lab (make lab-up) or set LAB_BENCH")
    command = Path(sys.executable).with_name("bench")
    found = str(command) if command.exists() else shutil.which("bench")
    if not found:
        raise BenchMissing("there is no bench command beside this Python or in PATH: make venv")
    if not shutil.which("mariadb"):
        raise BenchMissing("there is no mariadb client in PATH: install mariadb-client")
    common = json.loads((path / "sites" / "common_site_config.json").read_text(encoding="utf-8"))
    secret = Path(os.environ.get("LAB_BENCH_DB_PASSWORD_FILE") or lab / "secrets" / "mariadb_admin_password")
    if not secret.exists():
        raise BenchMissing(f"the password of the database administrator is not in {secret}")
    database = Database(
        host=os.environ.get("LAB_BENCH_DB_HOST") or common.get("db_host") or "127.0.0.1",
        port=int(os.environ.get("LAB_BENCH_DB_PORT") or common.get("db_port") or 3306),
        user=os.environ.get("LAB_BENCH_DB_USER") or "frappe_tenants",
        password=secret.read_text(encoding="utf-8").strip(),
    )
    try:
        database.query("SELECT 1")
    except RuntimeError as error:
        raise BenchMissing(f"the database server of {path} does not let us in: {error}") from error
    return Bench(path, found, database)
