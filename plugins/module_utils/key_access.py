# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that nginx's workers read themselves, at each handshake (layout shared).

certbot keeps keys for root alone. The group of the workers gets the right to read the key and to pass through the folders
above it; certbot keeps group and mode when it renews.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import TenantError
from .nginx import Account


def require_readable(paths: list[str], account: Account) -> None:
    """See that the workers can open these files."""
    for path in paths:
        if not _opens(path, account):
            raise TenantError(
                f"nginx's workers (user {account.user}, group {account.group}) cannot read {path}, and in the layout "
                "shared they read certificates themselves.",
                f"Let group {account.group} read it and pass through the folders above it, or use proxy_layout vhost.",
            )


def let_read(privkey: str, config_dir: Path, account: Account) -> None:
    """Let the workers' group read a key of certbot, whose folder is I(config_dir). Needs root; nothing is taken away."""
    if os.geteuid() != 0 or account.user == 0:
        return
    root = Path(os.path.realpath(config_dir))
    key = Path(os.path.realpath(privkey))
    if root not in key.parents:
        return
    link = root / Path(privkey).relative_to(config_dir)
    for folder in sorted({parent for path in (link, key) for parent in path.parents if root in parent.parents}):
        _let(folder, account.group, stat.S_IXGRP, stat.S_IXOTH)
    _let(key, account.group, stat.S_IRGRP, stat.S_IROTH)


def _let(path: Path, group: int, right: int, right_of_others: int) -> None:
    now = path.stat()
    if now.st_mode & right_of_others or (now.st_gid == group and now.st_mode & right):
        return
    os.chown(path, -1, group)
    path.chmod(stat.S_IMODE(now.st_mode) | right)


def _opens(path: str, account: Account) -> bool:
    """Whether the file can be opened by that account. Tried for real, in a process of its own that becomes it."""
    if os.geteuid() == account.user:
        return os.access(path, os.R_OK)
    if os.geteuid() != 0:
        # Nothing can be tried; nginx itself will tell.
        return True
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups(account.groups)
            os.setgid(account.group)
            os.setuid(account.user)
            os.close(os.open(path, os.O_RDONLY))
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0
