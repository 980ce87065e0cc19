"""What `openssl x509` says of a certificate: options in their order, and the whole text.

It must not know where the certificate was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sim.bash.tools.openssl.names import columns, date_of, hex_of, name_of, validity

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_MOST = 200
"""Certificates of a bundle that are looked at."""
_USES = (
    ("digital_signature", "Digital Signature"), ("content_commitment", "Non Repudiation"),
    ("key_encipherment", "Key Encipherment"), ("data_encipherment", "Data Encipherment"),
    ("key_agreement", "Key Agreement"), ("key_cert_sign", "Certificate Sign"),
    ("crl_sign", "CRL Sign"),
)  # fmt: skip
_PURPOSES = {
    "serverAuth": "TLS Web Server Authentication", "clientAuth": "TLS Web Client Authentication",
    "codeSigning": "Code Signing", "emailProtection": "E-mail Protection",
    "OCSPSigning": "OCSP Signing", "timeStamping": "Time Stamping",
}  # fmt: skip
_CURVES = {"secp256r1": ("prime256v1", "P-256"), "secp384r1": ("secp384r1", "P-384"),
           "secp521r1": ("secp521r1", "P-521")}  # fmt: skip


def parsed(text: str) -> Certificate | None:
    """Return the first certificate in *text* (PEM), or None."""
    return next(iter(parsed_all(text, 1)), None)


def parsed_all(text: str, most: int = _MOST) -> list[Certificate]:
    """Return the certificates in *text* up to *most*, and up to the first that is broken."""
    from cryptography import x509  # noqa: PLC0415 - heavy, and rarely wanted

    found: list[Certificate] = []
    start = text.find(_BEGIN)
    while start >= 0 and len(found) < most:
        end = text.find(_END, start)
        if end < 0:
            break
        try:
            pem = (text[start : end + len(_END)] + "\n").encode("utf-8", "surrogateescape")
            found.append(x509.load_pem_x509_certificate(pem))
        except ValueError:
            break
        start = text.find(_BEGIN, end)
    return found


def is_between(found: Certificate, unix_ms: int) -> bool:
    """Return whether *found* is valid at *unix_ms*."""
    before, after = validity(found)
    return before <= _at(unix_ms) <= after


def _at(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms // 1000, UTC).replace(tzinfo=None)


def described(
    found: Certificate, asked: Sequence[tuple[str, str]], unix_ms: int
) -> tuple[list[str], int]:
    """Return what the options *asked* want told of *found*, and the exit code."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    given = dict(asked)
    lines: list[str] = []
    code = 0
    for name, value in asked:
        lines += _told(found, name, value, given)
        if name == "-pubkey":
            key = found.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            lines += key.decode().splitlines()
        elif name == "-checkend":
            left = (validity(found)[1] - _at(unix_ms)).total_seconds()
            code = int(left < int(value[:12]))
            lines.append(f"Certificate will {'' if code else 'not '}expire")
    if "-noout" not in given:
        lines += found.public_bytes(Encoding.PEM).decode().splitlines()
    return lines, code


def _told(found: Certificate, name: str, value: str, given: dict[str, str]) -> list[str]:
    """Return the lines of one option."""
    before, after = (date_of(one) for one in validity(found))
    style = given.get("-nameopt", "")
    if name == "-dates":
        return [f"notBefore={before}", f"notAfter={after}"]
    if name == "-startdate":
        return [f"notBefore={before}"]
    if name == "-enddate":
        return [f"notAfter={after}"]
    if name == "-subject":
        return [f"subject={name_of(found.subject, style)}"]
    if name == "-issuer":
        return [f"issuer={name_of(found.issuer, style)}"]
    if name == "-serial":
        return [f"serial={hex_of(found.serial_number)}"]
    if name == "-modulus":
        numbers = _rsa(found)
        return [
            f"Modulus={numbers[0]:X}" if numbers else "Modulus=No modulus for this public key type"
        ]
    if name == "-fingerprint":
        return [_fingerprint(found, wide="-sha256" in given)]
    if name == "-text":
        return _whole(found)
    if name == "-checkhost":
        does = "does match" if _is_for(found, value) else "does NOT match"
        return [f"Hostname {value} {does} certificate"]
    if name == "-ext":
        wanted = [one.strip().lower() for one in value.split(",")]
        return _extensions(found, "", wanted)
    return []


def _fingerprint(found: Certificate, *, wide: bool) -> str:
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256  # noqa: PLC0415

    data = found.fingerprint(SHA256() if wide else SHA1())
    return f"{'sha256' if wide else 'SHA1'} Fingerprint={data.hex(':').upper()}"


def _is_for(found: Certificate, host: str) -> bool:
    """Return whether *found* names *host*; X509_check_host(3)."""
    from cryptography import x509  # noqa: PLC0415

    names = [str(one.value) for one in found.subject if one.oid._name == "commonName"]
    for one in found.extensions:
        if isinstance(one.value, x509.SubjectAlternativeName):
            names = one.value.get_values_for_type(x509.DNSName)
    tail = host.lower().partition(".")[2]
    return any(
        name.lower() == host.lower() or (name.startswith("*.") and tail == name[2:].lower())
        for name in names
    )


def _rsa(found: Certificate) -> tuple[int, int] | None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415

    key = found.public_key()
    if not isinstance(key, RSAPublicKey):
        return None
    numbers = key.public_numbers()
    return numbers.n, numbers.e


def _whole(found: Certificate) -> list[str]:
    before, after = (date_of(one) for one in validity(found))
    number = found.serial_number
    small = f"            Serial Number: {number} (0x{number:x})"
    lines = [
        "Certificate:",
        "    Data:",
        f"        Version: {found.version.value + 1} (0x{found.version.value:x})",
    ]
    if number.bit_length() < 64:
        lines.append(small.replace("            ", "        ", 1))
    else:
        serial = hex_of(number).lower()
        pairs = ":".join(serial[at : at + 2] for at in range(0, len(serial), 2))
        lines += ["        Serial Number:", f"            {pairs}"]
    lines += [
        f"        Signature Algorithm: {_algorithm(found)}",
        f"        Issuer: {name_of(found.issuer)}", "        Validity",
        f"            Not Before: {before}", f"            Not After : {after}",
        f"        Subject: {name_of(found.subject)}", "        Subject Public Key Info:",
        *_public_key(found),
    ]  # fmt: skip
    extensions = _extensions(found, "            ", None)
    if extensions:
        lines += ["        X509v3 extensions:", *extensions]
    lines += [f"    Signature Algorithm: {_algorithm(found)}", "    Signature Value:"]
    return [*lines, *columns(found.signature, " " * 8, 18)]


def _public_key(found: Certificate) -> list[str]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    key: Any = found.public_key()
    kind, indent = "            Public Key Algorithm: ", " " * 16
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return [f"{kind}ED25519", f"{indent}ED25519 Public-Key:", f"{indent}pub:",
                *columns(raw, " " * 20, 15)]  # fmt: skip
    numbers = _rsa(found)
    if numbers is not None:
        modulus, exponent = numbers
        octets = modulus.to_bytes(modulus.bit_length() // 8 + 1, "big")
        return [f"{kind}rsaEncryption", f"{indent}Public-Key: ({modulus.bit_length()} bit)",
                f"{indent}Modulus:", *columns(octets, " " * 20, 15),
                f"{indent}Exponent: {exponent} (0x{exponent:x})"]  # fmt: skip
    if isinstance(key, ec.EllipticCurvePublicKey):
        raw = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        name, nist = _CURVES.get(key.curve.name, (key.curve.name, ""))
        lines = [f"{kind}id-ecPublicKey", f"{indent}Public-Key: ({key.key_size} bit)",
                 f"{indent}pub:", *columns(raw, " " * 20, 15), f"{indent}ASN1 OID: {name}"]  # fmt: skip
        return [*lines, f"{indent}NIST CURVE: {nist}"] if nist else lines
    return [f"{kind}(not shown in this simulator)"]


def _algorithm(found: Certificate) -> str:
    name = str(found.signature_algorithm_oid._name)
    return {"ed25519": "ED25519"}.get(name.lower(), name)


def _extensions(found: Certificate, indent: str, wanted: list[str] | None) -> list[str]:
    lines: list[str] = []
    for one in found.extensions:
        name, title, value = _extension(one.value)
        if title and (wanted is None or name.lower() in wanted):
            mark = "critical" if one.critical else ""
            lines += [f"{indent}X509v3 {title}: {mark}", *(f"{indent}    {row}" for row in value)]
    return lines


def _extension(value: Any) -> tuple[str, str, list[str]]:
    """Return the name, the title and the lines of one extension; no title for one not known."""
    from cryptography import x509  # noqa: PLC0415

    if isinstance(value, x509.BasicConstraints):
        limit = "" if value.path_length is None else f", pathlen:{value.path_length}"
        return "basicConstraints", "Basic Constraints", [f"CA:{str(value.ca).upper()}{limit}"]
    if isinstance(value, x509.ExtendedKeyUsage):
        uses = ", ".join(_PURPOSES.get(use._name, use._name) for use in value)
        return "extendedKeyUsage", "Extended Key Usage", [uses]
    if isinstance(value, x509.KeyUsage):
        given = [words for name, words in _USES if getattr(value, name)]
        return "keyUsage", "Key Usage", [", ".join(given)]
    if isinstance(value, x509.SubjectKeyIdentifier):
        return "subjectKeyIdentifier", "Subject Key Identifier", [value.digest.hex(":").upper()]
    if isinstance(value, x509.AuthorityKeyIdentifier) and value.key_identifier is not None:
        text = value.key_identifier.hex(":").upper()
        return "authorityKeyIdentifier", "Authority Key Identifier", [text]
    if isinstance(value, x509.SubjectAlternativeName):
        entries = [_alternative(entry) for entry in value]
        return "subjectAltName", "Subject Alternative Name", [", ".join(entries)]
    return "", "", []


def _alternative(entry: Any) -> str:
    from cryptography import x509  # noqa: PLC0415

    kinds: list[tuple[Any, str]] = [
        (x509.DNSName, "DNS"), (x509.IPAddress, "IP Address"), (x509.RFC822Name, "email"),
        (x509.UniformResourceIdentifier, "URI"),
    ]  # fmt: skip
    for kind, name in kinds:
        if isinstance(entry, kind):
            return f"{name}:{entry.value}"
    return "othername: <unsupported>"
