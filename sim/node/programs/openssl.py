"""openssl: s_client against what listens, x509 on files and pipes, rand and version.

Texts are those of OpenSSL 3.0. This file must not know whose certificates there are.
"""

from __future__ import annotations

import base64
from collections.abc import Generator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.node.certificates import pem, served, subjects
from sim.node.network import Connect
from sim.node.programs.host import machine_of
from sim.node.programs.options import UsageError, waiting
from sim.node.programs.reach import dial, resolve

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

VERSION = "OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17 1 Jul 2025)"
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_ERRNO = {"refused": 111, "timeout": 110, "unreachable": 113}
_STRERROR = {
    "refused": "Connection refused",
    "timeout": "Connection timed out",
    "unreachable": "No route to host",
}
_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU",
          "countryName": "C", "localityName": "L", "stateOrProvinceName": "ST"}  # fmt: skip


@waiting(1)
def openssl(proc: Proc) -> Running:
    """Look at certificates and at who shows them."""
    words = list(proc.argv[1:])
    command = words.pop(0) if words else ""
    if command == "version":
        proc.print(VERSION)
        return 0
    if command == "s_client":
        return (yield from _client(proc, words))
    if command == "x509":
        return (yield from _x509(proc, words))
    if command == "rand":
        return _rand(proc, words)
    known = ("req", "rsa", "verify", "enc", "dgst", "genrsa", "pkey", "ec", "crl", "ciphers",
             "s_server", "speed", "passwd", "pkcs12", "genpkey", "asn1parse", "list", "help",
             "ecparam", "crl2pkcs7", "pkcs7", "ocsp", "s_time", "errstr", "prime")  # fmt: skip
    if command in known:
        raise UsageError(f"openssl: {command} is not supported in this simulator")
    if not command:
        raise UsageError(
            "openssl: the prompt is not supported in this simulator; openssl COMMAND ..."
        )
    raise UsageError(f"Invalid command '{command}'; type \"help\" for a list.")


def _rand(proc: Proc, words: list[str]) -> int:
    sizes = [word for word in words if not word.startswith("-")]
    if not sizes or not sizes[0].isdigit():
        raise UsageError("rand: Use -help for summary.")
    size = min(int(sizes[0][:6]), 65_536)
    data = bytes.fromhex(machine_of(proc).stream.at("openssl-rand", proc.env.now).hex(2 * size))
    if "-hex" in words:
        proc.print(data.hex())
    elif "-base64" in words:
        text = base64.b64encode(data).decode()
        proc.print(*(text[at : at + 64] for at in range(0, len(text), 64)))
    else:
        proc.stdout.write(data.decode("utf-8", "surrogateescape"))
    return 0


# -- s_client ------------------------------------------------------------------------------------


def _client(proc: Proc, words: list[str]) -> Generator[simpy.Event, Any, int]:
    where, flags = "", set()
    while words:
        word = words.pop(0)
        if word in ("-connect", "-servername", "-CAfile", "-CApath", "-cert", "-key", "-alpn",
                    "-starttls", "-verify", "-verify_hostname", "-cipher"):  # fmt: skip
            if not words:
                raise UsageError(
                    f"s_client: Option {word} needs a value\ns_client: Use -help for summary."
                )
            value = words.pop(0)
            if word == "-starttls":
                raise UsageError("openssl: -starttls is not supported in this simulator")
            where = value if word == "-connect" else where
            flags.add(word)
        elif word.startswith("-"):
            if word not in ("-showcerts", "-brief", "-quiet", "-debug", "-msg", "-state", "-tls1_2",
                            "-tls1_3", "-no_ign_eof", "-ign_eof", "-4", "-verify_quiet", "-nocommands"):  # fmt: skip
                raise UsageError(
                    f"s_client: Unknown option: {word.lstrip('-')}\ns_client: Use -help for summary."
                )
            flags.add(word)
        else:
            where = word
    host, colon, text = (where or "localhost:4433").rpartition(":")
    port = int(text) if text.isdigit() and len(text) < 6 else 0
    ip = resolve(proc, host) if colon else None
    if ip is None or not port:
        proc.stderr.write(
            "4077A1F4107F0000:error:10080002:BIO routines:BIO_lookup_ex:system lib:"
            "../crypto/bio/bio_addr.c:746:Name or service not known\nconnect:errno=22\n"
        )
        return 1
    done = yield from dial(proc, ip, port)
    if done.result.kind != "ok":
        number, why = _ERRNO[done.result.kind], _STRERROR[done.result.kind]
        proc.stderr.write(
            f"4027D4AFF07F0000:error:800000{number:02X}:system library:BIO_connect:{why}:"
            "../crypto/bio/bio_sock2.c:117:calling connect()\n"
            "4027D4AFF07F0000:error:10000067:BIO routines:BIO_connect:connect error:"
            f"../crypto/bio/bio_sock2.c:119:\nconnect:errno={number}\n"
        )
        return 1
    shown = _shown_by(proc, done.result, port)
    if shown is None:
        return _no_tls(proc)
    yield from proc.stdin.read_all()
    return _handshake(proc, shown, flags)


def _shown_by(proc: Proc, reached: Connect, port: int) -> str | None:
    """Return the PEM of the certificate that whoever was *reached* shows."""
    here = machine_of(proc)
    ip, _, text = reached.endpoint.rpartition(":")
    machine = here if ip.startswith("127.") else here.network.machine_at(ip)
    if machine is None or reached.container is not None:
        return None
    path = served(machine, int(text or port))
    return None if path is None else pem(machine, subjects(machine)[path])


def _no_tls(proc: Proc) -> int:
    proc.print("CONNECTED(00000003)")
    proc.stderr.write(
        "40A7C5E6E17F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:"
        "../ssl/record/ssl3_record.c:354:\n"
    )
    proc.print(
        "---", "no peer certificate available", "---", "No client certificate CA names sent", "---",
        "SSL handshake has read 5 bytes and written 293 bytes", "Verification: OK", "---",
        "New, (NONE), Cipher is (NONE)", "Secure Renegotiation IS NOT supported",
        "Compression: NONE", "Expansion: NONE", "No ALPN negotiated", "Early data was not sent",
        "Verify return code: 0 (ok)", "---",
    )  # fmt: skip
    return 1


def _handshake(proc: Proc, text: str, flags: set[str]) -> int:
    found = _parsed(text)
    assert found is not None, "the model's own certificate"
    subject, issuer = (_name(one) for one in (found.subject, found.issuer))
    trusted = "-CAfile" in flags and issuer == "CN = kubernetes"
    number, why = (0, "ok") if trusted else (21, "unable to verify the first certificate")
    if not trusted:
        proc.stderr.write(
            f"depth=0 {subject}\nverify error:num=20:unable to get local issuer certificate\n"
            f"verify return:1\ndepth=0 {subject}\nverify error:num=21:{why}\nverify return:1\n"
            f"depth=0 {subject}\nverify return:1\n"
        )
    else:
        proc.stderr.write(
            f"depth=1 {issuer}\nverify return:1\ndepth=0 {subject}\nverify return:1\n"
        )
    if "-quiet" in flags:
        return 0
    before, after = (_date(one) for one in _validity(found))
    proc.print(
        "CONNECTED(00000003)", "---", "Certificate chain", f" 0 s:{subject}", f"   i:{issuer}",
        "   a:PKEY: ED25519, 256 (bit); sigalg: ED25519",
        f"   v:NotBefore: {before}; NotAfter: {after}",
    )  # fmt: skip
    if "-showcerts" in flags:
        proc.stdout.write(text)
    proc.print("---", "Server certificate")
    if "-showcerts" not in flags:
        proc.stdout.write(text)
    proc.print(
        f"subject={subject}", f"issuer={issuer}", "---", "Acceptable client certificate CA names",
        "CN = kubernetes", "Requested Signature Algorithms: RSA-PSS+SHA256:ECDSA+SHA256:ed25519",
        "Peer signature type: Ed25519", "Server Temp Key: X25519, 253 bits", "---",
        f"SSL handshake has read {len(text) + 412} bytes and written 389 bytes",
        "Verification: OK" if trusted else f"Verification error: {why}", "---",
        "New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256", "Server public key is 256 bit",
        "Secure Renegotiation IS NOT supported", "Compression: NONE", "Expansion: NONE",
        "No ALPN negotiated", "Early data was not sent", f"Verify return code: {number} ({why})", "---",
    )  # fmt: skip
    proc.stderr.write("DONE\n")
    return 0


# -- x509 ----------------------------------------------------------------------------------------

_TAKES = ("-in", "-inform", "-outform", "-out", "-checkend", "-checkhost", "-nameopt", "-certopt",
          "-ext", "-days", "-CA", "-CAkey")  # fmt: skip
_FLAGS = ("-noout", "-dates", "-startdate", "-enddate", "-subject", "-issuer", "-serial", "-text",
          "-fingerprint", "-sha256", "-sha1", "-pubkey", "-hash", "-email", "-purpose")  # fmt: skip


def _x509(proc: Proc, words: list[str]) -> Generator[simpy.Event, Any, int]:
    asked: list[tuple[str, str]] = []
    while words:
        word = words.pop(0)
        if word in _TAKES:
            if not words:
                raise UsageError(f"x509: Option {word} needs a value\nx509: Use -help for summary.")
            asked.append((word, words.pop(0)))
        elif word in _FLAGS:
            asked.append((word, ""))
        else:
            name = word.lstrip("-")
            raise UsageError(f"x509: Unknown option: {name}\nx509: Use -help for summary.")
    given = dict(asked)
    for name in ("-out", "-CA", "-CAkey", "-days", "-pubkey", "-purpose", "-hash", "-email"):
        if name in given:
            raise UsageError(f"openssl: x509 {name} is not supported in this simulator")
    path = given.get("-in", "")
    if path:
        try:
            text = proc.files.read(proc.path(path))
        except FileProblem:
            proc.stderr.write(
                f"Could not open file or uri for loading certificate from {path}\n"
                "4097F699557F0000:error:80000002:system library:file_open:No such file or directory:"
                f"../providers/implementations/storemgmt/file_store.c:266:calling stat({path})\n"
                "Unable to load certificate\n"
            )
            return 1
    else:
        text = yield from proc.stdin.read_all()
    found = _parsed(text)
    if found is None:
        proc.stderr.write(
            f"Could not read certificate from {path or '<stdin>'}\nUnable to load certificate\n"
        )
        return 1
    return _tell(proc, found, asked)


def _parsed(text: str) -> Certificate | None:
    from cryptography import x509  # noqa: PLC0415 - heavy, and rarely wanted

    start, end = text.find(_BEGIN), text.find(_END)
    if start < 0 or end < 0:
        return None
    try:
        return x509.load_pem_x509_certificate((text[start : end + len(_END)] + "\n").encode())
    except ValueError:
        return None


def _tell(proc: Proc, found: Certificate, asked: list[tuple[str, str]]) -> int:
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    before, after = _validity(found)
    code = 0
    names = [name for name, _ in asked]
    for name, value in asked:
        if name in ("-dates", "-startdate"):
            proc.print(f"notBefore={_date(before)}")
        if name in ("-dates", "-enddate"):
            proc.print(f"notAfter={_date(after)}")
        if name == "-subject":
            proc.print(f"subject={_name(found.subject)}")
        elif name == "-issuer":
            proc.print(f"issuer={_name(found.issuer)}")
        elif name == "-serial":
            proc.print(f"serial={_hex(found.serial_number)}")
        elif name == "-fingerprint":
            wide = "-sha256" in names
            data = found.fingerprint(SHA256() if wide else SHA1())
            proc.print(f"{'sha256' if wide else 'SHA1'} Fingerprint={data.hex(':').upper()}")
        elif name == "-text":
            proc.print(*_text(found))
        elif name == "-ext":
            proc.print(*_extensions(found, "") or ["No extensions matches in certificate"])
        elif name == "-checkend":
            now = machine_of(proc).epoch.datetime(proc.env.now).replace(tzinfo=None)
            left = (after - now).total_seconds()
            ends = not value.lstrip("-").isdigit() or left < int(value[:12])
            proc.print("Certificate will expire" if ends else "Certificate will not expire")
            code = 1 if ends else 0
    if "-noout" not in names:
        proc.stdout.write(found.public_bytes(Encoding.PEM).decode())
    return code


def _hex(number: int) -> str:
    text = f"{number:X}"
    return text if len(text) % 2 == 0 else f"0{text}"


def _validity(found: Certificate) -> tuple[datetime, datetime]:
    return (found.not_valid_before_utc.replace(tzinfo=None),
            found.not_valid_after_utc.replace(tzinfo=None))  # fmt: skip


def _date(when: datetime) -> str:
    return f"{when:%b} {when.day:>2} {when:%H:%M:%S %Y} GMT"


def _name(name: Name) -> str:
    return ", ".join(f"{_SHORT.get(one.oid._name, one.oid._name)} = {one.value!s}" for one in name)


def _text(found: Certificate) -> list[str]:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    before, after = (_date(one) for one in _validity(found))
    serial = _hex(found.serial_number).lower()
    pairs = ":".join(serial[at : at + 2] for at in range(0, len(serial), 2))
    lines = [
        "Certificate:", "    Data:", "        Version: 3 (0x2)", "        Serial Number:",
        f"            {pairs}", f"        Signature Algorithm: {_algorithm(found)}",
        f"        Issuer: {_name(found.issuer)}", "        Validity",
        f"            Not Before: {before}", f"            Not After : {after}",
        f"        Subject: {_name(found.subject)}", "        Subject Public Key Info:",
    ]  # fmt: skip
    if _algorithm(found) == "ED25519":
        raw = found.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex(":").split(":")
        lines += ["            Public Key Algorithm: ED25519", "                ED25519 Public-Key:",
                  "                pub:"]  # fmt: skip
        for at in range(0, len(raw), 15):
            part = ":".join(raw[at : at + 15])
            lines.append(f"                    {part}{':' if at + 15 < len(raw) else ''}")
    else:
        lines.append("            Public Key Algorithm: (not shown in this simulator)")
    extensions = _extensions(found, "            ")
    if extensions:
        lines += ["        X509v3 extensions:", *extensions]
    lines.append(f"    Signature Algorithm: {_algorithm(found)}")
    lines.append("    Signature Value:")
    octets = found.signature.hex(":").split(":")
    for at in range(0, len(octets), 18):
        part = ":".join(octets[at : at + 18])
        lines.append(f"        {part}{':' if at + 18 < len(octets) else ''}")
    return lines


def _algorithm(found: Certificate) -> str:
    name = found.signature_algorithm_oid._name
    return {"ed25519": "ED25519"}.get(name.lower(), name)


def _extensions(found: Certificate, indent: str) -> list[str]:
    from cryptography import x509  # noqa: PLC0415

    lines: list[str] = []
    for one in found.extensions:
        mark = " critical" if one.critical else ""
        value = one.value
        if isinstance(value, x509.BasicConstraints):
            lines += [
                f"{indent}X509v3 Basic Constraints:{mark}",
                f"{indent}    CA:{str(value.ca).upper()}",
            ]
        elif isinstance(value, x509.ExtendedKeyUsage):
            names = {"serverAuth": "TLS Web Server Authentication",
                     "clientAuth": "TLS Web Client Authentication"}  # fmt: skip
            usages = ", ".join(names.get(use._name, use._name) for use in value)
            lines += [f"{indent}X509v3 Extended Key Usage:{mark or ' '}", f"{indent}    {usages}"]
        elif isinstance(value, x509.SubjectAlternativeName):
            entries = [f"DNS:{host}" for host in value.get_values_for_type(x509.DNSName)]
            entries += [f"IP Address:{ip}" for ip in value.get_values_for_type(x509.IPAddress)]
            lines += [
                f"{indent}X509v3 Subject Alternative Name:{mark or ' '}",
                f"{indent}    {', '.join(entries)}",
            ]
    return lines
