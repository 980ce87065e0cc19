"""openssl's commands: s_client, x509, verify, base64, digests, rand, version.

Source: openssl(1), openssl-x509(1) of OpenSSL 3.0. It must not know whose certificates there are.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Program, Running
from sim.bash.tools.openssl.certificate import described, is_between, parsed, parsed_all
from sim.bash.tools.openssl.client import client
from sim.bash.tools.openssl.names import name_of
from sim.bash.tools.openssl.peers import Peers, Refusal

VERSION = "OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17 1 Jul 2025)"
_KNOWN = (
    "req", "rsa", "enc", "genrsa", "pkey", "ec", "crl", "ciphers", "s_server", "speed", "passwd",
    "pkcs12", "genpkey", "asn1parse", "list", "help", "ecparam", "crl2pkcs7", "pkcs7", "ocsp",
    "s_time", "errstr", "prime",
)  # fmt: skip
_DIGESTS = {"md5": "MD5", "sha1": "SHA1", "sha224": "SHA2-224", "sha256": "SHA2-256",
            "sha384": "SHA2-384", "sha512": "SHA2-512"}  # fmt: skip
_NOT_HERE = "not supported in this simulator"
_MOST_RANDOM = 65_536


def openssl_program(peers: Peers) -> Program:
    """Return `openssl` among *peers*."""

    def openssl(proc: Proc) -> Running:
        """Look at certificates and at who shows them."""
        try:
            return (yield from _openssl(proc, peers))
        except Refusal as refusal:
            proc.stderr.write(f"{refusal}\n")
            return 1

    return openssl


def _openssl(proc: Proc, peers: Peers) -> Running:
    words = list(proc.argv[1:])
    command = words.pop(0) if words else ""
    if command in ("enc", "base64"):
        if command == "base64" or "-base64" in words or "-a" in words:
            return (yield from _base64(proc, words))
        raise Refusal(f"openssl: enc without -base64 is {_NOT_HERE}")
    if command == "dgst" or command in _DIGESTS:
        return (yield from _digest(proc, command, words))
    if command == "version":
        proc.print(VERSION)
        return 0
    if command == "s_client":
        return (yield from client(proc, peers, words))
    if command == "x509":
        return (yield from _x509(proc, peers, words))
    if command == "verify":
        return (yield from _verify(proc, peers, words))
    if command == "rand":
        return _rand(proc, words)
    if command in ("", "--help"):
        proc.stderr.write("openssl: here are: base64 dgst rand s_client verify version x509\n")
        return 0
    if command in _KNOWN:
        raise Refusal(f"openssl: {command} is {_NOT_HERE}")
    raise Refusal(f"Invalid command '{command}'; type \"help\" for a list.")


# -- what has nothing to do with certificates -----------------------------------------------------


def _rand(proc: Proc, words: list[str]) -> int:
    sizes = [word for word in words if not word.startswith("-")]
    if not sizes or not sizes[0].isdecimal():
        raise Refusal("rand: Use -help for summary.")
    size = min(int(sizes[0][:6]), _MOST_RANDOM)
    data = _octets(proc.files.device("/dev/urandom", size))
    if "-hex" in words:
        proc.print(data.hex())
    elif "-base64" in words:
        proc.print(*_folded(data))
    else:
        proc.stdout.write(_text(data))
    return 0


def _base64(proc: Proc, words: list[str]) -> Generator[simpy.Event, Any, int]:
    text = yield from _input(proc, _after(words, "-in"), "base64")
    if text is None:
        return 1
    data = _octets(text)
    if "-d" in words:
        try:
            proc.stdout.write(_text(base64.b64decode(data, validate="-A" in words)))
        except ValueError:
            proc.stderr.write("error reading input file\n")
            return 1
    elif "-A" in words:
        proc.stdout.write(base64.b64encode(data).decode())
    else:
        proc.print(*_folded(data))
    return 0


def _folded(data: bytes) -> list[str]:
    text = base64.b64encode(data).decode()
    return [text[at : at + 64] for at in range(0, len(text), 64)]


def _digest(proc: Proc, command: str, words: list[str]) -> Generator[simpy.Event, Any, int]:
    kind = command if command in _DIGESTS else "sha256"
    paths: list[str] = []
    short = False
    for word in words:
        if word[1:] in _DIGESTS and word.startswith("-"):
            kind = word[1:]
        elif word == "-r":
            short = True
        elif word in ("-hex", "-c"):
            pass
        elif word.startswith("-"):
            raise Refusal(
                f"dgst: Unknown option or message digest: {word[1:]}\ndgst: Use -help for summary."
            )
        else:
            paths.append(word)
    code = 0
    for path in paths or [""]:
        text = yield from _input(proc, path, "dgst")
        if text is None:
            code = 1
            continue
        proc.charge(len(text))
        data = hashlib.new(kind, _octets(text)).hexdigest()
        proc.print(f"{data} *{path or 'stdin'}" if short else
                   f"{_DIGESTS[kind]}({path or 'stdin'})= {data}")  # fmt: skip
    return code


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _after(words: list[str], option: str) -> str:
    at = words.index(option) + 1 if option in words else len(words)
    return words[at] if at < len(words) else ""


def _input(proc: Proc, path: str, command: str) -> Generator[simpy.Event, Any, str | None]:
    if not path:
        return (yield from proc.stdin.read_all())
    try:
        return proc.files.read(proc.path(path))
    except FileProblem as problem:
        proc.stderr.write(f'{command}: Can\'t open "{path}" for reading, {problem}\n')
        return None


# -- certificates --------------------------------------------------------------------------------

_TAKES = ("-in", "-inform", "-outform", "-out", "-checkend", "-checkhost", "-nameopt", "-certopt",
          "-ext", "-days", "-CA", "-CAkey", "-dateopt")  # fmt: skip
_FLAGS = ("-noout", "-dates", "-startdate", "-enddate", "-subject", "-issuer", "-serial", "-text",
          "-fingerprint", "-sha256", "-sha1", "-pubkey", "-hash", "-email", "-purpose", "-modulus")  # fmt: skip
_REFUSED = ("-out", "-CA", "-CAkey", "-days", "-purpose", "-hash", "-email", "-certopt", "-dateopt")


def _x509(proc: Proc, peers: Peers, words: list[str]) -> Generator[simpy.Event, Any, int]:
    asked: list[tuple[str, str]] = []
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            word = word[1:]  # openssl takes either
        if word in _TAKES:
            if not words:
                raise Refusal(f"x509: Option {word} needs a value\nx509: Use -help for summary.")
            asked.append((word, words.pop(0)))
        elif word in _FLAGS:
            asked.append((word, ""))
        elif word.startswith("-"):
            raise Refusal(f"x509: Unknown option: {word}\nx509: Use -help for summary.")
        else:
            raise Refusal("x509: Use -help for summary.")
    given = dict(asked)
    for name in _REFUSED:
        if name in given:
            raise Refusal(f"openssl: x509 {name} is {_NOT_HERE}")
    if (
        given.get("-inform", "PEM").upper() != "PEM"
        or given.get("-outform", "PEM").upper() != "PEM"
    ):
        raise Refusal(f"openssl: x509 in DER is {_NOT_HERE}")
    if not given.get("-checkend", "0").lstrip("-").isdecimal():
        wrong = given["-checkend"]
        raise Refusal(f'x509: Can\'t parse "{wrong}" as a number\nx509: Use -help for summary.')
    path = given.get("-in", "")
    text = yield from _certificate_text(proc, path, "certificate")
    if text is None:
        return 1
    found = parsed(text)
    if found is None:
        proc.stderr.write(
            f"Could not read certificate from {path or '<stdin>'}\nUnable to load certificate\n"
        )
        return 1
    lines, code = described(found, asked, peers.unix_ms(proc))
    proc.print(*lines)
    if "-ext" in given and not lines:
        proc.stderr.write("No extensions in certificate\n")
    return code


def _certificate_text(proc: Proc, path: str, what: str) -> Generator[simpy.Event, Any, str | None]:
    if not path:
        return (yield from proc.stdin.read_all())
    try:
        return proc.files.read(proc.path(path))
    except FileProblem as problem:
        proc.stderr.write(
            f"Could not open file or uri for loading {what} from {path}\n"
            "40177A46367F0000:error:16000069:STORE routines:ossl_store_get0_loader_int:"
            "unregistered scheme:../crypto/store/store_register.c:237:scheme=file\n"
            f"40177A46367F0000:error:80000002:system library:file_open:{problem}:"
            f"../providers/implementations/storemgmt/file_store.c:266:calling stat({path})\n"
            f"Unable to load {what}\n"
        )
        return None


def _verify(proc: Proc, peers: Peers, words: list[str]) -> Generator[simpy.Event, Any, int]:
    paths: list[str] = []
    trusted_in, at_ms = "", peers.unix_ms(proc)
    while words:
        word = words.pop(0)
        if word in ("-CAfile", "-untrusted", "-purpose", "-attime") and words:
            value = words.pop(0)
            if word == "-attime" and value.isdecimal():
                at_ms = 1000 * int(value[:12])
            trusted_in = value if word == "-CAfile" else trusted_in
        elif word.startswith("-"):
            raise Refusal(f"verify: Unknown option: {word}\nverify: Use -help for summary.")
        else:
            paths.append(word)
    trust = ""
    if trusted_in:
        trust = (yield from _certificate_text(proc, trusted_in, "certificates")) or ""
    code = 0
    for path in paths or [""]:
        text = yield from _certificate_text(proc, path, "certificate file")
        found = parsed(text) if text is not None else None
        name = path or "stdin"
        if found is None:
            if text is not None:
                proc.stderr.write(
                    f"Could not read certificate file from {path or '<stdin>'}\n"
                    "Unable to load certificate file\n"
                )
            code = 2
            continue
        problem = _trust_problem(found, parsed_all(trust), at_ms)
        if problem:
            proc.stderr.write(
                f"{name_of(found.subject)}\nerror {problem}\nerror {name}: verification failed\n"
            )
            code = 2
        else:
            proc.print(f"{name}: OK")
    return code


def _trust_problem(found: Any, trusted: list[Any], unix_ms: int) -> str:
    """Return what verify(1) finds wrong, as `number at depth lookup: words`, or nothing."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy, rarely wanted

    for one in trusted:
        try:
            if one != found:
                found.verify_directly_issued_by(one)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return "" if is_between(found, unix_ms) else "10 at 0 depth lookup: certificate has expired"
    if found.subject == found.issuer:
        return "18 at 0 depth lookup: self-signed certificate"
    return "20 at 0 depth lookup: unable to get local issuer certificate"
