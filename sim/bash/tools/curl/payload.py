"""The method, headers and body of a request, from curl's options.

It must not know a network.
"""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

from sim.bash.process import FileProblem, Proc
from sim.bash.tools.curl.network import Request
from sim.bash.tools.curl.options import Options
from sim.bash.tools.curl.urls import Url

AGENT = "curl/7.88.1"


def gathered(proc: Proc, options: Options) -> str | None:
    """Return what `-d` and its relatives make together; None without any."""
    parts: list[str] = []
    for kind, text in options.data:
        if kind == "urlencode":
            parts.append(_encoded(proc, options, text))
        elif kind in ("ascii", "binary", "json") and text.startswith("@"):
            held = _file(proc, options, text[1:])
            if kind == "ascii":
                held = held.replace("\r", "").replace("\n", "")
            parts.append(held)
        else:
            parts.append(text)
    if not parts:
        return None
    if options.data[0][0] == "json":
        return "".join(parts)
    return "&".join(parts)


def _encoded(proc: Proc, options: Options, text: str) -> str:
    at = min((text.find(sign) for sign in "=@" if sign in text), default=-1)
    if at < 0:
        return quote_plus(text)
    name, sign, value = text[:at], text[at], text[at + 1 :]
    if sign == "@":
        value = _file(proc, options, value)
    return f"{name}={quote_plus(value)}" if name else quote_plus(value)


def _file(proc: Proc, options: Options, name: str) -> str:
    if name == "-":
        return proc.stdin.poll()
    try:
        return proc.files.read(proc.path(name))
    except FileProblem:
        if not options.on("silent"):
            proc.stderr.write(
                f'Warning: Couldn\'t read data from file "{name}", this makes an empty POST.\n'
            )
        return ""


def request_of(
    options: Options, url: Url, body: str | None, *, plain_get: bool, cookies: str = ""
) -> Request:
    """Return the request for *url*; *plain_get* after a redirect that drops the body."""
    if plain_get:
        body = None
    method = "GET" if body is None else "POST"
    if options.on("head"):
        method = "HEAD"
    if not plain_get:
        method = options.value("request", method)
    user = options.value("user") or url.user
    sent = [("Host", url.authority)]
    if user:
        word = user if ":" in user else f"{user}:"
        sent.append(("Authorization", f"Basic {base64.b64encode(word.encode()).decode()}"))
    elif bearer := options.value("oauth2-bearer"):
        sent.append(("Authorization", f"Bearer {bearer}"))
    if agent := options.value("user-agent", AGENT):
        sent.append(("User-Agent", agent))
    sent.append(("Accept", "*/*"))
    if options.on("compressed"):
        sent.append(("Accept-Encoding", "deflate, gzip, br, zstd"))
    if referer := options.value("referer"):
        sent.append(("Referer", referer))
    if cookies:
        sent.append(("Cookie", cookies))
    own = _own(options)
    named = {name.lower() for name, _, _ in own}
    if "host" in named:
        named.discard("accept-encoding")
    headers = [(name, value) for name, value in sent if name.lower() not in named]
    if host := next((value for name, value, _ in own if name.lower() == "host"), ""):
        headers.insert(0, ("Host", host))
    headers += [(name, value) for name, value, kept in own if kept and name.lower() != "host"]
    if body is not None:
        if "content-length" not in named:
            headers.append(("Content-Length", str(len(body.encode("utf-8", "surrogateescape")))))
        if "content-type" not in named:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return Request(method, url.path, tuple(headers), body or "")


def _own(options: Options) -> list[tuple[str, str, bool]]:
    """Return (name, value, whether it is sent) of `-H`, and what `--json` adds."""
    found: list[tuple[str, str, bool]] = []
    for text in options.many("header"):
        name, colon, value = text.partition(":")
        if colon:
            found.append((name, value.strip(), bool(value.strip())))
        elif text.endswith(";"):
            found.append((text[:-1], "", True))
    if any(kind == "json" for kind, _ in options.data):
        named = {name.lower() for name, _, _ in found}
        found += [
            (name, "application/json", True)
            for name in ("Content-Type", "Accept")
            if name.lower() not in named
        ]
    return found
