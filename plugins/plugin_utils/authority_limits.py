# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a certificate authority gives, as Let's Encrypt counts it: buckets that fill again evenly.

Of 50 certificates a week all can be had at once; from then on one more every 202 minutes.
See letsencrypt.org/docs/rate-limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ansible_collections.frappeops.tenants.plugins.module_utils.certbot import STAGING
from ansible_collections.frappeops.tenants.plugins.module_utils.certificate_list import PRODUCTION

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
THREE_HOURS = timedelta(hours=3)


@dataclass(frozen=True)
class Limits:
    """An authority's limits; 0 is none.

    :param domain_week: certificates for new sets of names, per registered domain and week.
    :param names_week: certificates for exactly the same names, per week.
    :param failures_hour: failed validations, per name and hour.
    :param orders_3_hours: orders of any kind and outcome, per account and 3 hours.
    """

    domain_week: int = 0
    names_week: int = 0
    failures_hour: int = 0
    orders_3_hours: int = 0


_KNOWN = {PRODUCTION: Limits(50, 5, 5, 300), STAGING: Limits(30_000, 30_000, 200, 1_500)}


def limits_of(authority: str, given: Mapping[str, int]) -> Limits:
    """The limits of the authority. An authority that is not known has only those that are I(given)."""
    return Limits(**{**vars(_KNOWN.get(authority, Limits())), **given})


def free_from(count: int, window: timedelta, uses: Iterable[datetime]) -> datetime | None:
    """When one more is given after I(uses), which are in their order; None when it is given now."""
    if not count:
        return None
    step = window / count
    full_again: datetime | None = None
    for use in uses:
        full_again = max(full_again or use, use) + step
    if full_again is None:
        return None
    free = full_again - window + step
    return free if free > datetime.now(timezone.utc) else None
