# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate file, as operators look at it: for which names, from whom, how long."""

from __future__ import annotations

import re
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from . import certificate_der
from .errors import TenantError

DAY = 86400
_FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Certificate(certificate_der.Fields):
    """The fields, and what a person asks of them."""

    @property
    def days_left(self) -> int:
        """Whole days; negative when it has expired."""
        return int((self.not_after - time.time()) // DAY)

    @property
    def expired(self) -> bool:
        return self.not_after <= time.time()

    @property
    def due(self) -> bool:
        """Whether two thirds of its life are over: the time to renew it, however long it lives."""
        return time.time() >= self.not_before + (self.not_after - self.not_before) * 2 / 3

    @property
    def not_after_text(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.not_after))


def read(path: Path) -> Certificate:
    """The first certificate in the PEM file I(path)."""
    try:
        pem = _FIRST.search(path.read_text(encoding="ascii", errors="replace"))
        if pem is None:
            raise ValueError("there is none in it")
        found = certificate_der.read(ssl.PEM_cert_to_DER_cert(pem.group()))
    except OSError as error:
        raise TenantError(f"The certificate {path} cannot be read: {error.strerror}.") from error
    except (ValueError, IndexError, RecursionError) as error:
        raise TenantError(f"The certificate {path} cannot be read: {error}.") from error
    return Certificate(**vars(found))
