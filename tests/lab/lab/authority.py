# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own small certificate authority: for pebble's directory and the mail catcher, never for tenants."""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.files import write
from lab.settings import Settings

_LIFE = datetime.timedelta(days=3650)


def make_server_certificate(settings: Settings, server: str) -> None:
    """A key and a certificate for the lab's address and localhost in C(tls/SERVER.key) and C(tls/SERVER.pem), unless they are there."""
    folder = settings.lab_dir / "tls"
    if (folder / f"{server}.pem").exists():
        return
    authority_key, authority = _authority(settings)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(settings.address))]
    certificate = (
        _builder(f"the lab's {server}", authority.subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    write(folder / f"{server}.key", _pem(key), mode=0o600)
    write(folder / f"{server}.pem", certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"))


def _authority(settings: Settings) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Our authority, made at the first call."""
    key_file = settings.secret_file("directory_ca.key")
    if not settings.directory_ca.exists() or not key_file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "frappeops lab servers")])
        certificate = (
            _builder("frappeops lab servers", subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_CAN_SIGN, critical=True)
            .sign(key, hashes.SHA256())
        )
        write(key_file, _pem(key), mode=0o600)
        write(settings.directory_ca, certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"))
    loaded = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded, x509.load_pem_x509_certificate(settings.directory_ca.read_bytes())


_CAN_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # Yesterday: clocks of test machines jump.
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + _LIFE)
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")
