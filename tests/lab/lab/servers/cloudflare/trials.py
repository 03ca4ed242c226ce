# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests may order: errors that come next, no writing at all, a limit of requests, and a look at what was asked."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

from lab.servers.cloudflare.errors import ApiError, bad_request

LONGEST_LOG = 10_000
_DEFAULTS: dict[int, tuple[int, str]] = {
    HTTPStatus.TOO_MANY_REQUESTS: (971, "Please wait and consider throttling your request speed"),
}


@dataclass
class Order:
    """An error that the next requests get: how often, for which of them, and whether after they were carried out."""

    status: int
    code: int
    message: str
    times: int = 1
    retry_after: int | str | None = None
    method: str | None = None
    after: bool = False

    @classmethod
    def of(cls, given: dict[str, Any]) -> Order:
        try:
            status = int(given["status"])
            code, message = _DEFAULTS.get(status, (status, HTTPStatus(status).phrase))
            return cls(**{"code": code, "message": message, **given, "status": status})
        except (KeyError, TypeError, ValueError) as error:
            raise bad_request(
                1000, f"An order of errors needs status, and may have {list(cls.__annotations__)}: {error}"
            ) from error

    def error(self) -> ApiError:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return ApiError(self.status, self.code, self.message, headers)


@dataclass
class Limit:
    """So many requests in so many seconds; past it all are refused for as long again, as Cloudflare does it."""

    requests: int
    seconds: float
    times: deque[float] = field(default_factory=deque)
    closed_until: float = 0.0

    @classmethod
    def of(cls, given: dict[str, Any]) -> Limit | None:
        return cls(int(given["requests"]), float(given["seconds"])) if given.get("requests") else None

    def check(self) -> None:
        """Count a request; raise the API's error when it is one too many."""
        now = time.monotonic()
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        if now >= self.closed_until and len(self.times) < self.requests:
            self.times.append(now)
            return
        if now >= self.closed_until:
            self.closed_until = now + self.seconds
        raise Order.of({"status": 429, "retry_after": math.ceil(self.closed_until - now)}).error()


@dataclass
class Trials:
    """The state of the tests' orders."""

    orders: list[Order] = field(default_factory=list)
    read_only: bool = False
    limit: Limit | None = None
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LONGEST_LOG))

    def note(self, method: str, path: str, query: dict[str, str], body: Any, client: str) -> dict[str, Any]:
        """Write the request down; whoever answers it adds the status. No header: they hold the token."""
        entry = {"method": method, "path": path, "query": query, "body": body, "client": client}
        self.requests.append(entry)
        return entry

    def check(self, method: str, writes: bool) -> None:
        """Raise the error that a test ordered for such a request, before it is carried out."""
        if self.limit is not None:
            self.limit.check()
        if writes and self.read_only:
            raise ApiError(
                HTTPStatus.CONFLICT, 1001, f"The lab was told to refuse every change, and this is a {method}."
            )
        self._raise_ordered(method, after=False)

    def check_after(self, method: str) -> None:
        """The same for a request that was carried out: its answer is lost."""
        self._raise_ordered(method, after=True)

    def _raise_ordered(self, method: str, after: bool) -> None:
        for order in self.orders:
            if order.method in (None, method) and order.after == after:
                order.times -= 1
                if order.times < 1:
                    self.orders.remove(order)
                raise order.error()

    def waiting(self) -> list[dict[str, Any]]:
        return [asdict(order) for order in self.orders]
