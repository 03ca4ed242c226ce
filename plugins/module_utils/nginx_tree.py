# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scratch copy of a live nginx configuration, in which a candidate is tested.

The copy is made of links: only files that include others by their full path are written anew, since those paths must
lead into the copy. What is not configuration (certificates, keys, web roots) is never copied.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import TenantError

# Finds too much rather than too little: a path in a comment only makes one folder more a real one.
_INCLUDE = re.compile(r"""((?:^|[;{}])\s*include\s+)("[^"]*"|'[^']*'|[^\s;]+)(?=\s*;)""", re.MULTILINE)


class ConfigTree:
    """The configuration that begins with the file I(config); relative includes start at its folder."""

    def __init__(self, config: str) -> None:
        self._config = Path(config)
        self.root = self._config.parent

    def parsed_files(self) -> dict[Path, str]:
        """Every file that nginx reads, with its text, in the order of the includes."""
        return dict(self._walk())

    def would_read(self, path: Path) -> bool:
        """Whether nginx would read I(path) if it were there."""
        return any(path.match(str(self.root / pattern)) for _path, text in self._walk() for pattern in includes(text))

    def _walk(self) -> Iterator[tuple[Path, str]]:
        found = set()
        waiting = [self._config]
        while waiting:
            path = waiting.pop(0)
            if path in found or not path.is_file():
                continue
            found.add(path)
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            yield path, text
            for pattern in includes(text):
                waiting.extend(Path(name) for name in sorted(glob.glob(str(self.root / pattern))))

    def copy(self, scratch: Path, candidate: Mapping[Path, str]) -> str:
        """Make the copy in the empty folder I(scratch), with the candidate's files in it.

        :returns: the copy's configuration file.
        """
        parsed = self.parsed_files()
        folders = {self.root} | {parent for path in (*parsed, *candidate) for parent in self._parents(path)}
        for folder in sorted(folders):
            (scratch / folder.relative_to(self.root)).mkdir(exist_ok=True)
            for name in os.listdir(folder) if folder.is_dir() else []:
                path = folder / name
                if path not in folders and path not in candidate:
                    self._place(path, parsed.get(path), scratch)
        for path, text in candidate.items():
            self._write(path, text, scratch)
        return str(scratch / self._config.name)

    def live_name(self, text: str, scratch: Path) -> str:
        """I(text) with the copy's paths named as the live ones."""
        return text.replace(str(scratch), str(self.root))

    def require_inside(self, path: Path) -> None:
        """Refuse a place that the copy would not hold."""
        if self.root not in path.parents or ".." in path.parts:
            raise TenantError(
                f"{path} is not below {self.root}, the folder of nginx's configuration file, so it cannot be tested "
                "before it is live."
            )

    def _parents(self, path: Path) -> list[Path]:
        return [parent for parent in path.parents if self.root in parent.parents]

    def _place(self, path: Path, text: str | None, scratch: Path) -> None:
        if text is not None and self._redirected(text, scratch) != text:
            self._write(path, text, scratch)
        else:
            (scratch / path.relative_to(self.root)).symlink_to(path)

    def _write(self, path: Path, text: str, scratch: Path) -> None:
        target = scratch / path.relative_to(self.root)
        target.write_text(self._redirected(text, scratch), encoding="utf-8", errors="surrogateescape")

    def _redirected(self, text: str, scratch: Path) -> str:
        """I(text) with its absolute includes leading into the copy."""

        def replace(match: re.Match[str]) -> str:
            path = match.group(2)
            quote = path[0] if path[0] in "\"'" else ""
            bare = path.strip(quote) if quote else path
            if bare.startswith(f"{self.root}/"):
                bare = f"{scratch}{bare[len(str(self.root)) :]}"
            return f"{match.group(1)}{quote}{bare}{quote}"

        return _INCLUDE.sub(replace, text)


def includes(text: str) -> list[str]:
    """The arguments of the C(include) directives in I(text)."""
    return [match.group(2).strip("\"'") for match in _INCLUDE.finditer(text)]
