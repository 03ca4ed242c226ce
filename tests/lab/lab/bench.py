# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's bench: made by the real bench CLI, with the stand-in apps of tests/lab/frappe_apps.

The CLI clones each app from a small git repository that is made here, installs it editable into the bench's env and
writes apps.txt. When an app's source changes, its files are copied over the clone: being editable, they act at the next
start of a process, and nothing has to be installed again unless pyproject.toml changed. (A copy, not a link into the
checkout: a running bench must not change under the feet of gunicorn while somebody edits, and leaves no caches there.)
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab.errors import LabError
from lab.settings import Settings

APPS = ("frappe", "erpnext", "tenant_oauth_auth")
RECORD = "lab-apps.json"
# Git asks for a name and an address, and must not ask a person or sign with his key.
GIT = ("git", "-c", "user.name=lab", "-c", "user.email=lab@tenants.test", "-c", "commit.gpgsign=false")


def make_bench(settings: Settings) -> None:
    """Make the bench, or bring it up to date. It needs PyPI the first time, and never the database."""
    bench, sources = settings.bench, settings.root / "tests" / "lab" / "frappe_apps"
    wanted = {app: fingerprint(sources / app) for app in APPS}
    made = read_record(bench)
    if made == wanted:
        write_config(settings)
        return
    if not made:
        clear_unfinished(bench)
        write_config(settings)
        prepare_init(bench)
    for app in APPS:
        if made.get(app) == wanted[app]:
            continue
        if app in made:
            update_app(settings, app, sources / app)
        else:
            add_app(settings, app, sources / app)
        made[app] = wanted[app]
        write_record(bench, made)
    finish(settings)


def make_second_bench(settings: Settings) -> None:
    """Make a bench beside the first that shares its apps' code and its environment, and has only Frappe installed.

    A site of one is none of the other's: they have folders, configuration and web servers of their own.
    """
    second = settings.of_second_bench()
    for folder in ("config/pids", "logs", "sites"):
        (second.bench / folder).mkdir(parents=True, exist_ok=True)
    for shared in ("apps", "env"):
        if not (second.bench / shared).is_symlink():
            (second.bench / shared).symlink_to(settings.bench / shared)
    (second.bench / "sites" / "apps.txt").write_text("frappe\n", encoding="utf-8")
    write_config(second)
    write_assets(second)


# --- what is there -----------------------------------------------------------------------------------------------------


def fingerprint(source: Path) -> str:
    """A hash over the names and contents of an app's files."""
    digest = hashlib.sha256()
    for path in sorted(files_of(source)):
        digest.update(str(path.relative_to(source)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def files_of(source: Path) -> list[Path]:
    return [path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def read_record(bench: Path) -> dict[str, str]:
    """Which app the bench has in which state; empty where its making did not come to an end."""
    try:
        return json.loads((bench / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def write_record(bench: Path, record: dict[str, str]) -> None:
    (bench / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def clear_unfinished(bench: Path) -> None:
    """Remove what an interrupted `bench init` left. Sites are never touched."""
    for name in ("apps", "env"):
        if (bench / name).exists():
            shutil.rmtree(bench / name)


# --- with the bench CLI ------------------------------------------------------------------------------------------------


def prepare_init(bench: Path) -> None:
    """The CLI writes its log before it makes this folder when it is started inside the bench."""
    (bench / "logs").mkdir(parents=True, exist_ok=True)


def add_app(settings: Settings, app: str, source: Path) -> None:
    repository = make_repository(settings.lab_dir / "bench-sources" / app, source)
    python = sys.executable
    if app == "frappe":
        print("  bench: init with the stand-in for frappe (half a minute the first time)", flush=True)
        # Inside the bench, on `.`: as root the CLI only works where it finds the bench's config with frappe_user.
        command = ["init", ".", "--ignore-exist", "--frappe-path", str(repository), "--python", python]
        command += ["--skip-redis-config-generation", "--skip-assets", "--no-procfile", "--no-backups"]
    else:
        print(f"  bench: get-app {app}", flush=True)
        command = ["get-app", str(repository), "--skip-assets"]
    run(settings, [bench_command(), *command], f"bench {command[0]} failed for the app {app}")
    if not (settings.bench / "apps" / app / app / "hooks.py").exists():
        raise bench_error(settings, f"bench {command[0]} ended without making apps/{app}")
    write_config(settings)


def update_app(settings: Settings, app: str, source: Path) -> None:
    """Copy the changed files over the clone; install again only when what it needs has changed."""
    print(f"  bench: update the app {app}", flush=True)
    target = settings.bench / "apps" / app
    before = (target / "pyproject.toml").read_bytes()
    copy_source(source, target)
    commit(target)
    if (target / "pyproject.toml").read_bytes() != before:
        pip = [str(settings.bench / "env" / "bin" / "python"), "-m", "pip", "install", "--quiet", "-e", str(target)]
        run(settings, pip, f"pip install failed for the app {app}")


def make_repository(repository: Path, source: Path) -> Path:
    """`bench init` clones with git, so the app needs a repository of its own."""
    if repository.exists():
        shutil.rmtree(repository)
    repository.mkdir(parents=True)
    git(repository, "init", "--quiet", "--initial-branch", "version-15")
    copy_source(source, repository)
    commit(repository)
    return repository


def copy_source(source: Path, target: Path) -> None:
    """Make the target hold the source's files and no others; .git and what pip made stay."""
    wanted = {path.relative_to(source) for path in files_of(source)}
    for path in files_of(target):
        relative = path.relative_to(target)
        if relative not in wanted and relative.parts[0] != ".git" and ".egg-info" not in relative.parts[0]:
            path.unlink()
    for relative in wanted:
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / relative, target / relative)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "The lab's copy")


def git(folder: Path, *arguments: str) -> None:
    done = subprocess.run([*GIT, "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"git {arguments[0]} failed in {folder}: {done.stderr.strip()}", "Is git installed and in PATH?")


def bench_command() -> str:
    """The CLI beside this Python, from requirements/."""
    command = Path(sys.executable).with_name("bench")
    if not command.exists():
        raise LabError(f"There is no bench CLI at {command}.", "Run: make venv")
    return str(command)


def run(settings: Settings, command: list[str], failure: str) -> None:
    """Run in the bench; everything said goes to the log, and nothing can ask a question."""
    log = settings.log("bench-init")
    log.parent.mkdir(parents=True, exist_ok=True)
    # Pip instead of uv: it obeys the operator's pip.conf. The "docker build" word keeps the CLI from restarting the
    # machine's own supervisor, which it does after each new app.
    environment = os.environ | {"BENCH_DISABLE_UV": "1", "FRAPPE_DOCKER_BUILD": "1", "CI": "1"}
    with log.open("a", encoding="utf-8") as output:
        output.write(f"$ {' '.join(command)}\n")
        output.flush()
        done = subprocess.run(
            command,
            cwd=settings.bench,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise bench_error(settings, f"{failure} (exit code {done.returncode})")


def bench_error(settings: Settings, message: str) -> LabError:
    log = settings.log("bench-init")
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    return LabError(f"{message}. The end of {log}:\n{tail}", "PyPI must be reachable. Then run the same command again.")


# --- configuration -----------------------------------------------------------------------------------------------------


def write_config(settings: Settings) -> None:
    """common_site_config.json: ours over what is there, written whole, readable by the bench's group only."""
    path = settings.bench / "sites" / "common_site_config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    old = json.loads(path.read_text(encoding="utf-8") or "{}") if path.exists() else {}
    new = old | bench_config(settings)
    if new == old and path.stat().st_mode & 0o777 == 0o640:
        return
    draft = path.with_suffix(".new")
    draft.touch(mode=0o640)
    draft.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.chmod(0o640)
    draft.replace(path)


def bench_config(settings: Settings) -> dict[str, object]:
    redis = f"redis://{settings.address}:{settings.ports['redis']}"
    return {
        "db_host": settings.address,
        "db_port": settings.ports["mariadb"],
        "redis_cache": redis,
        "redis_queue": redis,
        "redis_socketio": redis,
        "webserver_port": settings.ports["gunicorn"],
        "socketio_port": settings.ports["socketio"],
        "frappe_user": getpass.getuser(),
        "restart_supervisor_on_update": False,
        "restart_systemd_on_update": False,
        "serve_default_site": False,
    }


def finish(settings: Settings) -> None:
    write_assets(settings)
    print(f"  bench: ready in {settings.bench} with {', '.join(APPS)}", flush=True)


def write_assets(settings: Settings) -> None:
    """Pages of Frappe need the list of built assets; the stand-in builds none, so the list is empty."""
    assets = settings.bench / "sites" / "assets"
    assets.mkdir(exist_ok=True)
    if not (assets / "assets.json").exists():
        (assets / "assets.json").write_text("{}\n", encoding="utf-8")
