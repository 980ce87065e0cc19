"""The certificate of a server that has none: a small authority, made once, that has signed one server.

Who trusts the authority trusts this server and no other: its key is forgotten as soon as it has
signed. What is served under it is not known here.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=397)
"""As long as clients put up with."""
RENEWED = timedelta(days=30)
"""A start this long before the end makes a new one."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ANYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a server's certificate lies."""

    chain: Path
    """The server's certificate, PEM."""
    key: Path
    """Its key, readable by its owner only."""
    authority: Path | None
    """What clients are told to trust; None if they trust it anyway."""


def given(chain: Path, key: Path) -> Certificate:
    """Return a certificate that somebody else made.

    A chain that ends in a certificate signed by itself says whom to trust; any other is trusted by
    whatever the clients' machines trust.

    Raises:
        ValueError: if a file is no PEM.
        OSError: if a file cannot be read.
    """
    certificates = x509.load_pem_x509_certificates(chain.read_bytes())
    key.read_bytes()
    last = certificates[-1]
    return Certificate(chain, key, chain if last.issuer == last.subject else None)


def made(folder: Path, host: str) -> Certificate:
    """Return the certificate in *folder* for a server on *host*, made if there is none that holds."""
    names = _names(host)
    found = Certificate(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
    if not _holds(found, names):
        folder.mkdir(parents=True, exist_ok=True)
        _make(found, folder / "ca.crt", names)
    return found


def _names(host: str) -> list[str]:
    own = () if host in _LOOPBACK or host.startswith("127.") else (socket.gethostname(),)
    asked = () if host.strip("[]") in _ANYWHERE else (host.strip("[]"),)
    return list(dict.fromkeys([*_LOOPBACK, *asked, *own]))


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _holds(found: Certificate, names: list[str]) -> bool:
    """Return whether there is a certificate for *names* that will not end soon."""
    assert found.authority is not None, "ours has one"
    if not (found.chain.exists() and found.key.exists() and found.authority.exists()):
        return False
    try:
        server = x509.load_pem_x509_certificate(found.chain.read_bytes())
        listed = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    soon = datetime.now(UTC) + RENEWED
    return server.not_valid_after_utc > soon and all(
        _alternative(name) in set(listed) for name in names
    )


def _make(wanted: Certificate, authority: Path, names: list[str]) -> None:
    now = datetime.now(UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "uncordon authority")])
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id)
    ca = (
        _begun(ca_name, ca_name, ca_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(ca_id, critical=False)
        .add_extension(signed_by, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "uncordon")])
    own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    server = (
        _begun(name, ca_name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_alternative(one) for one in names]), critical=False
        )
        .add_extension(own_id, critical=False)
        .add_extension(signed_by, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    # The chain comes last: with it there, the other two are there as well.
    _write(
        wanted.key,
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        mode=0o600,
    )
    _write(authority, ca.public_bytes(Encoding.PEM), mode=0o644)
    _write(wanted.chain, server.public_bytes(Encoding.PEM), mode=0o644)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A client's clock may be a little behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file in full before it has its name."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
    part.replace(path)
