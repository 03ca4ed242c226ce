# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A steady load: so many requests a second, each on a connection of its own, as from many people."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from lab.settings import Settings

#: So many can be under way at once; beyond that the load waits, so that a slow machine is not buried.
_AT_ONCE = 16

#: Seconds that a person would wait for an answer.
_PATIENCE = 60


@dataclass
class Load:
    """What was asked, and what went wrong.

    :param wanted: requests a second.
    """

    wanted: float
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    #: Seconds of the slowest answer.
    slowest: float = 0.0
    #: Seconds of all answers together, and of the load.
    answering: float = 0.0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second, as they really were."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def was_there(self) -> bool:
        """Whether as many were asked as wanted, or else, on a slow machine, as many as can be were under way all the time."""
        return self.rate > 0.9 * self.wanted or self.answering > 0.7 * _AT_ONCE * self.seconds


@contextmanager
def load(settings: Settings, hosts: Sequence[str], rate: float) -> Iterator[Load]:
    """Ask the backends I(hosts) in turn for a pong over HTTPS, I(rate) times a second, as long as the block lasts."""
    # Read once: the bundle holds the roots of all the lab's starts.
    trust = ssl.create_default_context(cafile=str(settings.acme_roots))
    with steady(lambda number: _ask(settings, hosts[number % len(hosts)], trust), rate) as seen:
        yield seen


@contextmanager
def steady(ask: Callable[[int], str], rate: float) -> Iterator[Load]:
    """Call I(ask) I(rate) times a second as long as the block lasts.

    :param ask: makes the request with this number, and returns why it failed; nothing when it did not.
    """
    seen, over, lock = Load(rate), threading.Event(), threading.Lock()
    numbers, begun = itertools.count(), time.monotonic()

    def ask_in_turn() -> None:
        while not over.is_set():
            with lock:
                number = next(numbers)
            if over.wait(max(0.0, begun + number / rate - time.monotonic())):
                return
            started = time.monotonic()
            failure = ask(number)
            with lock:
                seen.requests += 1
                seen.slowest = max(seen.slowest, time.monotonic() - started)
                seen.answering += time.monotonic() - started
                seen.failures += [failure] if failure else []

    people = [threading.Thread(target=ask_in_turn) for _number in range(_AT_ONCE)]
    for person in people:
        person.start()
    try:
        yield seen
    finally:
        over.set()
        for person in people:
            person.join()
        seen.seconds = time.monotonic() - begun


def _ask(settings: Settings, host: str, trust: ssl.SSLContext) -> str:
    """Why the host did not answer pong; empty when it did."""
    try:
        with (
            socket.create_connection((settings.address, settings.ports["https"]), timeout=_PATIENCE) as plain,
            trust.wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            connection = http.client.HTTPConnection(host)
            connection.sock = encrypted
            connection.request("GET", "/api/method/ping", headers={"Connection": "close"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or json.loads(body) != {"message": "pong"}:
                return f"{host}: status {answer.status}, {body[:80]!r}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{host}: {error!r}"
    return ""
