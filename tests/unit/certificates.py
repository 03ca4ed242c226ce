# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of a test: with any names, issuer and life, made by the library that checks our reading of them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = 86400
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(
    names: list[str],
    begin: float = -DAY,
    end: float = 89 * DAY,
    organisation: str = "Let's Encrypt",
    common_name: str = "R11",
    key: ec.EllipticCurvePrivateKey = KEY,
) -> x509.Certificate:
    """A certificate whose life begins and ends so many seconds from now."""
    now = datetime.fromtimestamp(int(time.time()), timezone.utc)
    attributes = [(NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name)]
    issuer = x509.Name([x509.NameAttribute(kind, text) for kind, text in attributes if text])
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(seconds=begin))
        .not_valid_after(now + timedelta(seconds=end))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), True)
    return builder.sign(KEY, hashes.SHA256())


def write(path: Path, made: x509.Certificate, key: ec.EllipticCurvePrivateKey = KEY) -> Path:
    """The certificate as a PEM file, and its key beside it as privkey.pem."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.with_name("privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path
