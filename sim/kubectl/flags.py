"""Command-line flags as kubectl's parser (spf13/pflag) reads them, with its error texts.

Flags may stand before or after arguments, as `--name=value`, `--name value`, `-n value`, `-nvalue`
or joined (`-it`); `--` ends them. It must not know any command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import parse_go_duration, quote

_INTEGER = re.compile(
    r"[+-]?(0[xX]_?[0-9a-fA-F]+|0[bB]_?[01]+|0[oO]?_?[0-7]+|0|[1-9]\d*)", re.ASCII
)
"""What Go reads as an integer with base 0; underscores stand between digits."""
MOST_DIGITS = 80
_BITS = {"int": 64, "int32": 32}
_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_FALSE = {"0", "f", "F", "FALSE", "false", "False"}


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a command."""

    name: str
    """Long name, e.g. `namespace`."""
    kind: str = "string"
    """`string`, `bool`, `int`, `duration`, `list` (comma-separated, repeatable) or `array`."""
    short: str = ""
    """One letter, or empty."""
    default: str = ""
    bare: str | None = None
    """The value of the flag given without one (`--dry-run`, `--watch`); None: it needs one."""

    @property
    def without_value(self) -> str | None:
        """Return the value that the bare flag stands for, or None if it needs one."""
        return "true" if self.kind == "bool" and self.bare is None else self.bare

    def describe(self) -> str:
        """Return the flag as error texts name it, e.g. `-w, --watch`."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


def flag(text: str) -> Flag:
    """Return the flag that *text* describes.

    `watch,w bool`; `tail int=-1` (a default); `dry-run string=none?unchanged` (the value of the
    bare flag).
    """
    names, _, rest = text.partition(" ")
    kind, _, default = (rest or "string").partition("=")
    default, _, bare = default.partition("?")
    name, _, short = names.partition(",")
    return Flag(name, kind, short, default, bare or None)


def flags(*texts: str) -> tuple[Flag, ...]:
    """Return the flags of several descriptions; see `flag`."""
    return tuple(map(flag, texts))


def without(known: Iterable[Flag], *names: str) -> tuple[Flag, ...]:
    """Return *known* but for those called *names*."""
    return tuple(one for one in known if one.name not in names)


GLOBAL_FLAGS = flags(
    "as",
    "as-group array",
    "as-uid",
    "as-user-extra array",
    "cache-dir",
    "certificate-authority",
    "client-certificate",
    "client-key",
    "cluster",
    "context",
    "disable-compression bool",
    "help,h bool",
    "insecure-skip-tls-verify bool",
    "kubeconfig",
    "kuberc",
    "log-flush-frequency duration=5s",
    "match-server-version bool",
    "namespace,n",
    "password",
    "profile string=none",
    "profile-output string=profile.pprof",
    "proxy-url",
    "request-timeout string=0",
    "server,s",
    "tls-server-name",
    "token",
    "user",
    "username",
    "v,v",
    "vmodule",
    "warnings-as-errors bool",
)


@dataclass(slots=True)
class FlagValues:
    """What was given, over the defaults."""

    known: dict[str, Flag]
    given: dict[str, list[str]] = field(default_factory=dict)
    """Flag name -> every value given, in order."""
    before_dash: int = -1
    """How many arguments stood before `--`; -1 if there was no `--`."""

    def is_set(self, name: str) -> bool:
        """Return whether the flag was given."""
        return name in self.given

    def text(self, name: str) -> str:
        """Return the last value given, or the default."""
        values = self.given.get(name)
        return values[-1] if values else self.known[name].default

    def on(self, name: str) -> bool:
        """Return a bool flag's value."""
        return self.text(name) in _TRUE

    def number(self, name: str) -> int:
        """Return an int flag's value; 0 when it has neither value nor default."""
        return _integer(self.text(name) or "0") or 0

    def duration_ms(self, name: str) -> int:
        """Return a duration flag's value in ms."""
        return round(parse_go_duration(self.text(name) or "0s") / 1_000_000)

    def many(self, name: str) -> list[str]:
        """Return every value of a list or array flag; lists are split at commas."""
        values = self.given.get(name)
        if values is None:
            default = self.known[name].default
            return default.split(",") if default else []
        if self.known[name].kind == "list":
            return [part for value in values for part in value.split(",") if value]
        return list(values)


def parse(arguments: Sequence[str], known: Iterable[Flag]) -> tuple[FlagValues, list[str]]:
    """Return the flags given in *arguments* and the arguments that are left.

    Raises:
        CommandError: for an unknown flag, a missing or a malformed value.
    """
    by_name = {one.name: one for one in known}
    by_short = {one.short: one for one in by_name.values() if one.short}
    values = FlagValues(by_name)
    left: list[str] = []
    words = list(arguments)
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word == "--":
            values.before_dash = len(left)
            left.extend(words[index:])
            break
        if not word.startswith("-") or word == "-":
            left.append(word)
        elif word.startswith("--"):
            index = _read_long(word, words, index, values)
        else:
            index = _read_short(word, words, index, values, by_short)
    return values, left


def _read_long(word: str, words: list[str], index: int, values: FlagValues) -> int:
    name, equals, value = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise CommandError(f"bad flag syntax: {word}")
    one = values.known.get(name)
    if one is None:
        raise CommandError(f"unknown flag: --{name}")
    if equals:
        pass
    elif one.without_value is not None:
        value = one.without_value
    elif index < len(words):
        value = words[index]
        index += 1
    else:
        raise CommandError(f"flag needs an argument: {word}")
    _take(values, one, value)
    return index


def _read_short(
    word: str, words: list[str], index: int, values: FlagValues, by_short: dict[str, Flag]
) -> int:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        one = by_short.get(letter)
        if one is None:
            raise CommandError(f"unknown shorthand flag: '{letter}' in -{letter}{letters}")
        if letters.startswith("=") and len(letters) > 1:
            value, letters = letters[1:], ""
        elif one.without_value is not None:
            value = one.without_value
        elif letters:
            value, letters = letters, ""
        elif index < len(words):
            value = words[index]
            index += 1
        else:
            raise CommandError(f"flag needs an argument: '{letter}' in {word}")
        _take(values, one, value)
    return index


def _take(values: FlagValues, one: Flag, value: str) -> None:
    problem = _problem(one.kind, value)
    if problem:
        raise CommandError(f'invalid argument "{value}" for "{one.describe()}" flag: {problem}')
    values.given.setdefault(one.name, []).append(value)


def _integer(text: str) -> int | None:
    """Return the integer that Go's ParseInt reads with base 0, None if it is none."""
    plain = re.sub(r"(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])", "", text)
    if _INTEGER.fullmatch(plain) is None:
        return None
    digits = plain.lstrip("+-")
    if len(digits) > MOST_DIGITS:
        return 1 << MOST_DIGITS
    octal = digits[:1] == "0" and digits[1:2].isdecimal()
    size = int(digits, 8) if octal else int(digits, 0)
    return -size if plain[0] == "-" else size


def _problem(kind: str, value: str) -> str:
    if kind == "bool" and value not in _TRUE | _FALSE:
        return f"strconv.ParseBool: parsing {quote(value)}: invalid syntax"
    if kind in _BITS:
        number = _integer(value)
        if number is None:
            return f"strconv.ParseInt: parsing {quote(value)}: invalid syntax"
        most = 1 << _BITS[kind] - 1
        if not -most <= number < most:
            return f"strconv.ParseInt: parsing {quote(value)}: value out of range"
    if kind == "duration":
        try:
            parse_go_duration(value)
        except ValueError as error:
            return str(error)
    return ""
