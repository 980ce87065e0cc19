"""openssl s_client: what a server shows when it is met; texts are those of OpenSSL 3.0.

Source: openssl-s_client(1). It must not know whose certificates there are.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc
from sim.bash.tools.curl.network import ERRORS
from sim.bash.tools.openssl.certificate import parsed
from sim.bash.tools.openssl.names import date_of, name_of, validity
from sim.bash.tools.openssl.peers import Peers, Refusal

_ERRNO = {"refused": 111, "timeout": 110, "unreachable": 113}


def client(proc: Proc, peers: Peers, words: list[str]) -> Generator[simpy.Event, Any, int]:
    """Connect, show what the server shows, and stay until there is no more to say to it."""
    where, flags = "", set()
    while words:
        word = words.pop(0)
        if word in ("-connect", "-servername", "-CAfile", "-CApath", "-cert", "-key", "-alpn",
                    "-starttls", "-verify", "-verify_hostname", "-cipher"):  # fmt: skip
            if not words:
                raise Refusal(
                    f"s_client: Option {word} needs a value\ns_client: Use -help for summary."
                )
            value = words.pop(0)
            if word == "-starttls":
                raise Refusal("openssl: -starttls is not supported in this simulator")
            where = value if word == "-connect" else where
            flags.add(word)
        elif word.startswith("-"):
            if word not in ("-showcerts", "-brief", "-quiet", "-debug", "-msg", "-state", "-tls1_2",
                            "-tls1_3", "-no_ign_eof", "-ign_eof", "-4", "-verify_quiet", "-nocommands"):  # fmt: skip
                raise Refusal(f"s_client: Unknown option: {word}\ns_client: Use -help for summary.")
            flags.add(word)
        else:
            where = word
    host, colon, text = (where or "localhost:4433").rpartition(":")
    port = int(text) if text.isdecimal() and len(text) < 6 else 0
    ip = peers.address(proc, host.strip("[]")) if colon else None
    if ip is None or not port:
        proc.stderr.write(
            "4077A1F4107F0000:error:10080002:BIO routines:BIO_lookup_ex:system lib:"
            "../crypto/bio/bio_addr.c:746:Name or service not known\nconnect:errno=22\n"
        )
        return 1
    met = yield from peers.meet(proc, ip, port)
    if met.kind != "ok":
        number, why = _ERRNO[met.kind], ERRORS[met.kind]
        proc.stderr.write(
            f"4027D4AFF07F0000:error:800000{number:02X}:system library:BIO_connect:{why}:"
            "../crypto/bio/bio_sock2.c:117:calling connect()\n"
            "4027D4AFF07F0000:error:10000067:BIO routines:BIO_connect:connect error:"
            f"../crypto/bio/bio_sock2.c:119:\nconnect:errno={number}\n"
        )
        return 1
    if met.certificate is None:
        return _no_tls(proc)
    _handshake(proc, met.certificate, flags)
    yield from proc.stdin.read_all()
    proc.stderr.write("DONE\n" * ("-quiet" not in flags))
    return 0


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


def _handshake(proc: Proc, text: str, flags: set[str]) -> None:
    found = parsed(text)
    assert found is not None, "the model's own certificate"
    subject, issuer = (name_of(one) for one in (found.subject, found.issuer))
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
        return
    before, after = (date_of(one) for one in validity(found))
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
