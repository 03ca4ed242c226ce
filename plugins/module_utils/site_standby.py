# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fastest way to a site: one that stands ready is taken over. Its folder moves, its database keeps its name.

Each part may be done again, so that a run that was killed in between is resumed: the mark says from whom the site is
taken before it moves.
"""

from __future__ import annotations

from collections.abc import Callable

from .app_versions import app_versions
from .errors import TenantError
from .site_place import SitePlace
from .site_rekey import rekey

#: In site_config.json of a standby site: nobody is served, no jobs run.
AT_REST = {"maintenance_mode": 1, "pause_scheduler": 1}


def take_over(place: SitePlace, standby: SitePlace, apps: list[str], warn: Callable[[str], None]) -> bool:
    """Make I(standby) the site of I(place).

    :param standby: the same database, with the folder and the owner that it had so far.
    :returns: False when it can't be used; then nothing of it is left.
    """
    begun = _is_begun(place, place, standby)
    try:
        if not begun:
            _require_fit(place, standby, apps)
            _move(place, standby)
        _make_own(place)
    except TenantError as error:
        warn(f"The standby site {standby.name} could not be used and is thrown away: {error.msg}")
        discard(place, standby)
        return False
    return True


def discard(place: SitePlace, standby: SitePlace) -> None:
    """Remove the standby site, however far it was taken over."""
    place.drop_database()
    if is_of(standby, place):
        standby.remove_folder()
    if _is_begun(place, place, standby):
        place.remove_folder()


def is_of(standby: SitePlace, place: SitePlace) -> bool:
    """Whether the standby's folder is the standby's own, or is being taken over by I(place)."""
    return standby.mark().get("owner") == standby.owner or _is_begun(standby, place, standby)


def _is_begun(where: SitePlace, place: SitePlace, standby: SitePlace) -> bool:
    mark = where.mark()
    return mark.get("owner") == place.owner and mark.get("standby") == standby.owner


def _require_fit(place: SitePlace, standby: SitePlace, apps: list[str]) -> None:
    if place.folder.exists():
        raise TenantError("something half-made has the tenant's name.")
    if _is_begun(standby, place, standby):
        return
    mark = standby.mark()
    if mark.get("owner") != standby.owner or not mark.get("whole"):
        raise TenantError("it is not there, or not complete.")
    if mark["apps"] != apps:
        raise TenantError("the plan has other apps now.")
    if mark["versions"] != app_versions(place.bench.path, apps):
        raise TenantError("the bench has other versions of its apps now.")


def _move(place: SitePlace, standby: SitePlace) -> None:
    mark = standby.mark()
    place.write_mark(standby.folder, standby=standby.owner, apps=mark["apps"], versions=mark["versions"])
    standby.folder.rename(place.folder)


def _make_own(place: SitePlace) -> None:
    place.take_database()
    rekey(place)
    place.change_config(**dict.fromkeys(AT_REST))
