"""`curl` over the network of a place: options, retries, and the words of curl 7.88.

What stands behind the network is the place's; see `network`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc, Program, Running
from sim.bash.tools.curl.network import (
    ERRORS,
    Dialled,
    Line,
    Network,
    Reply,
    Request,
    TimedOut,
)
from sim.bash.tools.curl.options import TRY, Options, UsageProblem, read_options
from sim.bash.tools.curl.transfer import Transfer
from sim.bash.tools.curl.urls import Url, parse_url

__all__ = [
    "ERRORS",
    "Dialled",
    "Line",
    "Network",
    "Reply",
    "Request",
    "TimedOut",
    "Url",
    "curl_program",
    "parse_url",
]

VERSION = "7.88.1"
MOST_URLS = 64
MOST_TRIES = 20
_TRANSIENT = (408, 429, 500, 502, 503, 504)
_UNMODELLED = (
    "form", "form-string", "upload-file", "proxy", "socks5", "socks5-hostname", "config", "range",
    "continue-at", "unix-socket", "cert", "key", "trace", "trace-ascii",
)  # fmt: skip
_HELP = (
    "Usage: curl [options...] <url>\n"
    " -d, --data <data>          HTTP POST data\n"
    " -f, --fail                 Fail fast with no output on HTTP errors\n"
    " -h, --help <category>      Get help for commands\n"
    " -i, --include              Include protocol response headers in the output\n"
    " -o, --output <file>        Write to file instead of stdout\n"
    " -O, --remote-name          Write output to a file named as the remote file\n"
    " -s, --silent               Silent mode\n"
    " -u, --user <user:password> Server user and password\n"
    " -A, --user-agent <name>    Send User-Agent <name> to server\n"
    " -v, --verbose              Make the operation more talkative\n"
    " -V, --version              Show version number and quit\n"
)


def curl_program(network: Network) -> Program:
    """Return `curl` as it runs on *network*."""

    def curl(proc: Proc) -> Running:
        """Transfer URLs."""
        try:
            return (yield from _run(proc, network))
        except UsageProblem as problem:
            proc.stderr.write(str(problem))
            return 2

    return curl


def _run(proc: Proc, network: Network) -> Running:
    options = read_options(proc.argv[1:])
    if options.on("version"):
        proc.print(
            f"curl {VERSION} (x86_64-pc-linux-gnu) libcurl/{VERSION} OpenSSL/3.0.19",
            "Release-Date: 2023-02-20",
            "Protocols: http https",
            "Features: IPv6 Largefile SSL",
        )
        return 0
    if "help" in options.values:
        proc.stdout.write(_HELP)
        return 0
    if not options.urls:
        proc.stderr.write(f"curl: no URL specified!\n{TRY}" if len(proc.argv) > 1 else TRY)
        return 2
    for name in _UNMODELLED:
        if name in options.values:
            proc.stderr.write(f"curl: option --{name}: not supported in this simulator\n")
            return 2
    proc.asked()
    code = 0
    for number, text in enumerate(options.urls[:MOST_URLS]):
        code = yield from _tried(proc, network, options, text, number)
        if code and options.on("fail-early"):
            break
    return code


def _tried(
    proc: Proc, network: Network, options: Options, text: str, number: int
) -> Generator[simpy.Event, Any, int]:
    """Transfer a URL as often as `--retry` says."""
    left = min(max(options.count("retry", 0), 0), MOST_TRIES)
    pause = options.seconds("retry-delay", "--retry-delay")
    wait = 1000
    while True:
        transfer = Transfer(proc, network, options, text, number)
        code = yield from transfer.run()
        why = _passing(options, code, transfer.measured.status)
        if not why or not left:
            return code
        delay = pause or wait
        wait = min(wait * 2, 600_000)
        if not options.on("silent"):
            told = f"Problem : {why}. Will retry in {delay // 1000} seconds. {left} retries left."
            rows = textwrap.wrap(told, 70)
            last = len(rows) - 1
            for at, row in enumerate(rows):
                proc.stderr.write(f"Warning: {row}{'' if at == last else ' '}\n")
        left -= 1
        yield proc.env.timeout(delay)


def _passing(options: Options, code: int, status: int) -> str:
    """Return why it may go better next time, or nothing."""
    if code == 28:
        return "timeout"
    if code == 7:
        refused = options.on("retry-connrefused") or options.on("retry-all-errors")
        return "connection refused" if refused else ""
    if code in (0, 22) and status in _TRANSIENT:
        return "HTTP error"
    if code and options.on("retry-all-errors"):
        return "(retrying all errors)"
    return ""
