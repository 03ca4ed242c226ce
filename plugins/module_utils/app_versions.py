# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact versions of a bench's apps: a site of other versions is another site."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from pathlib import Path

from .bench import checked_app
from .errors import TenantError
from .tools import ToolMissing, run_program

_REQUIRED = "required_apps"
_VERSION = re.compile(r"""^__version__\s*=\s*['"]([^'"]+)['"]""", re.MULTILINE)


def app_versions(bench: Path, apps: list[str]) -> dict[str, str]:
    """The versions of Frappe, of I(apps) and of the apps that these require.

    :returns: for each app its version and, where it is a git checkout, its commit, such as C(15.92.0 4f1c9a7be2d8). What
        was changed by hand and not committed is not seen.
    """
    names = _with_required(bench, ["frappe", *apps])
    return {app: f"{_version(bench, app)} {_commit(bench, app)}".strip() for app in names}


def _with_required(bench: Path, apps: list[str]) -> list[str]:
    found: list[str] = []
    waiting = list(apps)
    while waiting:
        app = waiting.pop(0)
        if app not in found:
            found.append(app)
            waiting += _required(bench, app)
    return found


def _required(bench: Path, app: str) -> list[str]:
    """The apps that Frappe installs before I(app), by the list in its hooks.py, which may name them as C(owner/app)."""
    hooks = bench / "apps" / checked_app(app) / app / "hooks.py"
    with suppress(OSError, ValueError, SyntaxError):
        for statement in ast.parse(hooks.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign) and any(getattr(t, "id", "") == _REQUIRED for t in statement.targets):
                return [name.rpartition("/")[2] for name in ast.literal_eval(statement.value)]
    return []


def _version(bench: Path, app: str) -> str:
    module = bench / "apps" / checked_app(app) / app / "__init__.py"
    try:
        found = _VERSION.search(module.read_text(encoding="utf-8"))
    except OSError as error:
        raise TenantError(f"The version of the app {app} can't be read: {error}.") from error
    return found.group(1) if found else "unknown"


def _commit(bench: Path, app: str) -> str:
    """Empty where there is no git, or no checkout: the folder above may be one, so the app's own is named."""
    folder = bench / "apps" / app / ".git"
    try:
        # git refuses the checkouts of other users unless it is told not to mind; reading a commit is harmless.
        answer = run_program(["git", "-c", "safe.directory=*", f"--git-dir={folder}", "rev-parse", "HEAD"], timeout=30)
    except ToolMissing:
        return ""
    return answer.stdout.strip()[:12] if answer.rc == 0 else ""
