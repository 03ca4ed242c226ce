# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Social Login Key: an identity provider. Its name is the scrubbed provider name."""

from __future__ import annotations

import json

import frappe
from frappe.model.document import Document
from frappe.utils import cint


class BaseUrlNotSetError(frappe.ValidationError):
    pass


class AuthorizeUrlNotSetError(frappe.ValidationError):
    pass


class AccessTokenUrlNotSetError(frappe.ValidationError):
    pass


class RedirectUrlNotSetError(frappe.ValidationError):
    pass


class ClientIDNotSetError(frappe.ValidationError):
    pass


class ClientSecretNotSetError(frappe.ValidationError):
    pass


class SocialLoginKey(Document):
    def autoname(self) -> None:
        self.name = frappe.scrub(self.provider_name or "")

    def validate(self) -> None:
        enabled = cint(self.enable_social_login)
        for wanted, value, label, error in (
            (cint(self.custom_base_url), self.base_url, "Base URL", BaseUrlNotSetError),
            (True, self.authorize_url, "Authorize URL", AuthorizeUrlNotSetError),
            (True, self.access_token_url, "Access Token URL", AccessTokenUrlNotSetError),
            (True, self.redirect_url, "Redirect URL", RedirectUrlNotSetError),
            (enabled, self.client_id, "Client ID before social login is enabled", ClientIDNotSetError),
            (enabled, self.client_secret, "Client Secret before social login is enabled", ClientSecretNotSetError),
        ):
            if wanted and not value:
                frappe.throw(f"Please enter {label}", error)
        self._check_json("auth_url_data", "Auth URL data")
        self._check_json("api_endpoint_args", "API Endpoint Args")

    def _check_json(self, fieldname: str, label: str) -> None:
        try:
            json.loads(self.get(fieldname) or "{}")
        except ValueError:
            frappe.throw(f"{label} should be valid JSON")
