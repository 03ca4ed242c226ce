# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many changes in one call: all of them, or none.

Cloudflare carries them out in the order deletes, patches, puts, posts, in one database transaction.
"""

from __future__ import annotations

from typing import Any

from lab.servers.cloudflare.errors import ApiError, bad_request
from lab.servers.cloudflare.records import Record
from lab.servers.cloudflare.store import Store

MOST_CHANGES = 200


def run(store: Store, given: dict[str, Any]) -> dict[str, list[Record]]:
    """What was deleted, patched, put and posted."""
    if sum(len(given.get(name) or []) for name in ("deletes", "patches", "puts", "posts")) > MOST_CHANGES:
        raise bad_request(81061, f"A batch may have {MOST_CHANGES} changes at most.")
    before = dict(store.records)
    try:
        return {
            "deletes": [store.delete(one.get("id", "")) for one in given.get("deletes") or []],
            "patches": [store.patch(one.get("id", ""), one) for one in given.get("patches") or []],
            "puts": [store.replace(one.get("id", ""), one) for one in given.get("puts") or []],
            "posts": [store.create(one) for one in given.get("posts") or []],
        }
    except ApiError:
        after = dict(store.records)
        store.records = before
        store.save([*after.values(), *before.values()])
        raise
