"""curl and busybox' wget over the model's network.

Error texts are those of curl 7.88 and busybox 1.36; this file must not know what any server is.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.node.programs.host import machine_of
from sim.node.programs.http import Answer, head, request, speaks_tls
from sim.node.programs.nc import ERRORS
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.reach import Dialled, dial, resolve, seconds

VERSION = "7.88.1"
_LONG = (
    "silent", "show-error", "verbose", "output=", "write-out=", "head", "include", "fail",
    "max-time=", "connect-timeout=", "request=", "header=", "insecure", "location", "data=",
    "ipv4", "ipv6", "user-agent=", "retry=", "retry-delay=", "retry-connrefused", "http1.1",
    "version", "help", "no-progress-meter", "user=", "cacert=", "noproxy=", "compressed",
)  # fmt: skip
_UNTRUSTED = (
    "SSL certificate problem: unable to get local issuer certificate\n"
    "More details here: https://curl.se/docs/sslcerts.html\n\n"
    "curl failed to verify the legitimacy of the server and therefore could not\n"
    "establish a secure connection to it. To learn more about this situation and\n"
    "how to fix it, please visit the web page mentioned above."
)
_METER = (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\n"
)


@dataclass(frozen=True)
class Url:
    """A URL, taken apart."""

    scheme: str
    host: str
    port: int
    path: str
    explicit: bool
    """True if the port was written."""

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        return f"{self.host}:{self.port}" if self.explicit else self.host


def parse_url(text: str) -> Url | None:
    """Return *text* taken apart, http assumed; None if it is not a URL."""
    scheme, colon, rest = text.partition("://")
    if not colon:
        scheme, rest = "http", text
    authority, slash, path = rest.partition("/")
    host, sign, number = authority.rpartition(":") if ":" in authority else (authority, "", "")
    if not host or (sign and not number.isdigit()):
        return None
    default = 443 if scheme == "https" else 80
    port = int(number) if number else default
    return Url(scheme, host, port, f"/{path}" if slash else "/", explicit=port != default)


@waiting(2)
def curl(proc: Proc) -> Running:
    """Transfer a URL."""
    try:
        options = parse(proc, "sSvo:w:Iim:X:H:kLfd:46A:hVu:O", _LONG)
    except UsageError as problem:
        text = str(problem).replace("invalid option -- '", "option -").rstrip("'")
        text = text.replace("unrecognized option '", "option ")
        tail = "is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information"
        raise UsageError(f"{text}: {tail}") from None
    if options.has("-V", "--version"):
        proc.print(f"curl {VERSION} (x86_64-pc-linux-gnu) libcurl/{VERSION}")
        proc.print("Protocols: http https")
        return 0
    if not options.operands:
        proc.stderr.write(
            "curl: no URL specified!\n"
            "curl: try 'curl --help' or 'curl --manual' for more information\n"
        )
        return 2
    proc.asked()
    attempts = 1 + min(int(options.value("--retry", default="0") or 0), 20)
    code = 0
    for text in options.operands:
        for attempt in range(attempts):
            code = yield from _transfer(proc, options, text)
            if code not in (7, 28) or attempt == attempts - 1:
                break
            yield proc.env.timeout(1000 << min(attempt, 9))
    return code


def _transfer(proc: Proc, options: Options, text: str) -> Generator[simpy.Event, Any, int]:
    url = parse_url(text)
    if url is None:
        return _fail(proc, options, 3, "URL using bad/illegal format or missing URL")
    if url.scheme not in ("http", "https"):
        return _fail(
            proc, options, 1, f'Protocol "{url.scheme}" not supported or disabled in libcurl'
        )
    ip = resolve(proc, url.host)
    if ip is None:
        return _fail(proc, options, 6, f"Could not resolve host: {url.host}")
    verbose = options.has("-v", "--verbose")
    if verbose:
        proc.stderr.write(f"*   Trying {ip}:{url.port}...\n")
    total, patience = _limits(options)
    started = proc.env.now
    done = yield from dial(proc, ip, url.port, limit_ms=patience)
    if done.result.kind != "ok":
        return _unconnected(proc, options, url, ip, done, total)
    connected = proc.env.now - started
    if verbose:
        proc.stderr.write(f"* Connected to {url.host} ({ip}) port {url.port} (#0)\n")
    secure = url.scheme == "https"
    if secure and not speaks_tls(done.result, url.port):
        return _fail(
            proc, options, 35, "OpenSSL/3.0.17: error:0A00010B:SSL routines::wrong version number"
        )
    if secure and not options.has("-k", "--insecure"):
        return _fail(proc, options, 60, _UNTRUSTED)
    method = options.value("-X", "--request") or (
        "HEAD" if options.has("-I", "--head") else "POST" if options.has("-d", "--data") else "GET"
    )
    if verbose:
        agent = options.value("-A", "--user-agent", default=f"curl/{VERSION}")
        sent = [f"{method} {url.path} HTTP/1.1", f"Host: {url.authority}", f"User-Agent: {agent}"]
        sent += ["Accept: */*", *options.values("-H", "--header"), ""]
        proc.stderr.write("".join(f"> {line}\n" for line in sent))
    answer = request(proc, done.result, url.port, method, url.path, secure=secure)
    if answer is None:
        return _fail(proc, options, 52, "Empty reply from server")
    if total is not None and connected + answer.ms > total:
        yield proc.env.timeout(max(0, total - connected))
        return _fail(
            proc,
            options,
            28,
            f"Operation timed out after {total} milliseconds with 0 bytes received",
        )
    yield proc.env.timeout(answer.ms)
    return _deliver(proc, options, url, ip, answer, (connected, proc.env.now - started))


def _limits(options: Options) -> tuple[int | None, int | None]:
    """Return the ms for everything, and the ms for the connect alone."""
    limits = []
    for names in (("-m", "--max-time"), ("--connect-timeout",)):
        text = options.value(*names)
        limit = seconds(text) if text else None
        if text and limit is None:
            raise UsageError(
                f"curl: option {names[0]}: expected a proper numerical parameter\n"
                "curl: try 'curl --help' or 'curl --manual' for more information"
            )
        limits.append(limit or None)
    total, connect = limits
    known = [limit for limit in (total, connect) if limit is not None]
    return total, min(known) if known else None


def _unconnected(
    proc: Proc, options: Options, url: Url, ip: str, done: Dialled, total: int | None
) -> int:
    verbose = options.has("-v", "--verbose")
    if done.gave_up:
        told = (
            f"Connection timed out after {done.ms + 1} milliseconds"
            if total == done.ms
            else f"Failed to connect to {url.host} port {url.port} after {done.ms} ms:"
            " Timeout was reached"
        )
        if verbose:
            proc.stderr.write(f"* {told}\n* Closing connection 0\n")
        return _fail(proc, options, 28, told)
    told = (
        f"Failed to connect to {url.host} port {url.port} after {done.ms} ms:"
        " Couldn't connect to server"
    )
    if verbose:
        proc.stderr.write(
            f"* connect to {ip} port {url.port} failed: {ERRORS[done.result.kind]}\n"
            f"* {told}\n* Closing connection 0\n"
        )
    return _fail(proc, options, 28 if done.result.kind == "timeout" else 7, told)


def _fail(proc: Proc, options: Options, code: int, told: str) -> int:
    quiet = options.has("-s", "--silent") and not options.has("-S", "--show-error")
    if not quiet:
        proc.stderr.write(f"curl: ({code}) {told}\n")
    template = options.value("-w", "--write-out")
    if template:
        proc.stdout.write(_written(template, {"http_code": "000", "response_code": "000"}))
    return code


def _deliver(
    proc: Proc, options: Options, url: Url, ip: str, answer: Answer, took: tuple[int, int]
) -> int:
    machine = machine_of(proc)
    headers = head(answer, machine)
    if options.has("-v", "--verbose"):
        lines = headers.replace("\r\n", "\n").splitlines()
        proc.stderr.write("".join(f"< {line}\n" for line in [*lines, ""]))
    if options.has("-f", "--fail") and answer.status >= 400:
        return _fail(proc, options, 22, f"The requested URL returned error: {answer.status}")
    only_head = options.has("-I", "--head")
    body = "" if only_head else answer.body
    if only_head or options.has("-i", "--include"):
        body = headers + "\r\n" + body
    target = options.value("-o", "--output")
    meter = not options.has("-s", "--silent", "--no-progress-meter") and (
        bool(target) or not proc.stdout.tty
    )
    if meter:
        proc.stderr.write(_METER + _progress(len(answer.body.encode()), took[1]))
    code = 0
    if target and target != "-":
        try:
            proc.files.write(proc.path(target), body)
        except FileProblem as problem:
            code = _fail(proc, options, 23, f"Failure writing output to destination: {problem}")
    else:
        proc.stdout.write(body)
    template = options.value("-w", "--write-out")
    if template:
        known = {
            "http_code": f"{answer.status:03d}",
            "response_code": f"{answer.status:03d}",
            "time_connect": f"{took[0] / 1000:.6f}",
            "time_starttransfer": f"{took[1] / 1000:.6f}",
            "time_total": f"{took[1] / 1000:.6f}",
            "time_namelookup": "0.000021",
            "remote_ip": ip,
            "remote_port": str(url.port),
            "size_download": str(len(answer.body.encode())),
            "content_type": answer.content_type,
            "url_effective": f"{url.scheme}://{url.authority}{url.path}",
            "num_redirects": "0",
        }
        proc.stdout.write(_written(template, known))
    if options.has("-v", "--verbose"):
        proc.stderr.write(f"* Connection #0 to host {url.host} left intact\n")
    return code


def _progress(size: int, ms: int) -> str:
    speed = size * 1000 // max(ms, 1)
    blank = "--:--:-- --:--:-- --:--:--"
    return (
        f"\r  0     0    0     0    0     0      0      0 {blank}     0"
        f"\r100 {size:>5}  100 {size:>5}    0     0 {speed:>6}      0 {blank} {speed:>5}\n"
    )


def _written(template: str, known: dict[str, str]) -> str:
    """Return the text that -w asks for: names in `%{}` replaced, escapes made real."""
    parts = template.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").split("%{")
    text = parts[0]
    for part in parts[1:]:
        name, brace, rest = part.partition("}")
        text += (known.get(name, "0") if brace else "%{" + name) + rest
    return text


@waiting(1)
def wget(proc: Proc) -> Running:
    """Fetch a URL, busybox' wget."""
    options = parse(
        proc,
        "qO:T:ScP:U:Y:t:",
        ("spider", "header=", "post-data=", "timeout=", "tries=", "no-check-certificate"),
    )
    if not options.operands:
        proc.stderr.write(
            "BusyBox v1.36.1 () multi-call binary.\n\n"
            "Usage: wget [-cqS] [--spider] [-O FILE] [-T SEC] URL...\n"
        )
        return 1
    proc.asked()
    code = 0
    for text in options.operands:
        code = (yield from _fetch(proc, options, text)) or code
    return code


def _fetch(proc: Proc, options: Options, text: str) -> Generator[simpy.Event, Any, int]:
    url = parse_url(text)
    if url is None or url.scheme not in ("http", "https"):
        return proc.fail(f"not an http or ftp url: {text}")
    ip = resolve(proc, url.host)
    if ip is None:
        return proc.fail(f"bad address '{url.host}'")
    quiet = options.has("-q")
    if not quiet:
        proc.stderr.write(f"Connecting to {url.authority} ({ip}:{url.port})\n")
    limit = seconds(options.value("-T", "--timeout")) or None
    done = yield from dial(proc, ip, url.port, limit_ms=limit)
    if done.gave_up:
        return proc.fail("download timed out")
    if done.result.kind != "ok":
        return proc.fail(f"can't connect to remote host ({ip}): {ERRORS[done.result.kind]}")
    secure = url.scheme == "https"
    if secure and not options.has("--no-check-certificate"):
        proc.stderr.write("wget: note: TLS certificate validation not implemented\n")
    if secure and not speaks_tls(done.result, url.port):
        return proc.fail("error getting response: Connection reset by peer")
    answer = request(proc, done.result, url.port, "GET", url.path, secure=secure)
    if answer is None:
        return proc.fail("error getting response")
    yield proc.env.timeout(answer.ms)
    if options.has("-S"):
        lines = head(answer, machine_of(proc)).replace("\r\n", "\n").splitlines()
        proc.stderr.write("".join(f"  {line}\n" for line in lines))
    if answer.status >= 400:
        return proc.fail(f"server returned error: HTTP/1.1 {answer.status} {answer.reason}")
    if options.has("--spider"):
        if not quiet:
            proc.stderr.write("remote file exists\n")
        return 0
    target = options.value("-O") or url.path.rpartition("/")[2] or "index.html"
    told = "writing to stdout" if target == "-" else f"saving to '{target}'"
    if target == "-":
        proc.stdout.write(answer.body)
    else:
        try:
            proc.files.write(proc.path(target), answer.body)
        except FileProblem as problem:
            return proc.fail(f"can't open '{target}': {problem}")
    if not quiet:
        size = len(answer.body.encode())
        bar = "*" * 32
        end = "written to stdout" if target == "-" else f"'{target}' saved"
        proc.stderr.write(f"{told}\n{target:<20} 100% |{bar}| {size:>5}  0:00:00 ETA\n{end}\n")
    return 0
