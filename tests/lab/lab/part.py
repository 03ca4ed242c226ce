# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every part of the lab is: something to prepare, to run under supervisor, and to ask whether it works."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from lab.settings import Settings


class NotAnsweringError(Exception):
    """The part does not do its work (yet); the text says what was asked and what came back."""


@dataclass(frozen=True)
class Program:
    """What supervisor is to run."""

    command: list[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_seconds: int = 10


class Part(ABC):
    """One server of the lab."""

    name: ClassVar[str]
    # Names in lab_ports. The first is the address that status shows.
    ports: ClassVar[tuple[str, ...]]
    # Executable -> Debian package that brings it.
    needs: ClassVar[Mapping[str, str]] = {}
    # How long the first start may take on a slow machine.
    patience: ClassVar[float] = 60
    # Whether it is only started when somebody asks for it.
    is_on_request: ClassVar[bool] = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def port(self) -> int:
        return self.settings.ports[self.ports[0]]

    @property
    def address(self) -> str:
        return f"{self.settings.address}:{self.port}"

    @abstractmethod
    def prepare(self) -> None:
        """Make folders, configuration and data that are missing. Called before each start, also when nothing is missing."""

    @abstractmethod
    def program(self) -> Program:
        """The process to supervise: it stays in the foreground and logs to standard output."""

    @abstractmethod
    def answers(self) -> None:
        """Ask the server a question in its own protocol; raise L(NotAnsweringError) or OSError unless it answers rightly."""


def python_server(settings: Settings, module: str) -> Program:
    """A server of ours, run by this Python with this lab's folder."""
    return Program(
        command=[sys.executable, "-m", f"lab.servers.{module}"],
        directory=settings.lab_dir,
        environment={"LAB_DIR": str(settings.lab_dir), "PYTHONPATH": str(settings.root / "tests" / "lab")},
    )
