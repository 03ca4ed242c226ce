# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that the operator brings, good ones and every kind of wrong ones."""

from __future__ import annotations

from pathlib import Path

import certificates
import pytest
from certificates import DAY
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.modules.certificate_files_check import look

HOSTS = ["acme.test.example", "acme-api.test.example"]


def check(fullchain: Path, hosts: list[str]) -> dict[str, object]:
    params = {"fullchain": str(fullchain), "privkey": str(fullchain.with_name("privkey.pem")), "hosts": hosts}
    return look(params)["certificate"]


def test_a_wildcard_with_its_key(tmp_path: Path) -> None:
    path = certificates.write(tmp_path / "fullchain.pem", certificates.certificate(["*.test.example"]))
    told = check(path, HOSTS)
    assert (told["fullchain"], told["names"], told["days_left"]) == (str(path), ["*.test.example"], 88)


@pytest.mark.parametrize(
    ("names", "end", "hosts", "reason"),
    [
        (
            ["*.test.example"],
            9 * DAY,
            [*HOSTS, "api.acme.test.example"],
            r"is not for api\.acme\.test\.example: it is for \*",
        ),
        (["*.test.example"], -60, HOSTS, "has expired on 20"),
    ],
)
def test_what_does_not_serve(tmp_path: Path, names: list[str], end: int, hosts: list[str], reason: str) -> None:
    made = certificates.certificate(names, -90 * DAY, end)
    with pytest.raises(TenantError, match=reason):
        check(certificates.write(tmp_path / "fullchain.pem", made), hosts)


def test_a_key_that_is_not_its_own_locked_or_gone(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    path = certificates.write(tmp_path / "fullchain.pem", certificates.certificate(["*.test.example"]), other)
    with pytest.raises(TenantError, match=r"privkey\.pem is not the certificate's"):
        check(path, HOSTS)
    path.with_name("privkey.pem").write_bytes(
        other.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(TenantError, match="can't be used without a password"):
        check(path, HOSTS)
    path.with_name("privkey.pem").unlink()
    with pytest.raises(TenantError, match=r"privkey\.pem is not there"):
        check(path, HOSTS)
