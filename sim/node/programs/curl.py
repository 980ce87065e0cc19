"""curl and busybox' wget over the model's network.

curl's own words are in `sim.bash.tools.curl`; wget's are those of busybox 1.36. This file must not
know what any server is.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.curl import Dialled, Reply, Request, TimedOut, curl_program, parse_url
from sim.node.dns import is_address
from sim.node.network import Connect
from sim.node.programs.host import machine_of
from sim.node.programs.http import Answer, head, request, speaks_tls
from sim.node.programs.nc import ERRORS
from sim.node.programs.options import Options, parse, waiting
from sim.node.programs.reach import dial, resolve, seconds


class _Reached:
    """A connection to whoever answered."""

    def __init__(self, proc: Proc, reached: Connect, port: int) -> None:
        self._proc = proc
        self._reached = reached
        self._port = port
        self._body: str | None = None
        self.tls = speaks_tls(reached, port)

    def ask(
        self, asked: Request, *, secure: bool, limit_ms: int | None
    ) -> Generator[simpy.Event, Any, Reply | None]:
        """Send *asked* and return the head of the answer."""
        proc = self._proc
        answer = request(proc, self._reached, self._port, asked.method, asked.target, secure=secure)
        if answer is None:
            return None
        if limit_ms is not None and answer.ms > limit_ms:
            yield proc.env.timeout(limit_ms)
            raise TimedOut
        yield proc.env.timeout(answer.ms)
        self._body = answer.body
        return _reply(proc, answer)

    def read(self, *, limit_ms: int | None) -> Generator[simpy.Event, Any, str | None]:
        """Return the body, once."""
        body, self._body = self._body, None
        return body or None
        yield

    def close(self) -> None:
        """Nothing is kept open."""


class _NodeNetwork:
    """The network as a node or a container sees it."""

    def addresses(self, proc: Proc, host: str) -> list[str]:
        """Return the address of *host*."""
        if is_address(host):
            return [host]
        ip = resolve(proc, host)
        return [ip] if ip else []

    def connect(
        self, proc: Proc, ip: str, port: int, *, limit_ms: int | None
    ) -> Generator[simpy.Event, Any, Dialled]:
        """Connect through the model's rules."""
        done = yield from dial(proc, ip, port, limit_ms=limit_ms)
        if done.result.kind != "ok":
            return Dialled(done.result.kind, done.ms, done.gave_up)
        return Dialled("ok", done.ms, line=_Reached(proc, done.result, port))


def _reply(proc: Proc, answer: Answer) -> Reply:
    lines = head(answer, machine_of(proc)).split("\r\n")[1:-1]
    pairs = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
    return Reply(answer.status, answer.reason, pairs)


curl = curl_program(_NodeNetwork())
"""Transfer a URL."""


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
