# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frappe's exceptions, with the HTTP status each one becomes."""

from __future__ import annotations

from werkzeug.exceptions import NotFound


class SiteNotSpecifiedError(Exception):
    """A command that needs a site was called without one."""

    def __init__(self, *_args: object) -> None:
        super().__init__("Please specify --site sitename")


class ValidationError(Exception):
    http_status_code = 417


class AuthenticationError(Exception):
    http_status_code = 401


class SessionExpired(Exception):
    http_status_code = 401


class PermissionError(Exception):
    http_status_code = 403


class NameError(Exception):
    http_status_code = 409


class SessionStopped(Exception):
    http_status_code = 503


class CSRFTokenError(Exception):
    http_status_code = 400


class DoesNotExistError(ValidationError):
    http_status_code = 404


class RateLimitExceededError(ValidationError):
    http_status_code = 429


class InReadOnlyMode(ValidationError):
    http_status_code = 503


class OutgoingEmailError(Exception):
    http_status_code = 501


class DuplicateEntryError(NameError):
    pass


class MandatoryError(ValidationError):
    pass


class LinkValidationError(ValidationError):
    pass


class CharacterLengthExceededError(ValidationError):
    pass


class LinkExistsError(ValidationError):
    pass


class UniqueValidationError(ValidationError):
    pass


class InvalidNameError(ValidationError):
    pass


class InvalidEmailAddressError(ValidationError):
    pass


class TimestampMismatchError(ValidationError):
    pass


class InvalidAuthorizationToken(CSRFTokenError):
    pass


class IncorrectSitePath(NotFound):
    """The folder that a site name points to does not exist."""


class Redirect(Exception):
    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location
