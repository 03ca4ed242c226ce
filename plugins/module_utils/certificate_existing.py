# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate that the operator brings: whether its files can serve the tenant's hosts."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from . import certificate_file
from .certificate_file import Certificate
from .errors import TenantError
from .naming import is_covered

_REMEDY = "Put right the files that certificate_existing names on the edge."


def check(fullchain: Path, privkey: Path, hosts: Sequence[str]) -> Certificate:
    """The certificate, if it is for all I(hosts), still valid, and made for this key.

    :raises TenantError: it is not, or a file is missing.
    """
    certificate = certificate_file.read(fullchain)
    missing = [host for host in hosts if not is_covered(host, certificate.names)]
    if missing:
        raise TenantError(
            f"The certificate {fullchain} is not for {', '.join(missing)}: it is for {', '.join(certificate.names)}.",
            "Have it made for all names, or choose another tls_plan.",
        )
    if certificate.expired:
        raise TenantError(f"The certificate {fullchain} has expired on {certificate.not_after_text}.", _REMEDY)
    _check_key(fullchain, privkey)
    return certificate


def _check_key(fullchain: Path, privkey: Path) -> None:
    try:
        # The password is never asked for: nginx could not ask either.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(fullchain, privkey, password="")
    except FileNotFoundError as error:
        raise TenantError(f"The key {privkey} is not there.", _REMEDY) from error
    except PermissionError as error:
        raise TenantError(f"The key {privkey} can't be read by this host's user.", _REMEDY) from error
    except ssl.SSLError as error:
        wrong = (
            "is not the certificate's" if error.reason == "KEY_VALUES_MISMATCH" else "can't be used without a password"
        )
        raise TenantError(f"The key {privkey} {wrong} ({error.reason or error}).", _REMEDY) from error
