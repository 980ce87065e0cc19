"""openssl says of a certificate, of texts and of wrong words what the real one says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sim.bash.process import Proc
from sim.bash.tools.openssl import Met, openssl_program
from tests.bash.place import HOME, NIGHT_MS, Place
from tests.conftest import missing
from tests.real import real

NIGHT = datetime.fromtimestamp(NIGHT_MS / 1000, UTC).replace(microsecond=0)
LINES = (
    "x509 -in {} -noout -text",
    "x509 -in {} -noout -dates -subject -issuer -serial",
    "x509 -in {} -noout -subject -nameopt RFC2253",
    "x509 -in {} -noout -fingerprint -sha256",
    "x509 -in {} -noout -fingerprint",
    "x509 -in {} -noout -ext subjectAltName,keyUsage",
    "x509 -in {} -noout -ext nsComment",
    "x509 -in {} -noout -checkhost pay.example.com",
    "x509 -in {} -noout -checkhost other.example.com",
    "x509 -in {} -noout -modulus",
    "x509 -in {} -noout -pubkey",
    "x509 -in {}",
    "x509 -in {} -enddate",
    "x509 -noout -dates -in nosuch",
    "x509 -in",
    "x509 -in {} -checkend x",
    "x509 -in {} extra",
    "s_client -foo",
    "foo",
    "verify -attime 1795142820 -CAfile {} {}",
    "verify -attime 1795142820 {}",
    "base64 -in {}",
    "dgst -sha256 {}",
    "md5 {}",
    "dgst -r {}",
)


class Nobody:
    """No servers, and the place's time."""

    def unix_ms(self, proc: Proc) -> int:
        return NIGHT_MS

    def address(self, proc: Proc, host: str) -> str | None:
        return "127.0.0.1" if host == "localhost" else None

    def meet(self, proc: Proc, ip: str, port: int) -> Any:
        return Met("refused")
        yield


def made(key: Any) -> str:
    """Return a certificate over *key*, signed with itself, with whatever may stand in one."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme, Inc"),
            x509.NameAttribute(NameOID.COMMON_NAME, "pay.example.com"),
        ]
    )
    hosts = [
        x509.DNSName("pay.example.com"),
        x509.DNSName("*.pay.example.com"),
        x509.IPAddress(IPv4Address("10.0.0.1")),
    ]
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=True,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x1234567890ABCDEF1234)
        .not_valid_before(NIGHT - timedelta(days=3))
        .not_valid_after(NIGHT + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    plain = isinstance(key, ed25519.Ed25519PrivateKey)
    return builder.sign(key, None if plain else SHA256()).public_bytes(Encoding.PEM).decode()


KEYS: dict[str, Callable[[], Any]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


def place_with(text: str) -> Place:
    place = Place()
    place.shell.programs = {**place.shell.programs, "openssl": openssl_program(Nobody())}
    place.files.write(f"{HOME}/own.pem", text)
    return place


def plain(text: str) -> str:
    """Without the thread's number that begins each line of OpenSSL's own errors."""
    return re.sub(r"^[0-9A-F]{16}:", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("kind", KEYS)
def test_certificates_are_told_as_by_the_real_one(tmp_path: Path, kind: str) -> None:
    program = real("openssl")
    version = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    if not version.stdout.startswith("OpenSSL 3.0"):
        missing("tools", "the texts are those of OpenSSL 3.0")
    text = made(KEYS[kind]())
    (tmp_path / "own.pem").write_text(text)
    place = place_with(text)
    differing = {}
    for line in LINES:
        words = line.replace("{}", "own.pem")
        ran = subprocess.run(
            [program, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        ours = place.run(f"openssl {words} </dev/null")
        theirs = (ran.stdout, plain(ran.stderr), ran.returncode)
        if theirs != (ours.out, plain(ours.err), ours.code):
            differing[words] = (theirs, ours)
    assert not differing


def test_time_is_that_of_the_place() -> None:
    place = place_with(made(KEYS["ec"]()))
    assert place.run("openssl x509 -in own.pem -noout -checkend 86400").code == 0
    gone = place.run(f"openssl x509 -in own.pem -noout -checkend {31 * 86400}")
    assert (gone.out, gone.code) == ("Certificate will expire\n", 1)


def test_what_base64_makes_comes_back() -> None:
    place = place_with("x" * 100)
    assert place.run("openssl base64 -in own.pem | openssl enc -base64 -d").out == "x" * 100
    assert place.run("openssl rand -hex 8 | wc -c").out == "17\n"


def test_a_client_says_who_is_not_there() -> None:
    ran = place_with("").run("openssl s_client -connect localhost:9443")
    assert ran.err.endswith("connect:errno=111\n")
    assert ran.code == 1
    assert "Name or service not known" in place_with("").run("openssl s_client -connect x:1").err
