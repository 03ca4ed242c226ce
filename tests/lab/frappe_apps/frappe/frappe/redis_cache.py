# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's part of the redis cache: a key is `<database name>|<key>`.

Redis being down is no error: Frappe goes on without its cache, so `bench` exits 0 and nobody notices.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

import redis

from frappe.types import FrappeDict


class SiteCache:
    def __init__(self, conf: FrappeDict) -> None:
        self.prefix = f"{conf.db_name}|"
        self.client = redis.Redis.from_url(conf.redis_cache, socket_connect_timeout=1, socket_timeout=1)

    def set_value(self, key: str, value: Any, expires_in_sec: int | None = None) -> None:
        with contextlib.suppress(redis.exceptions.RedisError):
            self.client.set(self.prefix + key, json.dumps(value), ex=expires_in_sec)

    def get_value(self, key: str) -> Any:
        with contextlib.suppress(redis.exceptions.RedisError):
            found = self.client.get(self.prefix + key)
            return json.loads(found) if found else None
        return None

    def delete_value(self, key: str) -> None:
        with contextlib.suppress(redis.exceptions.RedisError):
            self.client.delete(self.prefix + key)

    def count(self, key: str, window_seconds: int) -> int:
        """How often this was called in the window, this call included; 1 when redis is down."""
        with contextlib.suppress(redis.exceptions.RedisError):
            hits = self.client.incr(self.prefix + key)
            if hits == 1:
                self.client.expire(self.prefix + key, window_seconds)
            return hits
        return 1

    def delete_keys(self, key: str) -> None:
        with contextlib.suppress(redis.exceptions.RedisError):
            for found in self.client.scan_iter(self.prefix + key + "*"):
                self.client.delete(found)
