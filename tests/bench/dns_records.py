# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of 200 tenants through Cloudflare's API, within its limit of 1,200 requests in five minutes.

They are proxied and the zone is found by its name, which costs most. The API is the lab's stand-in, told to keep the limit
as Cloudflare does; the SDK, the role, the journals and the name server are real. Cloudflare's own answers take longer.
"""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_plan import Settings
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_zone import ensure
from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_api import CloudflareApi
from ansible_collections.frappeops.tenants.plugins.plugin_utils.cloudflare_zone import CloudflareZone
from frame.runs import Run, playbook
from frame.values import Value
from lab.settings import CLOUDFLARE_ZONE
from lab.settings import Settings as Lab

TENANTS = 200
LIMIT = {"requests": 1200, "seconds": 300}
PLAYBOOK = Path(__file__).with_suffix(".yml")


def measure(lab: Lab) -> Iterator[Value]:
    """Publish, publish again, take back; then all in one call."""
    try:
        yield from _by_the_role(lab)
        yield from _in_one_call(lab)
    finally:
        _order(lab, "PUT", "limit", {})


def _by_the_role(lab: Lab) -> Iterator[Value]:
    names = [f"bench-{secrets.token_hex(4)}" for _number in range(TENANTS)]
    cloudflare = {
        "zone": CLOUDFLARE_ZONE,
        "base_url": _url(lab),
        "api_token": lab.secret("cloudflare_token"),
        "proxied": True,
        "edge_certificate": True,
    }
    with tempfile.TemporaryDirectory() as folder:

        def run(undo: bool) -> tuple[Run, list[dict[str, Any]]]:
            _order(lab, "DELETE", "requests")
            # Each begins with all of the limit: otherwise it waits for what the one before it used up, and that is measured.
            _order(lab, "PUT", "limit", LIMIT)
            done = playbook(
                PLAYBOOK,
                dns_provider="cloudflare",
                dns_cloudflare=cloudflare,
                bench_names=names,
                bench_undo=undo,
                tenant_registry_url=f"sqlite:///{folder}/registry.db",
            )
            return done, _order(lab, "GET", "requests")

        try:
            made, asked = run(undo=False)
            published = f"{TENANTS} tenants published, with preflight and wait"
            yield Value(published, made.seconds, "s", at_most=LIMIT["seconds"])
            yield Value("requests for it", len(asked), at_most=LIMIT["requests"])
            yield Value("of them refused, since they were too many", _refused(asked), at_most=0)
            yield Value("requests for a tenant", len(asked) / TENANTS)
            again, asked = run(undo=False)
            yield Value("the same again, nothing to do", again.seconds, "s")
            yield Value("requests for it", len(asked), at_most=LIMIT["requests"])
        finally:
            gone, asked = run(undo=True)
        yield Value("taken back", gone.seconds, "s")
        yield Value("requests for it", len(asked), at_most=LIMIT["requests"])


def _in_one_call(lab: Lab) -> Iterator[Value]:
    """All records of all tenants at once, as a move to another address would have it."""
    mark = secrets.token_hex(4)
    records = [
        {"name": f"{prefix}{mark}-{number}.{CLOUDFLARE_ZONE}", "type": "A", "value": [lab.address]}
        for number in range(TENANTS)
        for prefix in ("", "api.")
    ]
    _order(lab, "PUT", "limit", LIMIT)
    try:
        started = time.monotonic()
        requests = _ensure(lab, records, "present")
        yield Value(f"{len(records)} records in one call", time.monotonic() - started, "s")
        yield Value("requests for it, in batches of 200", requests, at_most=4)
    finally:
        _ensure(lab, records, "absent")


def _ensure(lab: Lab, records: list[dict[str, Any]], state: str) -> int:
    token = {"api_token": lab.secret("cloudflare_token"), "api_email": None, "api_key": None}
    api = CloudflareApi(token, _url(lab), LIMIT["seconds"])
    zone = CloudflareZone(api, CLOUDFLARE_ZONE, api.zone_id(CLOUDFLARE_ZONE, changes=True), "benchmark", Settings(60))
    ensure(zone, {"records": records, "state": state, "overwrite": False}, apply=True)
    return api.requests


def _url(lab: Lab) -> str:
    return f"http://{lab.address}:{lab.ports['cloudflare']}/client/v4"


def _refused(requests: list[dict[str, Any]]) -> int:
    return sum(request["status"] == 429 for request in requests)


def _order(lab: Lab, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
    """What tests and benchmarks may order of the stand-in."""
    url = f"http://{lab.address}:{lab.ports['cloudflare']}/_lab/{what}"
    with urlopen(Request(url, json.dumps(body or {}).encode(), method=method), timeout=30) as answer:
        return json.load(answer)
