# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publishing files in nginx: owned, tested in a copy, put in place whole, seen to be served.

Every file begins with a mark that names its owner. What carries another mark, or none, is never
overwritten and never deleted.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import nginx_certificates
from .errors import TenantError
from .nginx import Fault, Nginx
from .nginx_candidates import Candidate, Candidates
from .nginx_reload import Reloads
from .nginx_tree import ConfigTree
from .turns import turn
from .whole_file import replace_link, write_whole

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9_-]+)*")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_MARK = re.compile(r"# frappeops\.tenants, owner (\S+?)(?:, text ([0-9a-f]{12}))?: ")
#: A file is written under a name that is a little longer, and 255 is the limit of file systems.
_NAME_LENGTH = 240
_LOCK_TIMEOUT = 300


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
    if not _NAME.fullmatch(name) or len(name) > _NAME_LENGTH:
        raise TenantError(f"{name!r} is no name for a file of nginx: letters, digits, '-', '_' and single dots only.")
    enabled = Path(enabled_dir) / name
    texts = {Path(path): text for path, text in (snippets or {}).items()}
    # Without a folder of its own the file is where nginx reads it, as on Red Hat.
    if not available_dir:
        return Placement(enabled, None, texts)
    return Placement(Path(available_dir) / name, enabled, texts)


def marked(text: str, owner: str) -> str:
    """I(text) as it is published: the mark, which tells a hash of the text, then the text."""
    body = text if text.endswith("\n") else f"{text}\n"
    mark = (
        f"# frappeops.tenants, owner {owner}, text {_digest(body)}: made by the collection, changes by hand are lost."
    )
    return f"{mark}\n{body}"


def is_edited(text: str) -> bool:
    """Whether a file that bears our mark holds another text than was published."""
    match = _MARK.match(text)
    return match is not None and match.group(2) not in (None, _digest(text.partition("\n")[2]))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:12]


class Publisher:
    """Publishes and withdraws on behalf of one owner."""

    def __init__(self, nginx: Nginx, owner: str, check_mode: bool) -> None:
        if not _OWNER.fullmatch(owner):
            raise TenantError(f"{owner!r} is no owner: letters, digits, '_', '.' and '-' only.")
        self._nginx = nginx
        self._owner = owner
        self._check_mode = check_mode
        self._tree = ConfigTree(nginx.config)
        self._candidates = Candidates(nginx, self._tree)
        self._reloads = Reloads(nginx)

    def present(self, placement: Placement, text: str) -> dict[str, Any]:
        """Publish I(text) and its snippets, unless nginx already serves exactly them."""
        self._check_places(placement)
        self._require_included(placement)
        if not self._check_mode:
            self._nginx.require_running()
        wanted = {path: marked(snippet, self._owner) for path, snippet in placement.snippets.items()}
        wanted[placement.file] = marked(text, self._owner)
        files = {**wanted, placement.read: wanted[placement.file]}
        with self._waiting(files) as candidate, turn(str(self._tree.root), _LOCK_TIMEOUT):
            self._refuse_foreign(placement)
            before = _state(placement)
            after = _State(wanted, placement.file if placement.link else None)
            changed = before != after
            if not changed and self._reloads.has_read(_changed_at(placement, after)):
                return _result(False, before, after, "nginx serves it already")
            untested = self._test(placement, candidate) if changed else ""
            if self._check_mode:
                return _result(True, before, after, untested or "the candidate passed nginx's test")
            self._put(placement, after)
            changed_at = _changed_at(placement, after)
        self._load(placement, before, changed_at)
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
            due = before != after or not self._reloads.has_read(_ctime(placement.read.parent))
            if due and not self._check_mode:
                self._put(placement, after)
            changed_at = _ctime(placement.read.parent)
        if due and not self._check_mode:
            self._load_removal(changed_at)
        return {**_result(due, before, after, "withdrawn" if due else "it is not there"), "left": False}

    def _check_places(self, placement: Placement) -> None:
        for path in (placement.read, *placement.files):
            self._tree.require_inside(path)
            if not path.parent.is_dir() and path not in placement.snippets:
                raise TenantError(
                    f"{path.parent} does not exist on this host.", "Prepare the edge: run the playbook edge.yml."
                )

    def _require_included(self, placement: Placement) -> None:
        if not self._tree.would_read(placement.read):
            raise TenantError(
                f"{self._nginx.config} does not include {placement.read}, so nginx would never read it.",
                f"Add the line 'include {placement.read.parent}/*;' to its http block, or name the folder that it includes.",
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

    def _waiting(self, files: Mapping[Path, str]) -> AbstractContextManager[Candidate]:
        return nullcontext(Candidate(files)) if self._check_mode else self._candidates.waiting(files)

    def _test(self, placement: Placement, candidate: Candidate) -> str:
        """Let nginx judge the candidate in a copy. Returns why it could not be tested, in check mode only."""
        named = nginx_certificates.named_in(candidate.files[placement.file])
        missing = [file for file in named if not file.exists()]
        if missing and self._check_mode:
            return f"not tested, since {missing[0]} does not exist yet"
        fault = self._candidates.test([candidate]) if self._check_mode else self._candidates.fault(candidate)
        if fault is not None:
            raise self._explain(fault, placement)
        return ""

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

    def _load(self, placement: Placement, before: _State, changed_at: int) -> None:
        """Have nginx read what was put in place, unless it has: one reload serves all that came before it."""
        with self._reloads.turn():
            if self._reloads.has_read(changed_at):
                return
            try:
                self._reloads.reload()
            except TenantError:
                # What nginx did not take over must not stand in the way of the next reload.
                with turn(str(self._tree.root), _LOCK_TIMEOUT):
                    self._put(placement, before)
                raise

    def _load_removal(self, changed_at: int) -> None:
        with self._reloads.turn():
            if self._nginx.master() is None or self._reloads.has_read(changed_at):
                return
            fault = self._nginx.fault()
            if fault is not None:
                raise TenantError(
                    "The tenant's files are gone, but nginx cannot reload and serves the tenant until it can: its "
                    f"configuration is broken, and not by us: {fault}.",
                    "Mend it (nginx -t shows the same) and reload nginx.",
                    problem="live_configuration_broken",
                )
            self._reloads.reload()

    def _put(self, placement: Placement, state: _State) -> None:
        """Make the files and the link as in I(state), each by one rename, in an order that is whole at any time."""
        if placement.link is not None and state.link is None:
            placement.link.unlink(missing_ok=True)
        for path in placement.files:
            if path not in state.texts:
                path.unlink(missing_ok=True)
            elif _text(path) != state.texts[path]:
                path.parent.mkdir(mode=0o755, exist_ok=True)
                write_whole(path, state.texts[path], 0o644)
        if placement.link is not None and state.link is not None and not _leads_to(placement.link, state.link):
            target = os.path.relpath(state.link, placement.link.parent)
            replace_link(placement.link, target)


@dataclass(frozen=True)
class _State:
    """What stands at a placement."""

    texts: dict[Path, str]
    link: Path | None


def owner_of(path: Path) -> str:
    """The owner that the file's mark names, or nothing."""
    return owner_in(_text(path) or "")


def owner_in(text: str) -> str:
    """The owner that the mark of a file with this text names, or nothing."""
    match = _MARK.match(text)
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


def _changed_at(placement: Placement, state: _State) -> int:
    """When the last of its files was put in place (a rename counts as a change, unlike for a file's mtime), or the last
    of the certificates that they name."""
    certificates = nginx_certificates.named_in("".join(state.texts.values()))
    return max(*map(_ctime, {placement.read, *placement.files}), nginx_certificates.changed_at(certificates))


def _ctime(path: Path) -> int:
    return path.lstat().st_ctime_ns


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
