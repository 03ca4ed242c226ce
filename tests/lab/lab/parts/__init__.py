# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's parts, in the order in which they are started."""

from __future__ import annotations

from lab.errors import LabError
from lab.part import Part
from lab.parts.bind import Bind
from lab.parts.cloudflare import Cloudflare
from lab.parts.frontend import Frontend
from lab.parts.gunicorn import Gunicorn, SecondGunicorn
from lab.parts.mail import Mail
from lab.parts.mariadb import MariaDB
from lab.parts.nginx import Nginx
from lab.parts.pebble import Pebble
from lab.parts.redis import Redis
from lab.parts.worker import SecondWorker, Worker
from lab.settings import Settings

# Gunicorn late: making its bench takes longest, and the others come up meanwhile.
PARTS: tuple[type[Part], ...] = (
    MariaDB,
    Redis,
    Bind,
    Pebble,
    Mail,
    Frontend,
    Cloudflare,
    Nginx,
    Gunicorn,
    Worker,
    SecondGunicorn,
    SecondWorker,
)


def make_parts(settings: Settings) -> list[Part]:
    """The parts that are wanted, in the order of their start."""
    known = {part.name for part in PARTS}
    if unknown := sorted(set(settings.parts) - known):
        raise LabError(
            f"LAB_PARTS names no part of the lab: {', '.join(unknown)}.", f"Its parts: {', '.join(sorted(known))}"
        )
    return [part(settings) for part in PARTS if not settings.parts or part.name in settings.parts]
