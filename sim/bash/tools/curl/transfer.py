"""One transfer of curl: connect, ask, follow redirects, deliver.

Error texts are those of curl 7.88; it must not know what any server is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc
from sim.bash.tools.curl.network import ERRORS, Dialled, Line, Network, Reply, Request, TimedOut
from sim.bash.tools.curl.options import Options
from sim.bash.tools.curl.payload import gathered, request_of
from sim.bash.tools.curl.report import METER, NOTHING, Measured, progress, written
from sim.bash.tools.curl.urls import SCHEMES, Url, parse_url

LOOKUP_US = 21
MOST_REDIRECTS = 50
_REDIRECTS = (301, 302, 303, 307, 308)
_UNTRUSTED = (
    "SSL certificate problem: unable to get local issuer certificate\n"
    "More details here: https://curl.se/docs/sslcerts.html\n\n"
    "curl failed to verify the legitimacy of the server and therefore could not\n"
    "establish a secure connection to it. To learn more about this situation and\n"
    "how to fix it, please visit the web page mentioned above."
)
_PATH_MAX = "Failure writing output to destination"


class Failed(Exception):  # noqa: N818 - one of curl's own exit codes
    """A transfer ends with one of curl's codes and its sentence."""

    def __init__(self, code: int, told: str) -> None:
        """Keep the exit *code* and what is *told*."""
        super().__init__(told)
        self.code = code
        self.told = told


class Transfer:
    """One URL of a command line, from the first look-up to the last byte."""

    def __init__(
        self, proc: Proc, network: Network, options: Options, text: str, number: int
    ) -> None:
        """Fetch *text*, URL *number* of the line."""
        self._proc = proc
        self._network = network
        self._options = options
        self._text = text
        self._quiet = options.on("silent")
        self._verbose = options.on("verbose")
        self._started = proc.env.now
        self._limit = options.seconds("max-time", "-m")
        self._patience = options.seconds("connect-timeout", "--connect-timeout")
        outputs = options.outputs
        if options.on("remote-name-all"):
            outputs = outputs or [""] * (number + 1)
        self._target: str | None = outputs[number] if number < len(outputs) else None
        self._meter = False
        self._lines: dict[tuple[str, int, str], tuple[Line, str]] = {}
        self.measured = Measured(url=text, number=number)

    def run(self) -> Generator[simpy.Event, Any, int]:
        """Transfer and return curl's exit code."""
        proc, measured = self._proc, self.measured
        try:
            yield from self._transfer()
        except Failed as failed:
            measured.code, measured.problem = failed.code, failed.told
            measured.total = proc.env.now - self._started
            if self._meter:
                proc.stderr.write(NOTHING + "\n")
            if self._verbose and failed.code in (6, 7, 28, 35, 60):
                proc.stderr.write("* Closing connection 0\n")
            if not self._quiet or self._options.on("show-error"):
                proc.stderr.write(f"curl: ({failed.code}) {failed.told}\n")
        finally:
            for line, _ in self._lines.values():
                line.close()
        if template := self._options.value("write-out"):
            if template.startswith("@"):
                template = self._template(template[1:])
            text, problems = written(template, measured)
            proc.stderr.write(problems)
            proc.stdout.write(text)
        return measured.code

    def _template(self, name: str) -> str:
        try:
            return self._proc.files.read(self._proc.path(name))
        except FileProblem:
            return ""

    def _transfer(self) -> Generator[simpy.Event, Any, None]:
        options, proc = self._options, self._proc
        url = parse_url(self._text)
        if url is None:
            raise Failed(3, "URL using bad/illegal format or missing URL")
        if url.scheme not in (*SCHEMES, "ftp"):
            raise Failed(1, f'Protocol "{url.scheme}" not supported or disabled in libcurl')
        self.measured.file = self._file(url)
        body = gathered(proc, options)
        if body is not None and options.on("get"):
            sign = "&" if "?" in url.path else "?"
            url = Url(url.scheme, url.host, url.port, f"{url.path}{sign}{body}", url.user)
            body = None
        to_screen = self._target in (None, "-")
        self._meter = not self._quiet and not options.on("no-progress-meter")
        self._meter = self._meter and not (to_screen and proc.stdout.tty)
        if self._meter:
            proc.stderr.write(METER + NOTHING)
        plain, cookies = False, _cookies(options)
        while True:
            request = request_of(options, url, body, plain_get=plain, cookies=cookies)
            line, reply = yield from self._ask(url, request)
            follow = self._redirect(url, reply)
            if follow is None or not options.on("location"):
                self.measured.redirect_url = follow.text if follow else ""
                yield from self._deliver(url, line, reply, request)
                return
            if self.measured.redirects >= options.count("max-redirs", MOST_REDIRECTS):
                raise Failed(47, f"Maximum ({self.measured.redirects}) redirects followed")
            self.measured.redirects += 1
            yield from self._ignore(line, url, follow)
            plain = plain or (reply.status in (301, 302, 303) and request.method != "HEAD")
            url = follow

    # -- connecting ----------------------------------------------------------------------------

    def _ask(self, url: Url, request: Request) -> Generator[simpy.Event, Any, tuple[Line, Reply]]:
        measured, proc = self.measured, self._proc
        measured.effective, measured.method = url.text, request.method
        measured.scheme, measured.referer = url.scheme.upper(), self._options.value("referer")
        key = (url.host, url.port, url.scheme)
        if key in self._lines:
            line, _ = self._lines[key]
            self._say(
                f"* Found bundle for host: 0x55f920357200 [serially]\n* Can not multiplex, even if "
                f"we wanted to\n* Re-using existing connection #0 with host {url.host}\n"
            )
        else:
            line = yield from self._connected(url)
        sent = request.head
        measured.head_sent += len(sent)
        measured.sent += len(request.body.encode("utf-8", "surrogateescape"))
        self._say("".join(f"> {one}\r\n" for one in sent.split("\r\n")[:-1]))
        if request.body and not proc.stdout.tty:
            self._say(f"}} [{measured.sent} bytes data]\n")
        try:
            reply = yield from line.ask(
                request, secure=url.scheme == "https", limit_ms=self._left()
            )
        except TimedOut:
            raise self._too_late() from None
        if reply is None:
            self._say("* Empty reply from server\n* Closing connection 0\n")
            raise Failed(52, "Empty reply from server")
        measured.first_byte = proc.env.now - self._started
        measured.status, measured.kind = reply.status, reply.header("content-type")
        measured.headers = len(reply.headers)
        measured.head_received += len(reply.head) + 2
        self._say("".join(f"< {one}\r\n" for one in reply.head.split("\r\n")))
        return line, reply

    def _connected(self, url: Url) -> Generator[simpy.Event, Any, Line]:
        proc, measured = self._proc, self.measured
        host, port, addresses = self._where(url)
        if not addresses:
            told = f"Could not resolve host: {host}"
            self._say(f"* {told}\n")
            raise Failed(6, told)
        if url.scheme == "ftp":
            raise Failed(1, 'Protocol "ftp" not supported or disabled in libcurl')
        measured.lookup_us, measured.port = LOOKUP_US, port
        failed: Dialled | None = None
        for ip in addresses:
            shown = f"[{ip}]" if ":" in ip else ip
            self._say(f"*   Trying {shown}:{port}...\n")
            limits = [one for one in (self._left(), self._patience) if one is not None]
            done = yield from self._network.connect(
                proc, ip, port, limit_ms=min(limits) if limits else None
            )
            if done.kind == "ok" and done.line is not None:
                measured.ip = ip
                measured.local_ip = "127.0.0.1" if ip.startswith("127.") else ip
                measured.local_port = 40000 + (proc.env.now + port) % 20000
                measured.connects += 1
                measured.connected = proc.env.now - self._started
                self._say(f"* Connected to {host} ({ip}) port {port} (#0)\n")
                self._lines[url.host, url.port, url.scheme] = (done.line, host)
                if url.scheme == "https":
                    self._secured(done.line)
                return done.line
            failed = done
            if not done.gave_up:
                self._say(f"* connect to {ip} port {port} failed: {ERRORS[done.kind]}\n")
        assert failed is not None
        raise self._unconnected(host, port, failed)

    def _where(self, url: Url) -> tuple[str, int, list[str]]:
        """Return the host, the port and the addresses that are tried."""
        host, port = url.host, url.port
        for rule in self._options.many("connect-to"):
            parts = rule.split(":")
            if len(parts) == 4 and parts[0] in ("", host) and parts[1] in ("", str(port)):
                host = parts[2] or host
                port = int(parts[3]) if parts[3].isdecimal() else port
                break
        for rule in self._options.many("resolve"):
            name, _, rest = rule.lstrip("+").partition(":")
            number, _, listed = rest.partition(":")
            if name in (host, "*") and number == str(port):
                return host, port, [one.strip("[]") for one in listed.split(",") if one]
        addresses = self._network.addresses(self._proc, host)
        if self._options.on("ipv4"):
            addresses = [one for one in addresses if ":" not in one]
        elif self._options.on("ipv6"):
            addresses = [one for one in addresses if ":" in one]
        return host, port, addresses

    def _secured(self, line: Line) -> None:
        if not line.tls:
            raise Failed(35, "OpenSSL/3.0.17: error:0A00010B:SSL routines::wrong version number")
        if not self._options.on("insecure"):
            raise Failed(60, _UNTRUSTED)
        self.measured.secured = self.measured.connected

    def _unconnected(self, host: str, port: int, done: Dialled) -> Failed:
        ms = self._proc.env.now - self._started
        if done.gave_up and self._left() == 0:
            told = f"Connection timed out after {ms + 1} milliseconds"
        elif done.gave_up:
            told = f"Failed to connect to {host} port {port} after {ms} ms: Timeout was reached"
        else:
            told = (
                f"Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"
            )
        self._say(f"* {told}\n")
        return Failed(28 if done.gave_up or done.kind == "timeout" else 7, told)

    def _left(self) -> int | None:
        """Return how many ms of `--max-time` are left."""
        if self._limit is None:
            return None
        return max(0, self._limit - (self._proc.env.now - self._started))

    def _too_late(self) -> Failed:
        return Failed(
            28,
            f"Operation timed out after {self._limit} milliseconds with "
            f"{self.measured.received} bytes received",
        )

    # -- delivering ----------------------------------------------------------------------------

    def _redirect(self, url: Url, reply: Reply) -> Url | None:
        location = reply.header("location")
        return url.joined(location) if location and reply.status in _REDIRECTS else None

    def _ignore(self, line: Line, url: Url, follow: Url) -> Generator[simpy.Event, Any, None]:
        """Read past the body of a redirect."""
        self._say("* Ignoring the response-body\n")
        size = 0
        while (piece := (yield from line.read(limit_ms=self._left()))) is not None:
            size += len(piece)
        if size and not self._proc.stdout.tty:
            self._say(f"{{ [{size} bytes data]\n")
        self._say(f"* Connection #0 to host {url.host} left intact\n")
        self._say(f"* Issue another request to this URL: '{follow.text}'\n")

    def _deliver(
        self, url: Url, line: Line, reply: Reply, request: Request
    ) -> Generator[simpy.Event, Any, None]:
        options, measured, proc = self._options, self.measured, self._proc
        failing = reply.status >= 400
        told = f"The requested URL returned error: {reply.status}"
        if failing and options.on("fail") and not options.on("fail-with-body"):
            raise Failed(22, told)
        kept: list[str] | None = None if self._target in (None, "-") else []
        shown = reply.head + "\r\n" if options.on("include") or options.on("head") else ""
        self._store(options.value("dump-header"), reply.head + "\r\n")
        self._put(kept, shown)
        if request.method != "HEAD":
            told_size = False
            while True:
                try:
                    piece = yield from line.read(limit_ms=self._left())
                except TimedOut:
                    self._save(kept)
                    raise self._too_late() from None
                if piece is None:
                    break
                size = len(piece.encode("utf-8", "surrogateescape"))
                measured.received += size
                if not told_size and size and not (kept is None and proc.stdout.tty):
                    self._say(f"{{ [{size} bytes data]\n")
                    told_size = True
                self._put(kept, piece)
                yield from proc.stdout.drain()
        measured.total = proc.env.now - self._started
        self._save(kept)
        self._store(options.value("cookie-jar"), _jar(url, reply))
        if self._meter:
            proc.stderr.write(progress(measured))
            self._meter = False
        self._say(f"* Connection #0 to host {url.host} left intact\n")
        if failing and options.on("fail-with-body"):
            raise Failed(22, told)

    def _file(self, url: Url) -> str:
        """Return the name of the file that is written, or nothing."""
        if self._target is None or self._target == "-":
            return ""
        name = self._target or url.file
        if not name:
            if not self._quiet:
                self._proc.stderr.write("curl: Remote file name has no length!\n")
            raise Failed(23, "Failed writing received data to disk/application")
        folder = self._options.value("output-dir")
        return posixpath.join(folder, name) if folder else name

    def _put(self, kept: list[str] | None, text: str) -> None:
        if kept is None:
            self._proc.stdout.write(text)
        else:
            kept.append(text)

    def _save(self, kept: list[str] | None) -> None:
        if kept is None:
            return
        name, files = self.measured.file, self._proc.files
        path = self._proc.path(name)
        try:
            if self._options.on("create-dirs"):
                files.mkdir(posixpath.dirname(path))
            files.write(path, "".join(kept))
        except FileProblem as problem:
            if not self._quiet:
                self._proc.stderr.write(f"Warning: Failed to open the file {name}: {problem}\n")
            raise Failed(23, _PATH_MAX) from None

    def _store(self, name: str, text: str) -> None:
        if not name:
            return
        if name == "-":
            self._proc.stdout.write(text)
            return
        try:
            self._proc.files.write(self._proc.path(name), text)
        except FileProblem:
            return  # curl says so with -v only

    def _say(self, text: str) -> None:
        if self._verbose:
            self._proc.stderr.write(text)


def _cookies(options: Options) -> str:
    return "; ".join(one for one in options.many("cookie") if "=" in one)


def _jar(url: Url, reply: Reply) -> str:
    rows = [
        "# Netscape HTTP Cookie File\n# https://curl.se/docs/http-cookies.html\n"
        "# This file was generated by libcurl! Edit at your own risk.\n\n"
    ]
    for key, value in reply.headers:
        if key.lower() == "set-cookie":
            name, _, text = value.partition(";")[0].partition("=")
            rows.append(f"{url.host}\tFALSE\t/\tFALSE\t0\t{name}\t{text}\n")
    return "".join(rows)
