# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what openssl prints of a certificate."""

from __future__ import annotations

import time

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import certificate_file
from ansible_collections.frappeops.tenants.plugins.module_utils.certbot import check_name
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.tools import Tools

LETS_ENCRYPT = """issuer=
    countryName               = US
    organizationName          = Let's Encrypt
    commonName                = R11
notAfter=Feb 21 19:36:45 2027 GMT
X509v3 Subject Alternative Name:
    DNS:api.acme.example.com, DNS:acme.example.com, DNS:*.acme.example.com
"""
# As pebble's: no organisation, the names marked critical.
PEBBLE = """issuer=
    commonName                = Pebble Intermediate CA 76d077
notAfter=Nov 23 20:52:15 2031 GMT
X509v3 Subject Alternative Name: critical
    DNS:acme.tenants.test
"""


def test_names_issuer_and_end() -> None:
    found = certificate_file.parse(LETS_ENCRYPT)
    assert found.names == ("*.acme.example.com", "acme.example.com", "api.acme.example.com")
    assert found.issuer == "Let's Encrypt R11"
    assert found.not_after_text == "2027-02-21T19:36:45Z"
    assert certificate_file.parse(PEBBLE).issuer == "Pebble Intermediate CA 76d077"


@pytest.mark.parametrize(("seconds", "days", "expired"), [(86400 * 2 + 60, 2, False), (60, 0, False), (-60, -1, True)])
def test_days_left(seconds: int, days: int, expired: bool) -> None:
    end = time.strftime("%b %d %H:%M:%S %Y GMT", time.gmtime(time.time() + seconds))
    found = certificate_file.parse(f"notAfter={end}\n")
    assert (found.days_left, found.expired) == (days, expired)


def test_what_is_no_certificate_is_named(tmp_path: object) -> None:
    path = f"{tmp_path}/x.pem"
    with open(path, "w", encoding="ascii") as file:
        file.write("nothing")
    with pytest.raises(TenantError, match="x.pem cannot be read"):
        certificate_file.read(Tools(), path)


@pytest.mark.parametrize("name", ["acme.example.com", "a", "xn--a.example.com", "a-b.c"])
def test_good_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", ".", "a..b", "../a", "-a", "a-", "A.b", "a b", "a\n", "a/b", "*.a.b", "a" * 254])
def test_names_that_could_be_something_else(name: str) -> None:
    with pytest.raises(TenantError, match="is not a host name"):
        check_name(name)
