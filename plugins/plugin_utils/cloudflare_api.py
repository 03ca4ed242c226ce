# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls Cloudflare's API by its official SDK, patiently and within a deadline.

The SDK's own retries wait for at most a minute, whatever Retry-After says, and repeat a change whose answer was lost.
Cloudflare closes its API for up to five minutes to who passed 1,200 requests in five minutes, so we retry ourselves.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import count
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_zone import Unsure, ZoneChanged
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.pauses import Deadline, Pauses

# Imported here, at the top: an action's file is loaded in Ansible's main process before it forks the workers, so the
# 0.4 s are paid once a run. The second import is what client.dns.records would do at its first use.
try:
    import cloudflare
    import cloudflare.resources.dns.records
except ImportError:
    cloudflare: Any = None  # type: ignore[no-redef]
    IMPORT_ERROR: str | None = traceback.format_exc()
else:
    IMPORT_ERROR = None

PER_PAGE = 1000
#: What a batch may hold on every plan of Cloudflare.
BATCH_SIZE = 200
#: The right to change a zone's records.
_EDIT = "#dns_records:edit"
#: Seconds for one request.
_PATIENCE = 30.0

#: Another was faster: an equal record exists (81057, 81058), one that excludes ours (81053, 81054), or one is gone (81044).
_CHANGED_MEANWHILE = {81044, 81053, 81054, 81057, 81058}
_REMEDIES = {
    "Give a token with the permission DNS Edit for this zone (and Zone Read unless zone_id is set), or the right e-mail "
    "and key.": {6003, 6111, 9103, 9106, 9109, 10000},
    "Check zone_id: it stands on the zone's overview page.": {7000, 7003},
    "Give a TTL of 60 to 86400 seconds, or 1 for automatic.": {9021},
}


_CREDENTIALS = ("api_token", "api_email", "api_key")

#: The options of what speaks with a zone; doc_fragments/cloudflare.py documents them.
ZONE_ARGUMENTS: dict[str, Any] = {
    "zone": {"type": "str", "required": True},
    "zone_id": {"type": "str"},
    "api_token": {"type": "str", "no_log": True},
    "api_email": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "base_url": {"type": "str"},
    "timeout": {"type": "int", "default": 330},
}


def open_api(arguments: dict[str, Any]) -> CloudflareApi:
    """The API as ZONE_ARGUMENTS say.

    :raises TenantError: there are no credentials, or too many.
    """
    return CloudflareApi(_credentials(arguments), arguments["base_url"], arguments["timeout"])


class CloudflareApi:
    """The API for one zone.

    :param credentials: C(api_token), or C(api_email) and C(api_key).
    :param base_url: where the API is; None for Cloudflare's own.
    :param timeout: seconds for all calls together.
    """

    def __init__(self, credentials: dict[str, str | None], base_url: str | None, timeout: float) -> None:
        if cloudflare is None:
            raise TenantError(
                "The controller's Python lacks Cloudflare's SDK.",
                "Install it there: python3 -m pip install 'cloudflare>=5.0'.",
                exception=IMPORT_ERROR,
            )
        self.requests = 0
        self._deadline = Deadline(timeout)
        self._client = cloudflare.Cloudflare(base_url=base_url, max_retries=0, timeout=_PATIENCE, **credentials)
        # What is not given the SDK takes from the environment, and would send beside what is given.
        for name, value in credentials.items():
            setattr(self._client, name, value)
        self._client.user_service_key = None

    def zone_id(self, zone: str, changes: bool) -> str:
        """The id of the zone called I(zone).

        :param changes: refuse credentials that may not change its records, as far as the API tells what they may.
        """
        found = self._call(f"finding the zone {zone}", lambda: self._client.zones.list(name=zone)).result
        if not found:
            raise TenantError(
                f"Cloudflare shows no zone {zone} to these credentials.",
                "Check dns_cloudflare.zone, and that the token may read this zone; or set dns_cloudflare.zone_id.",
            )
        rights = found[0].permissions
        if changes and rights and _EDIT not in rights:
            raise TenantError(
                f"Cloudflare lets these credentials read the zone {zone}, but not change its records.",
                "Give a token with the permission DNS Edit for this zone.",
            )
        return str(found[0].id)

    def records(self, zone_id: str, **filters: Any) -> list[Any]:
        """All records that the filters let through."""
        found: list[Any] = []
        for number in count(1):
            page = self._page(zone_id, number, filters)
            found += page.result or []
            # The API may give smaller pages than it was asked for.
            if len(page.result or []) < (page.result_info.per_page or PER_PAGE):
                break
        return found

    def _page(self, zone_id: str, number: int, filters: dict[str, Any]) -> Any:
        what = "reading the records"
        page = self._call(
            what, lambda: self._client.dns.records.list(zone_id=zone_id, per_page=PER_PAGE, page=number, **filters)
        )
        if page.result_info is None:
            raise _not_the_api(what)
        return page

    def batch(self, what: str, zone_id: str, changes: list[tuple[str, dict[str, Any]]]) -> None:
        """Make I(changes), each a C(deletes), C(patches) or C(posts), in their order; those of one batch all or none."""
        for start in range(0, len(changes), BATCH_SIZE):
            batch: dict[str, list[dict[str, Any]]] = {}
            for kind, change in changes[start : start + BATCH_SIZE]:
                batch.setdefault(kind, []).append(change)
            self._call(what, partial(self._client.dns.records.batch, zone_id=zone_id, **batch), changes=True)

    def _call(self, what: str, call: Callable[[], Any], changes: bool = False) -> Any:
        """Make a call, again and again while the API is busy or out of order."""
        pauses = Pauses(self._deadline)
        while True:
            self.requests += 1
            try:
                return call()
            except AttributeError:
                # By which the SDK shows that an answer is no JSON, but the page of a proxy or of another server.
                raise _not_the_api(what) from None
            except cloudflare.APIConnectionError as error:
                reason, asked, sent = f"it does not answer: {error.__cause__ or error}", None, True
            except cloudflare.APIStatusError as error:
                if error.status_code != 429 and error.status_code < 500:
                    raise _refusal(what, error) from None
                reason, asked = _told(error), _retry_after(error)
                # One that came too early was not even looked at.
                sent = error.status_code != 429
            if not pauses.pause(asked):
                wait = f" and asks for {asked:g} s of patience" if asked else ""
                raise TenantError(
                    f"Cloudflare's API, {what}: {reason}{wait}; given up within {self._deadline.timeout:g} s.",
                    "Run again later.",
                )
            if changes and sent:
                raise Unsure


def _credentials(arguments: dict[str, Any]) -> dict[str, str | None]:
    given = {name: arguments[name] or None for name in _CREDENTIALS}
    if [name for name in _CREDENTIALS if given[name]] not in (["api_token"], ["api_email", "api_key"]):
        raise TenantError(
            "api_token, or api_email with api_key, is needed, and not both.", "A scoped token is the safer one."
        )
    return given


def _not_the_api(what: str) -> TenantError:
    return TenantError(f"Cloudflare's API, {what}: the answer is not the API's.", "Check base_url.")


def _refusal(what: str, error: Any) -> Exception:
    codes = {one["code"] for one in _errors(error)}
    if codes & _CHANGED_MEANWHILE:
        return ZoneChanged()
    remedy = next((remedy for remedy, known in _REMEDIES.items() if codes & known), "See the message of the API.")
    return TenantError(
        f"Cloudflare's API, {what}: {_told(error)}.", remedy, status=error.status_code, codes=sorted(codes)
    )


def _told(error: Any) -> str:
    """The API's own words."""
    said = "; ".join(f"{one['message'].rstrip('.')} ({one['code']})" for one in _errors(error))
    return f"HTTP {error.status_code}" + (f", {said}" if said else "")


def _errors(error: Any) -> list[dict[str, Any]]:
    """The errors of an answer, with those that caused them."""
    body = error.body if isinstance(error.body, dict) else {}
    found = []
    for one in body.get("errors") or []:
        found += [one, *(one.get("error_chain") or [])]
    return [{"code": one.get("code", 0), "message": str(one.get("message", ""))} for one in found]


def _retry_after(error: Any) -> float | None:
    """The seconds that the answer asks us to wait, given as such or as a date (RFC 9110 10.2.3)."""
    text = error.response.headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
