# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading certificates, held against the library cryptography."""

from __future__ import annotations

from pathlib import Path

import certificates
import pytest
from certificates import DAY
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils import certificate_der, certificate_file
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

HOSTS = st.lists(st.from_regex(r"(\*\.)?[a-z]([a-z0-9-]{0,20}[a-z0-9])?\.test", fullmatch=True), max_size=100)
#: cryptography counts the 64 characters that X.509 allows a name in bytes of UTF-8, of which each of these has two at most.
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=64).filter(
    lambda text: len(text.encode()) <= 64
)
WHOLE = certificates.certificate(["a.test"]).public_bytes(serialization.Encoding.DER)
CENTURIES = st.integers(-60 * 365 * DAY, 300 * 365 * DAY)


@given(names=HOSTS, organisation=TEXTS, common_name=TEXTS, begin=CENTURIES, life=st.integers(1, 90 * 365 * DAY))
def test_fields_are_those_that_were_signed(
    names: list[str], organisation: str, common_name: str, begin: int, life: int
) -> None:
    made = certificates.certificate(names, begin, begin + life, organisation, common_name)
    found = certificate_der.read(made.public_bytes(serialization.Encoding.DER))
    assert found.names == tuple(sorted(set(names)))
    assert found.issuer == (" ".join(filter(None, [organisation, common_name])) or "unknown")
    assert found.not_before == made.not_valid_before_utc.timestamp()
    assert found.not_after == made.not_valid_after_utc.timestamp()


@given(st.binary(max_size=300))
def test_noise_is_refused_and_nothing_else_happens(noise: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        certificate_der.read(noise)


@given(place=st.integers(0, 400), value=st.integers(0, 255))
def test_a_certificate_with_a_broken_byte_is_read_or_refused(place: int, value: int) -> None:
    broken = bytearray(WHOLE)
    broken[place % len(broken)] = value
    try:
        certificate_der.read(bytes(broken))
    except (ValueError, IndexError) as refused:
        assert str(refused)


def test_a_file_with_its_chain_tells_the_first_certificate(tmp_path: Path) -> None:
    path = certificates.write(tmp_path / "fullchain.pem", certificates.certificate(["*.a.test", "a.test"]))
    chain = certificates.certificate([]).public_bytes(serialization.Encoding.PEM)
    path.write_bytes(b"a line of text\n" + path.read_bytes() + chain)
    found = certificate_file.read(path)
    assert (found.names, found.issuer, found.days_left) == (("*.a.test", "a.test"), "Let's Encrypt R11", 88)


@pytest.mark.parametrize(
    ("end", "days", "expired", "due"),
    [
        (90 * DAY, 89, False, False),
        (31 * DAY, 30, False, False),
        (29 * DAY, 28, False, True),
        (60, 0, False, True),
        (-60, -1, True, True),
    ],
)
def test_days_left_and_two_thirds_of_ninety_days(tmp_path: Path, end: int, days: int, expired: bool, due: bool) -> None:
    made = certificates.certificate(["a.test"], end - 90 * DAY, end)
    found = certificate_file.read(certificates.write(tmp_path / "cert.pem", made))
    assert (found.days_left, found.expired, found.due) == (days, expired, due)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("nothing", "there is none in it"),
        ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----", "cannot be read"),
    ],
)
def test_what_is_no_certificate_is_named(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "x.pem"
    path.write_text(content, encoding="ascii")
    with pytest.raises(TenantError, match=f"x.pem cannot be read.*{reason}|x.pem {reason}"):
        certificate_file.read(path)
    with pytest.raises(TenantError, match=r"gone\.pem cannot be read: No such file"):
        certificate_file.read(tmp_path / "gone.pem")
