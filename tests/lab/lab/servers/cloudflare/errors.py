# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of the API, with their codes."""

from __future__ import annotations

from http import HTTPStatus


class ApiError(Exception):
    """An error that the client gets as C({"success": false, "errors": [{"code": ..., "message": ...}]})."""

    def __init__(self, status: int, code: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def bad_request(code: int, message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, code, message)


def no_route(path: str) -> ApiError:
    return ApiError(
        HTTPStatus.NOT_FOUND, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?"
    )


def no_record() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, 81044, "Record does not exist.")


def forbidden() -> ApiError:
    return ApiError(HTTPStatus.FORBIDDEN, 10000, "Authentication error")
