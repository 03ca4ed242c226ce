# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's commands: up, second-bench, status, down, clean."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from lab.errors import LabError
from lab.lifecycle import bring_down, bring_up, show_status
from lab.settings import Settings


def clean(settings: Settings) -> int:
    """Stop the lab and remove its folder."""
    code = bring_down(settings)
    if code == 0:
        shutil.rmtree(settings.lab_dir)
        print(f"Removed {settings.lab_dir}")
    return code


COMMANDS: dict[str, tuple[Callable[[Settings], int], str]] = {
    "up": (bring_up, "start every part and wait until it answers"),
    "second-bench": (partial(bring_up, second_bench=True), "up, and a second bench with a web server of its own"),
    "status": (show_status, "a line per part: up, or why not"),
    "down": (bring_down, "stop every process of the lab"),
    "clean": (clean, "down, then remove the lab's folder"),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="lab", description="Every server that a tenant needs, on 127.0.0.1.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_command, text) in COMMANDS.items():
        commands.add_parser(name, help=text, description=text)
    name = parser.parse_args(arguments).command
    settings = Settings.load()
    try:
        with nullcontext() if name == "status" else only_one(settings):
            return COMMANDS[name][0](settings)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our lines has seen enough. Python must not try again to write them at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Wait until no other command changes this lab, then keep others waiting."""
    settings.lab_dir.mkdir(parents=True, exist_ok=True)
    folder = os.open(settings.lab_dir, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
