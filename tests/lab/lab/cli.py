# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's commands: up, status, down, clean."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable

from lab.errors import LabError
from lab.lifecycle import bring_down, bring_up, show_status
from lab.settings import Settings


def clean(settings: Settings) -> int:
    """Stop the lab and remove its folder."""
    code = bring_down(settings)
    if code == 0:
        shutil.rmtree(settings.lab_dir, ignore_errors=True)
        print(f"Removed {settings.lab_dir}")
    return code


COMMANDS: dict[str, tuple[Callable[[Settings], int], str]] = {
    "up": (bring_up, "start every part and wait until it answers"),
    "status": (show_status, "a line per part: up, or why not"),
    "down": (bring_down, "stop every process of the lab"),
    "clean": (clean, "down, then remove the lab's folder"),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="lab", description="Every server that a tenant needs, on 127.0.0.1.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text, description=text)
    command, _ = COMMANDS[parser.parse_args(arguments).command]
    try:
        return command(Settings.load())
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
