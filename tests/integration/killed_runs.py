# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of our own code that end in the middle."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest


class Killed(BaseException):
    """A run that ends as SIGKILL ends it: nothing of ours is run any more."""


def killed_at(monkeypatch: pytest.MonkeyPatch, target: Any, function: str) -> None:
    """Let the run end when it comes to I(function)."""

    def end(*_arguments: Any, **_options: Any) -> None:
        raise Killed

    monkeypatch.setattr(target, function, end)


def killed_at_second_folder(monkeypatch: pytest.MonkeyPatch, bench: Path) -> None:
    """Let the run end while it removes a site's folder: one of those in it is gone, and not the next."""
    remove = shutil.rmtree
    seen: list[Any] = []

    def remove_one(path: Any, *arguments: Any, **options: Any) -> None:
        # The folders that temporary files were in are removed by it too.
        if Path(path).is_relative_to(bench):
            seen.append(path)
            if len(seen) > 1:
                raise Killed
        remove(path, *arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", remove_one)
