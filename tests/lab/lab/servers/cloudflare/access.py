# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may call: a scoped token (read and write, or read only), or e-mail with the account's key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

from lab.servers.cloudflare.errors import ApiError, bad_request, forbidden


@dataclass(frozen=True)
class Access:
    """The credentials that the lab accepts."""

    token: str
    read_token: str
    email: str
    api_key: str

    def check(self, headers: Message, writes: bool) -> bool:
        """Raise the API's error unless the request may be made; returns whether the credentials may write."""
        authorization = headers.get("Authorization")
        if authorization is not None:
            return self._check_token(authorization, writes)
        if "X-Auth-Email" in headers and "X-Auth-Key" in headers:
            right = _same(headers["X-Auth-Email"], self.email) and _same(headers["X-Auth-Key"], self.api_key)
            if not right:
                raise ApiError(HTTPStatus.FORBIDDEN, 9103, "Unknown X-Auth-Key or X-Auth-Email")
            return True
        raise bad_request(9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")

    def _check_token(self, authorization: str, writes: bool) -> bool:
        scheme, _blank, token = authorization.partition(" ")
        if scheme != "Bearer" or not token:
            raise bad_request(6003, "Invalid request headers")
        if _same(token, self.token):
            return True
        if not _same(token, self.read_token):
            raise ApiError(HTTPStatus.FORBIDDEN, 9109, "Invalid access token")
        if writes:
            raise forbidden()
        return False


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())
