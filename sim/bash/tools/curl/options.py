"""curl's command line: short and long options, with its own words for what is wrong with it.

It must not know what an option does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

TRY = "curl: try 'curl --help' or 'curl --manual' for more information\n"
_SWITCHES = {
    "s": "silent", "S": "show-error", "v": "verbose", "I": "head", "i": "include", "f": "fail",
    "k": "insecure", "L": "location", "4": "ipv4", "6": "ipv6", "V": "version", "O": "remote-name",
    "G": "get", "N": "no-buffer", "g": "globoff", "j": "junk-session-cookies", "#": "progress-bar",
    "n": "netrc", "0": "http1.0", "J": "remote-header-name", "R": "remote-time", "a": "append",
    "p": "proxytunnel", "1": "tlsv1", "q": "disable", "Z": "parallel",
}  # fmt: skip
_VALUED = {
    "o": "output", "w": "write-out", "m": "max-time", "X": "request", "H": "header", "d": "data",
    "A": "user-agent", "u": "user", "b": "cookie", "c": "cookie-jar", "e": "referer", "F": "form",
    "T": "upload-file", "x": "proxy", "r": "range", "E": "cert", "D": "dump-header", "K": "config",
    "C": "continue-at", "U": "proxy-user", "z": "time-cond", "Y": "speed-limit",
    "y": "speed-time", "h": "help", "t": "telnet-option", "Q": "quote", "P": "ftp-port",
}  # fmt: skip
_LONG_SWITCHES = {
    *_SWITCHES.values(), "fail-with-body", "http1.1", "http2", "http2-prior-knowledge",
    "compressed", "create-dirs", "progress-meter", "no-progress-meter", "retry-connrefused",
    "retry-all-errors", "fail-early", "location-trusted", "remote-name-all", "tcp-nodelay",
    "keepalive", "basic", "post301", "post302", "post303", "path-as-is", "tlsv1.2", "tlsv1.3",
    "ssl-no-revoke", "sessionid", "buffer", "styled-output", "proto-redir", "tr-encoding", "raw",
    "ssl-reqd", "digest", "negotiate", "ntlm", "anyauth", "tcp-fastopen", "disallow-username-in-url",
}  # fmt: skip
_LONG_VALUED = {
    *_VALUED.values(), "data-raw", "data-ascii", "data-binary", "data-urlencode", "json", "url",
    "connect-timeout", "retry", "retry-delay", "retry-max-time", "resolve", "connect-to", "cacert",
    "capath", "key", "noproxy", "interface", "max-redirs", "output-dir", "limit-rate", "oauth2-bearer",
    "dns-servers", "unix-socket", "trace", "trace-ascii", "stderr", "cert-type", "ciphers", "proto",
    "proto-default", "form-string", "request-target", "max-filesize", "url-query", "rate", "socks5",
    "socks5-hostname", "keepalive-time", "expect100-timeout", "tls-max", "happy-eyeballs-timeout-ms",
    "aws-sigv4", "local-port", "abstract-unix-socket", "doh-url", "pinnedpubkey", "haproxy-clientip",
}  # fmt: skip
_DATA = {
    "data": "ascii", "data-ascii": "ascii", "data-binary": "binary", "data-raw": "raw",
    "data-urlencode": "urlencode", "json": "json",
}  # fmt: skip


class UsageProblem(Exception):  # noqa: N818 - the text that curl prints
    """Wrong options; `str()` is what standard error shows."""


@dataclass
class Options:
    """What a command line said."""

    switches: set[str] = field(default_factory=set)
    values: dict[str, list[str]] = field(default_factory=dict)
    data: list[tuple[str, str]] = field(default_factory=list)
    """(kind, text) of `-d` and its relatives, in order."""
    urls: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    """`-o FILE` in order; empty text for `-O`."""

    def on(self, name: str) -> bool:
        """Return whether a switch was given."""
        return name in self.switches

    def value(self, name: str, default: str = "") -> str:
        """Return the last value of an option."""
        return self.values[name][-1] if name in self.values else default

    def many(self, name: str) -> list[str]:
        """Return all values of an option."""
        return self.values.get(name, [])

    def seconds(self, name: str, shown: str) -> int | None:
        """Return an option's number of seconds in ms, None if it is absent or zero.

        Raises:
            UsageProblem: if it is no number.
        """
        text = self.value(name)
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = -1
        if not 0 <= number < 10_000_000:
            raise UsageProblem(
                f"curl: option {shown}: expected a proper numerical parameter\n{TRY}"
            )
        return round(number * 1000) or None

    def count(self, name: str, default: int) -> int:
        """Return an option's whole number.

        Raises:
            UsageProblem: if it is none.
        """
        text = self.value(name)
        if text and not text.lstrip("-").isdecimal():
            raise UsageProblem(
                f"curl: option --{name}: expected a proper numerical parameter\n{TRY}"
            )
        return int(text[:9]) if text else default


def read_options(argv: Sequence[str]) -> Options:
    """Return what *argv*, the words after the program's name, says.

    Raises:
        UsageProblem: for an option that does not exist or lacks its value.
    """
    options = Options()
    words = list(argv)
    while words:
        word = words.pop(0)
        if word == "--":
            options.urls += words
            break
        if word.startswith("--"):
            _long(options, word, words)
        elif word.startswith("-") and word != "-":
            _short(options, word, words)
        else:
            options.urls.append(word)
    return options


def _long(options: Options, word: str, words: list[str]) -> None:
    name = word[2:]
    known = [one for one in (*_LONG_SWITCHES, *_LONG_VALUED) if one == name]
    if not known and name.startswith("no-") and name[3:] in _LONG_SWITCHES:
        options.switches.discard(name[3:])
        return
    if not known:
        known = sorted({one for one in (*_LONG_SWITCHES, *_LONG_VALUED) if one.startswith(name)})
    if len(known) > 1:
        raise UsageProblem(f"curl: option {word}: is ambiguous\n{TRY}")
    if not known:
        raise UsageProblem(f"curl: option {word}: is unknown\n{TRY}")
    if known[0] in _LONG_SWITCHES:
        _switch(options, known[0])
    elif words or known[0] == "help":
        _put(options, known[0], words.pop(0) if words else "")
    else:
        raise UsageProblem(f"curl: option {word}: requires parameter\n{TRY}")


def _short(options: Options, word: str, words: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in _SWITCHES:
            _switch(options, _SWITCHES[letter])
        elif letter in _VALUED:
            if not letters and not words and letter != "h":
                raise UsageProblem(f"curl: option {word}: requires parameter\n{TRY}")
            _put(options, _VALUED[letter], letters or (words.pop(0) if words else ""))
            break
        else:
            raise UsageProblem(f"curl: option {word}: is unknown\n{TRY}")


def _switch(options: Options, name: str) -> None:
    options.switches.add(name)
    if name == "remote-name":
        options.outputs.append("")


def _put(options: Options, name: str, value: str) -> None:
    if name in _DATA:
        options.data.append((_DATA[name], value))
    elif name == "url":
        options.urls.append(value)
    elif name == "output":
        options.outputs.append(value)
    options.values.setdefault(name, []).append(value)
