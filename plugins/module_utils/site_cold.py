# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cold way to a site: the bench makes it from nothing."""

from __future__ import annotations

from .site_place import SitePlace


def make_cold(place: SitePlace, apps: list[str]) -> None:
    """Make the site with C(bench new-site). Minutes on a real bench."""
    place.prepare()
    place.bench.new_site(place.name, apps)
    place.settle()
