# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's secrets: made once, at random, one 0600 file each."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

from lab.files import private_folder, write
from lab.settings import Settings


def _password() -> str:
    return secrets.token_urlsafe(24)


def _tsig() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


SECRETS: dict[str, Callable[[], str]] = {
    "mariadb_admin_password": _password,
    "tsig_secret": _tsig,
    "smtp_password": _password,
    "oauth_client_secret": _password,
    "cloudflare_token": _password,
    "cloudflare_read_token": _password,
    "cloudflare_api_key": _password,
}


def make_secrets(settings: Settings) -> None:
    """Make those that are missing; never change one that is there."""
    private_folder(settings.secret_file("any").parent)
    for name, make in SECRETS.items():
        path = settings.secret_file(name)
        if not path.exists():
            write(path, make() + "\n", mode=0o600)
