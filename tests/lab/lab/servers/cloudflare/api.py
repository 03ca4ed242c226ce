# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes: which method on which path does what, and how an answer looks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lab.servers.cloudflare import batch, queries
from lab.servers.cloudflare.access import Access
from lab.servers.cloudflare.errors import ApiError, bad_request, no_route
from lab.servers.cloudflare.store import Store
from lab.servers.cloudflare.trials import Limit, Order, Trials

PREFIX = "/client/v4"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    may_write: bool = True


@dataclass
class Api:
    """The API over one store. An answer is what goes under C(result), and perhaps C(result_info)."""

    store: Store
    access: Access
    trials: Trials = field(default_factory=Trials)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> tuple[Any, dict[str, int] | None]:
        for method, pattern, act in _ROUTES:
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                return act(self, request, *match.groups())
        raise no_route(request.path)

    def verify_token(self, request: Request) -> tuple[Any, None]:
        return {"id": "0" * 32, "status": "active"}, None

    def list_zones(self, request: Request) -> tuple[Any, dict[str, int]]:
        wanted = request.query.get("name")
        found = [self._zone(request)] if wanted in (None, self.store.zone["name"]) else []
        return queries.page(found, request.query)

    def get_zone(self, request: Request, zone: str) -> tuple[Any, None]:
        self._check_zone(request, zone)
        return self._zone(request), None

    def list_records(self, request: Request, zone: str) -> tuple[Any, dict[str, int]]:
        self._check_zone(request, zone)
        return queries.page(queries.select(self.store.records.values(), request.query), request.query)

    def get_record(self, request: Request, zone: str, record: str) -> tuple[Any, None]:
        self._check_zone(request, zone)
        return self.store.get(record), None

    def create(self, request: Request, zone: str) -> tuple[Any, None]:
        self._check_zone(request, zone)
        return self.store.create(request.body), None

    def patch(self, request: Request, zone: str, record: str) -> tuple[Any, None]:
        self._check_zone(request, zone)
        return self.store.patch(record, request.body), None

    def replace(self, request: Request, zone: str, record: str) -> tuple[Any, None]:
        self._check_zone(request, zone)
        return self.store.replace(record, request.body), None

    def delete(self, request: Request, zone: str, record: str) -> tuple[Any, None]:
        self._check_zone(request, zone)
        return {"id": self.store.delete(record)["id"]}, None

    def run_batch(self, request: Request, zone: str) -> tuple[Any, None]:
        self._check_zone(request, zone)
        return batch.run(self.store, request.body), None

    def _check_zone(self, request: Request, zone: str) -> None:
        if zone != self.store.zone["id"]:
            raise no_route(request.path)

    def _zone(self, request: Request) -> dict[str, Any]:
        # What the credentials may do in it.
        rights = ["#dns_records:read", "#zone:read", *(["#dns_records:edit"] if request.may_write else [])]
        return {**self.store.zone, "status": "active", "paused": False, "type": "full", "permissions": rights}

    def answer_test(self, request: Request) -> Any:
        """The tests' own paths, under /_lab/."""
        trials = self.trials
        asked = (request.method, request.path)
        if asked == ("GET", "/_lab/zones"):
            return [self.store.zone["name"]]
        if asked == ("GET", "/_lab/requests"):
            return list(trials.requests)
        if asked == ("DELETE", "/_lab/requests"):
            trials.requests.clear()
        elif asked == ("POST", "/_lab/errors"):
            trials.orders.append(Order.of(request.body))
        elif asked == ("DELETE", "/_lab/errors"):
            trials.orders.clear()
        elif asked == ("PUT", "/_lab/read_only"):
            trials.read_only = bool(request.body.get("read_only"))
        elif asked == ("PUT", "/_lab/limit"):
            trials.limit = Limit.of(request.body)
        elif asked == ("DELETE", "/_lab/records"):
            self.store.clear()
        else:
            raise no_route(request.path)
        return {"errors": trials.waiting(), "read_only": trials.read_only}


_ZONE = r"/zones/([0-9a-f]{32})"
_RECORD = _ZONE + r"/dns_records/([0-9a-f]{32})"
_ROUTES: tuple[tuple[str, str, Callable[..., tuple[Any, dict[str, int] | None]]], ...] = (
    ("GET", r"/user/tokens/verify", Api.verify_token),
    ("GET", r"/zones", Api.list_zones),
    ("GET", _ZONE, Api.get_zone),
    ("GET", _ZONE + r"/dns_records", Api.list_records),
    ("POST", _ZONE + r"/dns_records", Api.create),
    ("POST", _ZONE + r"/dns_records/batch", Api.run_batch),
    ("GET", _RECORD, Api.get_record),
    ("PATCH", _RECORD, Api.patch),
    ("PUT", _RECORD, Api.replace),
    ("DELETE", _RECORD, Api.delete),
)


class Handler(BaseHTTPRequestHandler):
    """HTTP around an L(Api)."""

    protocol_version = "HTTP/1.1"
    server_version = "lab-cloudflare"
    api: Api

    def _handle(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        headers: dict[str, str] = {}
        with self.api.lock:
            try:
                body = self._body()
                if url.path.startswith("/_lab/"):
                    status, answer = 200, self.api.answer_test(Request(self.command, url.path, query, body))
                else:
                    status, answer = 200, self._call(url.path, query, body)
            except ApiError as error:
                status, headers = error.status, error.headers
                answer = _envelope(None, None, [{"code": error.code, "message": error.message}])
        self._send(status, answer, headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def _call(self, path: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        entry = self.api.trials.note(self.command, path, query, body, self.headers.get("User-Agent", ""))
        writes = self.command != "GET"
        try:
            if not path.startswith(PREFIX + "/"):
                raise no_route(path)
            self.api.trials.check(self.command, writes)
            may_write = self.api.access.check(self.headers, writes)
            result, info = self.api.answer(Request(self.command, path.removeprefix(PREFIX), query, body, may_write))
            self.api.trials.check_after(self.command)
        except ApiError as error:
            entry.update(status=error.status, code=error.code)
            raise
        entry.update(status=200)
        return _envelope(result, info, [])

    def _body(self) -> dict[str, Any]:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(text or "{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise bad_request(9207, "Request body is invalid JSON.")
        return body

    def _send(self, status: int, answer: Any, headers: dict[str, str]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status, HTTPStatus(status).phrase)
        lines = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
        for name, value in lines.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def make_server(address: str, port: int, api: Api) -> ThreadingHTTPServer:
    """The server, ready to serve."""
    return ThreadingHTTPServer((address, port), type("Handler", (Handler,), {"api": api}))


def _envelope(result: Any, info: dict[str, int] | None, errors: list[dict[str, Any]]) -> dict[str, Any]:
    answer = {"result": result, "success": not errors, "errors": errors, "messages": []}
    return answer if info is None else {**answer, "result_info": info}
