# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One webhook: what it is told of an event, signed, and whether it took it.

Headers and signature are those of Standard Webhooks (standardwebhooks.com), so receivers can check them with a library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

try:
    import requests
except ImportError:
    requests = None  # type: ignore[assignment]

#: How often an event is told that was not taken, and the pause before the second time in seconds; it then doubles.
ATTEMPTS = 3
PAUSE_SECONDS = 1.0

#: A secret is this prefix and 24 to 64 random bytes in Base64.
_PREFIX = "whsec_"
_KEY_LENGTHS = range(24, 65)


@dataclass(frozen=True)
class Webhook:
    """Who is told.

    :param name: its name in messages and in the registry; the URL may hold a token and is never shown.
    :param secret: C(whsec_) and the key in Base64.
    :param ca_file: trust only the CAs of this file; None for the system's.
    :param timeout: seconds to wait for connecting, and for the answer.
    """

    name: str
    url: str
    secret: str
    ca_file: str | None = None
    timeout: float = 10.0

    def check(self) -> None:
        """Refuse what could never work, or would send a customer's address unencrypted.

        :raises TenantError: names what is refused.
        """
        if requests is None:
            raise TenantError(
                "The Python that runs ansible-playbook lacks requests.",
                "Install it there: python3 -m pip install requests.",
            )
        self._key()
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
            raise TenantError(f"Webhook {self.name}: its url is refused: it must begin with https://.")

    def tell(self, event: dict[str, Any]) -> None:
        """Tell the event, again if it is not taken at once.

        :param event: as L(registry/webhooks.py) gives it.
        :raises TenantError: it was not taken.
        """
        body = json.dumps(payload(event), ensure_ascii=False, sort_keys=True).encode()
        for attempt in range(ATTEMPTS):
            reason, may_pass = self._post(event_id(event), body)
            if not reason:
                return
            if not may_pass:
                break
            if attempt + 1 < ATTEMPTS:
                time.sleep(PAUSE_SECONDS * 2**attempt)
        raise TenantError(f"Webhook {self.name} did not take {event['event']} of {event['tenant']}: {reason}.")

    def _post(self, message: str, body: bytes) -> tuple[str, bool]:
        """Why it was not taken, empty when it was; and whether another try may help."""
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "frappeops.tenants",
            "webhook-id": message,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._key(), message, stamp, body),
        }
        try:
            answer = requests.post(
                self.url,
                data=body,
                headers=headers,
                timeout=self.timeout,
                verify=self.ca_file or True,
                # A redirect would take the signed event to whom the receiver names.
                allow_redirects=False,
                # What it answers is not read: only its status counts.
                stream=True,
            )
            answer.close()
        except (requests.RequestException, OSError) as error:
            return _reason(error), True
        if 200 <= answer.status_code < 300:
            return "", False
        return f"it answered {answer.status_code}", answer.status_code == 429 or answer.status_code >= 500

    def _key(self) -> bytes:
        encoded = self.secret.removeprefix(_PREFIX)
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not self.secret.startswith(_PREFIX) or len(key) not in _KEY_LENGTHS:
            raise TenantError(
                f"Webhook {self.name}: its secret is refused: it must be {_PREFIX} and 24 to 64 bytes in Base64.",
                f"Make one: echo {_PREFIX}$(openssl rand -base64 32).",
            )
        return key


def signature(key: bytes, message: str, stamp: str, body: bytes) -> str:
    """The signature of one message, by version 1 of the standard."""
    signed = b".".join([message.encode(), stamp.encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def event_id(event: dict[str, Any]) -> str:
    """The same each time that the event is told, and no other's, not even in a registry that was begun anew."""
    moment = "".join(character for character in event["at"][:23] if character.isdigit())
    return f"evt_{event['id']}_{moment}"


def payload(event: dict[str, Any]) -> dict[str, Any]:
    """What is told: the kind of the event, when it was, the tenant, and what the event's own data say."""
    return {
        "type": "tenant." + event["event"].replace(" ", "_"),
        "timestamp": event["at"],
        "data": {"name": event["tenant"], **event["record"], "details": event["data"]},
    }


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    """Not the library's text: it repeats the URL."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.exceptions.Timeout):
        return "it did not answer in time"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "it can't be connected to"
    return f"the request failed ({type(error).__name__})"
