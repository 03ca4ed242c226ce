# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of the lab's zone, kept in one file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.files import write
from lab.servers.cloudflare import records
from lab.servers.cloudflare.errors import no_record
from lab.servers.cloudflare.records import Record

# Told which (name, type) changed, and all records there are now.
Mirror = Callable[[set[tuple[str, str]], list[Record]], None]


class Store:
    """One zone. Not safe for threads by itself: api.py holds a lock over each request."""

    def __init__(self, zone: dict[str, Any], path: Path, mirror: Mirror) -> None:
        self.zone = zone
        self.path = path
        self.mirror = mirror
        self.records: dict[str, Record] = {}
        if path.exists():
            self.records = {record["id"]: record for record in json.loads(path.read_text(encoding="utf-8"))}
        self._show(self.records.values())

    def get(self, record_id: str) -> Record:
        try:
            return self.records[record_id]
        except KeyError:
            raise no_record() from None

    def create(self, given: dict[str, Any]) -> Record:
        return self._put(records.new(self.zone, given))

    def patch(self, record_id: str, given: dict[str, Any]) -> Record:
        return self._put(records.patched(self.zone, self.get(record_id), given))

    def replace(self, record_id: str, given: dict[str, Any]) -> Record:
        return self._put(records.replaced(self.zone, self.get(record_id), given))

    def delete(self, record_id: str) -> Record:
        record = self.get(record_id)
        del self.records[record_id]
        self.save([record])
        return record

    def clear(self) -> None:
        gone = list(self.records.values())
        self.records.clear()
        self.save(gone)

    def save(self, touched: list[Record]) -> None:
        """Keep what is there now, and show the changed names to the mirror."""
        write(self.path, json.dumps(list(self.records.values()), indent=1) + "\n")
        self._show(touched)

    def _put(self, record: Record) -> Record:
        records.check_conflicts(record, self.records.values())
        before = self.records.get(record["id"])
        self.records[record["id"]] = record
        self.save([record] if before is None else [before, record])
        return record

    def _show(self, touched: Any) -> None:
        keys = {(record["name"], record["type"]) for record in touched}
        if keys:
            self.mirror(keys, list(self.records.values()))
