# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publishing files in nginx: owned, tested in a copy, put in place whole, seen to be served.

Every file begins with a mark that names its owner. What carries another mark, or none, is never
overwritten and never deleted.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import TenantError
from .nginx import Fault, Nginx
from .nginx_tree import ConfigTree
from .turns import turn

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9_-]+)*")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_MARK = re.compile(r"# frappeops\.tenants, owner (\S+): ")
_LOCK_TIMEOUT = 300


#: A worker's start is known in ticks of 10 ms and a file's time in steps of the kernel's clock: a worker that began
#: right after the file was written can seem to be a little older.
_CLOCKS_DIFFER = 0.1


@dataclass(frozen=True)
class Placement:
    """Where a published file stands, and which link makes nginx read it."""

    file: Path
    #: None when nginx reads the file itself (the way of conf.d).
    link: Path | None
    #: Further files that it includes, each with its text.
    snippets: Mapping[Path, str] = field(default_factory=dict)

    @property
    def read(self) -> Path:
        """The path by which nginx reads it."""
        return self.link or self.file

    @property
    def files(self) -> list[Path]:
        return [*self.snippets, self.file]


def place(name: str, available_dir: str, enabled_dir: str, snippets: Mapping[str, str] | None = None) -> Placement:
    """The placement of the file called I(name)."""
    if not _NAME.fullmatch(name) or len(name) > 255:
        raise TenantError(f"{name!r} is no name for a file of nginx: letters, digits, '-', '_' and single dots only.")
    enabled = Path(enabled_dir) / name
    texts = {Path(path): text for path, text in (snippets or {}).items()}
    if not available_dir:
        return Placement(enabled, None, texts)
    return Placement(Path(available_dir) / name, enabled, texts)


def marked(text: str, owner: str) -> str:
    """I(text) as it is published: the mark, then the text."""
    body = text if text.endswith("\n") else f"{text}\n"
    return f"# frappeops.tenants, owner {owner}: made by the collection, changes by hand are lost.\n{body}"


class Publisher:
    """Publishes and withdraws on behalf of one owner."""

    def __init__(self, nginx: Nginx, owner: str, check_mode: bool) -> None:
        if not _OWNER.fullmatch(owner):
            raise TenantError(f"{owner!r} is no owner: letters, digits, '_', '.' and '-' only.")
        self._nginx = nginx
        self._owner = owner
        self._check_mode = check_mode
        self._tree = ConfigTree(nginx.config)

    def present(self, placement: Placement, text: str) -> dict[str, Any]:
        """Publish I(text) and its snippets, unless nginx already serves exactly them."""
        self._check_places(placement)
        if not self._check_mode:
            self._nginx.require_running()
        wanted = {path: marked(snippet, self._owner) for path, snippet in placement.snippets.items()}
        wanted[placement.file] = marked(text, self._owner)
        with turn(str(self._tree.root), _LOCK_TIMEOUT):
            self._refuse_foreign(placement)
            before = _state(placement)
            after = _State(wanted, placement.file if placement.link else None)
            changed = before != after
            if not changed and not self._is_reload_due(placement.files):
                return _result(False, before, after, "nginx serves it already")
            untested = self._test_candidate(placement, wanted) if changed else ""
            if self._check_mode:
                return _result(True, before, after, untested or "the candidate passed nginx's test")
            self._publish(placement, before, after)
        return _result(
            True, before, after, "published and loaded" if changed else "it was published, but not yet loaded"
        )

    def absent(self, placement: Placement) -> dict[str, Any]:
        """Withdraw what carries our mark; what does not stays."""
        self._check_places(placement)
        with turn(str(self._tree.root), _LOCK_TIMEOUT):
            before = _state(placement)
            foreign = self._foreign(placement)
            if foreign:
                return {**_result(False, before, before, f"{foreign} is not ours and stays"), "left": True}
            after = _State({}, None)
            due = before != after or self._is_reload_due([placement.read.parent])
            if due and not self._check_mode:
                self._put(placement, after)
                self._reload_after_removal()
        return {**_result(due, before, after, "withdrawn" if due else "it is not there"), "left": False}

    def _check_places(self, placement: Placement) -> None:
        for path in (placement.read, *placement.files):
            self._tree.require_inside(path)
            if not path.parent.is_dir() and path not in placement.snippets:
                raise TenantError(
                    f"{path.parent} does not exist on this host.", "Prepare the edge: run the playbook edge.yml."
                )

    def _refuse_foreign(self, placement: Placement) -> None:
        foreign = self._foreign(placement)
        if foreign:
            raise TenantError(
                f"{foreign} exists and was not made by this provisioning, so it is left as it is.",
                "Remove it if nothing uses it, or find out which tenant it belongs to.",
                problem="foreign_file",
            )

    def _foreign(self, placement: Placement) -> str:
        """The first path that somebody else made, or nothing."""
        for path in placement.files:
            if os.path.lexists(path) and owner_of(path) != self._owner:
                return str(path)
        link = placement.link
        if link is not None and os.path.lexists(link) and not _leads_to(link, placement.file):
            return str(link)
        return ""

    def _is_reload_due(self, paths: list[Path]) -> bool:
        """Whether a run was cut off between publishing and reloading."""
        started = self._nginx.newest_worker_start()
        return started > 0 and max(path.stat().st_mtime for path in paths) > started + _CLOCKS_DIFFER

    def _test_candidate(self, placement: Placement, wanted: Mapping[Path, str]) -> str:
        """Let nginx judge the candidate in a copy. Returns why it could not be tested, in check mode only."""
        missing = _missing_certificates(wanted[placement.file])
        if missing and self._check_mode:
            return f"not tested, since {missing[0]} does not exist yet"
        candidate = {**wanted, placement.read: wanted[placement.file]}
        with tempfile.TemporaryDirectory(prefix="frappe-tenants-nginx-") as folder:
            scratch = Path(folder)
            config = self._tree.copy(scratch, candidate)
            self._require_included(placement, ConfigTree(config), scratch)
            fault = self._nginx.fault(config)
        if fault is not None:
            raise self._explain(
                Fault(
                    self._tree.live_name(fault.message, scratch), self._tree.live_name(fault.file, scratch), fault.line
                ),
                placement,
            )
        return ""

    def _require_included(self, placement: Placement, copy: ConfigTree, scratch: Path) -> None:
        reached = {self._tree.live_name(str(path), scratch) for path in copy.parsed_files()}
        if str(placement.read) not in reached:
            raise TenantError(
                f"{self._nginx.config} does not include {placement.read}, so nginx would never read it.",
                f"Add the line 'include {placement.read.parent}/*;' to its http block, or name the folder that it includes.",
            )

    def _explain(self, fault: Fault, placement: Placement) -> TenantError:
        own = {str(path) for path in (placement.read, *placement.files)}
        if fault.file not in own:
            live = self._nginx.fault()
            if live is not None:
                return TenantError(
                    f"nginx's live configuration is already broken, and not by us: {live}. Nothing was changed.",
                    "Mend it (nginx -t shows the same), then run again.",
                    problem="live_configuration_broken",
                )
        return TenantError(
            f"nginx refuses the candidate for {placement.read}: {fault}. The live configuration was not touched.",
            problem="candidate_refused",
            file=fault.file,
            line=fault.line,
        )

    def _publish(self, placement: Placement, before: _State, after: _State) -> None:
        self._put(placement, after)
        try:
            self._nginx.reload()
        except TenantError:
            # What nginx did not take over must not stand in the way of the next reload.
            self._put(placement, before)
            raise

    def _reload_after_removal(self) -> None:
        if self._nginx.master() is None:
            return
        fault = self._nginx.fault()
        if fault is not None:
            raise TenantError(
                "The tenant's files are gone, but nginx cannot reload and serves the tenant until it can: its "
                f"configuration is broken, and not by us: {fault}.",
                "Mend it (nginx -t shows the same) and reload nginx.",
                problem="live_configuration_broken",
            )
        self._nginx.reload()

    def _put(self, placement: Placement, state: _State) -> None:
        """Make the files and the link as in I(state), each by one rename, in an order that is whole at any time."""
        if placement.link is not None and state.link is None:
            placement.link.unlink(missing_ok=True)
        for path in placement.files:
            if path not in state.texts:
                path.unlink(missing_ok=True)
            elif _text(path) != state.texts[path]:
                _write_whole(path, state.texts[path])
        if placement.link is not None and state.link is not None and not _leads_to(placement.link, state.link):
            target = os.path.relpath(state.link, placement.link.parent)
            _replace(placement.link, lambda name: os.symlink(target, name))


@dataclass(frozen=True)
class _State:
    """What stands at a placement."""

    texts: dict[Path, str]
    link: Path | None


def owner_of(path: Path) -> str:
    """The owner that the file's mark names, or nothing."""
    match = _MARK.match(_text(path) or "")
    return match.group(1) if match else ""


def _state(placement: Placement) -> _State:
    texts = {path: text for path in placement.files if (text := _text(path)) is not None}
    link = placement.link
    return _State(texts, placement.file if link is not None and _leads_to(link, placement.file) else None)


def _text(path: Path) -> str | None:
    """A regular file's text. What a link leads to is not ours to judge."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
    except FileNotFoundError:
        return None
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def _leads_to(link: Path, file: Path) -> bool:
    return link.is_symlink() and os.path.normpath(link.parent / os.readlink(link)) == os.path.normpath(file)


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o755, exist_ok=True)

    def write(name: str) -> None:
        with open(name, "x", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)

    _replace(path, write)


def _replace(path: Path, make: Callable[[str], None]) -> None:
    # nginx's own patterns (*, *.conf) never match a name that begins with a dot.
    new = str(path.with_name(f".{path.name}.new"))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    make(new)
    os.replace(new, path)


def _missing_certificates(text: str) -> list[str]:
    paths = re.findall(r'^\s*ssl_certificate(?:_key)?\s+"?([^";\s]+)', text, re.MULTILINE)
    return [path for path in paths if path.startswith("/") and not os.path.exists(path)]


def _result(changed: bool, before: _State, after: _State, reason: str) -> dict[str, Any]:
    return {
        "changed": changed,
        "reason": reason,
        "diff": [
            {
                "before_header": str(path),
                "after_header": str(path),
                "before": before.texts.get(path, ""),
                "after": after.texts.get(path, ""),
            }
            for path in sorted({*before.texts, *after.texts})
            if before.texts.get(path) != after.texts.get(path)
        ],
    }
