# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is never the same in two sites, made anew in a site that was made from another."""

from __future__ import annotations

import secrets

from . import inside_rekey
from .site_place import SitePlace


def rekey(place: SitePlace) -> None:
    """Give the site its own Administrator password, keys and sessions. Nobody keeps the password."""
    place.bench.in_site(inside_rekey, place.name, "rekey", admin_password=secrets.token_urlsafe(24))


def secrets_left(place: SitePlace) -> list[str]:
    """Columns of a fresh site that hold what looks like a secret and L(rekey) would leave: C(tabX.column)."""
    return place.bench.in_site(inside_rekey, place.name, "secrets_left")["columns"]
