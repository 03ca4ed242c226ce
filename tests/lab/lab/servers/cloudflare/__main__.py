# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve the stand-in on the lab's port, mirrored into the lab's BIND."""

from __future__ import annotations

import sys
import time

from lab.dns import ask
from lab.servers.cloudflare.access import Access
from lab.servers.cloudflare.api import Api, make_server
from lab.servers.cloudflare.mirror import BindMirror
from lab.servers.cloudflare.store import Store
from lab.settings import CLOUDFLARE_EMAIL, CLOUDFLARE_ZONE, Settings

# Any 32 hexadecimal digits will do; always the same, so that an inventory can hold it.
ZONE_ID = "023e105f4ecef8ad9ca31a8372d0c353"
SECONDS_FOR_BIND = 30


def wait_for_bind(settings: Settings) -> None:
    """Both are started at once, and the first thing to do is to show BIND the records of an earlier run."""
    deadline = time.monotonic() + SECONDS_FOR_BIND
    while True:
        try:
            ask(settings, CLOUDFLARE_ZONE, "SOA")
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main() -> int:
    settings = Settings.load()
    wait_for_bind(settings)
    zone = {"id": ZONE_ID, "name": CLOUDFLARE_ZONE, "name_servers": [f"ns1.{CLOUDFLARE_ZONE}"]}
    api = Api(
        store=Store(zone, settings.lab_dir / "cloudflare" / "records.json", BindMirror(settings)),
        access=Access(
            token=settings.secret("cloudflare_token"),
            read_token=settings.secret("cloudflare_read_token"),
            email=CLOUDFLARE_EMAIL,
            api_key=settings.secret("cloudflare_api_key"),
        ),
    )
    make_server(settings.address, settings.ports["cloudflare"], api).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
