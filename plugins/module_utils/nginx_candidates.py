# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One test by nginx for all candidates that wait for one.

At thousands of tenants a test takes seconds, and one run at a time tests and publishes. So a run lays its candidate where
the others see it before it waits for its turn. Whoever has the turn tests the live configuration with all candidates that
wait, and notes which of them passed; those are not tested again when their own turn comes. Each run publishes its own files
only, so that what a dead run left behind is never published.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .nginx import Fault, Nginx
from .nginx_tree import ConfigTree


@dataclass(frozen=True)
class Candidate:
    """Files as they are to be published, each with its text; the name is empty when the others don't see it."""

    files: Mapping[Path, str]
    name: str = ""


class Candidates:
    """The candidates for one nginx. They wait beside its pid file, where a restart of the machine removes them."""

    def __init__(self, nginx: Nginx, tree: ConfigTree) -> None:
        self._nginx = nginx
        self._tree = tree
        self._folder = nginx.pid_file.with_name(f"{nginx.pid_file.name}.frappe_tenants_candidates")
        self._note = self._folder / ".passed"

    @contextmanager
    def waiting(self, files: Mapping[Path, str]) -> Iterator[Candidate]:
        """Have others test I(files) with theirs for as long as this context lasts."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        candidate = Candidate(files, secrets.token_hex(8))
        descriptor, hidden = tempfile.mkstemp(dir=self._folder, prefix=".")
        try:
            # The lock tells that its run lives, so it comes before the name by which the others find it.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            Path(hidden).write_text(json.dumps({str(path): text for path, text in files.items()}), encoding="utf-8")
            os.rename(hidden, self._folder / candidate.name)
            yield candidate
        finally:
            for path in (Path(hidden), self._folder / candidate.name):
                path.unlink(missing_ok=True)
            os.close(descriptor)

    def fault(self, candidate: Candidate) -> Fault | None:
        """What nginx refuses of I(candidate), or None. To be asked by its run, in its turn to publish."""
        if candidate.name in self._passed():
            return None
        others = self._others(candidate)
        while (fault := self.test([*others, candidate])) and others:
            rest = [other for other in others if Path(fault.file) not in other.files]
            # Nothing is refused for what it does together with a candidate that may never be published.
            others = rest if len(rest) < len(others) else []
        passed = [] if fault else [candidate.name, *(other.name for other in others)]
        self._note.write_text(json.dumps(passed), encoding="ascii")
        return fault

    def test(self, candidates: list[Candidate]) -> Fault | None:
        """What nginx refuses of the live configuration with I(candidates) in it, by their live names."""
        files = {path: text for candidate in candidates for path, text in candidate.files.items()}
        with tempfile.TemporaryDirectory(prefix="frappe-tenants-nginx-") as folder:
            scratch = Path(folder)
            fault = self._nginx.fault(self._tree.copy(scratch, files))
            if fault is None:
                return None
            message, file = (self._tree.live_name(text, scratch) for text in (fault.message, fault.file))
            return Fault(message, file, fault.line)

    def _passed(self) -> list[str]:
        """The candidates of the last test, unless it failed. An older one says nothing of what was published since."""
        try:
            return list(json.loads(self._note.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return []

    def _others(self, candidate: Candidate) -> list[Candidate]:
        """Those that wait too, but not two for one file."""
        found: list[Candidate] = []
        taken = set(candidate.files)
        for place in sorted(self._folder.glob("[!.]*")):
            other = _living(place) if place.name != candidate.name else None
            if other is not None and taken.isdisjoint(other.files):
                found.append(other)
                taken.update(other.files)
        return found


def _living(place: Path) -> Candidate | None:
    """The candidate of a run that lives; one of a run that died is removed."""
    with suppress(FileNotFoundError), place.open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Candidate({Path(path): text for path, text in json.load(file).items()}, place.name)
        place.unlink()
    return None
