# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All tenants of an edge at one look: what nginx serves, what it does not read, and the certificates. Files only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import certificate_list, nginx_list
from .nginx_publish import owner_of


def survey(nginx_config: str, available_dir: str, certificate_config_dir: str) -> dict[str, Any]:
    """What there is on the edge.

    :param available_dir: the folder of files of which nginx reads those that are linked; empty where there is none.
    """
    published = nginx_list.published(nginx_config)
    read = {Path(entry.file).resolve() for entry in published}
    return {
        "published": [asdict(entry) for entry in published],
        "unread": list(_unread(Path(available_dir), read)) if available_dir else [],
        "certificates": [
            certificate_list.describe_listed(entry) for entry in certificate_list.listed(Path(certificate_config_dir))
        ],
    }


def _unread(folder: Path, read: set[Path]) -> Iterator[dict[str, str]]:
    """Our files that nginx does not read: a withdrawal was cut off, or somebody took the link away."""
    for path in sorted(folder.glob("*")):
        owner = "" if path.resolve() in read else owner_of(path)
        if owner:
            yield {"file": str(path), "owner": owner}
