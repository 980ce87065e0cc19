r"""From a POSIX regular expression, basic or extended, to the engine's words for it.

What GNU's matcher accepts is accepted, and what it refuses is refused in its words; only
back-references cannot be had from a linear-time engine. This file must not know the engine's API.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.bash.regex.brackets import RegexProblem, escaped, read_bracket

__all__ = ["Dialect", "RegexProblem", "translate"]

_REPEATS = 1000
"""The engine's largest count in an interval; GNU's is 32767."""
_SHORT = {
    "w": r"\w", "W": r"\W", "s": r"\s", "S": r"\S", "b": r"\b", "B": r"\B",
    "<": r"\b", ">": r"\b", "`": r"\A", "'": r"\z",
}  # fmt: skip
"""GNU's backslash operators; the engine has one word boundary for `\\<` and `\\>`."""
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a tool writes its patterns."""

    extended: bool = False
    """`+`, `?`, `|`, `(`, `{` are operators without a backslash."""
    controls: str = ""
    r"""Letters that name a control character after a backslash, as `nt` in sed."""
    awk: bool = False
    r"""Octal escapes, `\y`, and escapes in brackets."""
    strict: bool = False
    """An operator with nothing to repeat is an error, as POSIX has it."""
    lines: bool = False
    """`.` and `[^a]` stay within a line."""


@dataclass
class _Reader:
    pattern: str
    dialect: Dialect
    warnings: list[str]
    at: int = 0
    out: list[str] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)
    """Where in `out` each open group begins."""
    atom: int | None = None
    """Where in `out` the last repeatable thing begins; None at the start of a branch."""
    repeated: bool = False
    start: bool = True
    """At the start of a branch, where `*` is a star and `^` an anchor in a basic expression."""

    def read(self) -> str:
        """Return the whole pattern translated."""
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            self.at += 1
            if char == "\\":
                self._backslash()
            elif char == "[":
                self._bracket()
            elif char == ".":
                self._atom("." if self.dialect.lines else "(?s:.)")
            elif char == "*":
                self._star()
            elif char == "^":
                self._caret()
            elif char == "$":
                self._dollar()
            elif char == "\n" and not self.dialect.awk and not self.dialect.controls:
                self._bar()
            elif self.dialect.extended and char in "+?|(){":
                self._operator(char)
            else:
                self._atom(escaped(char))
        if self.opened:
            raise RegexProblem("Unmatched ( or \\(")
        return "".join(self.out)

    def _atom(self, text: str) -> None:
        self.atom, self.repeated, self.start = len(self.out), False, False
        self.out.append(text)

    def _anchor(self, text: str) -> None:
        self.atom = len(self.out)
        self.repeated = False
        self.out.append(text)

    def _operator(self, char: str) -> None:
        if char == "|":
            self._bar()
        elif char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char == "{":
            self._interval()
        elif self.atom is not None:
            self._repeat(char)
        elif self.dialect.extended:
            self._idle(char)
        else:
            self._atom(escaped(char))

    def _idle(self, sign: str) -> None:
        """Leave out a repetition of nothing, as GNU's extended syntax does."""
        if self.dialect.strict:
            raise RegexProblem("Invalid preceding regular expression")
        self.warnings.append(f"{sign} at start of expression")

    def _backslash(self) -> None:
        if self.at >= len(self.pattern):
            raise RegexProblem("Trailing backslash")
        char = self.pattern[self.at]
        self.at += 1
        if not self.dialect.extended and char in "+?|(){":
            self._operator(char)
        elif char in self.dialect.controls:
            self._atom(escaped(_CONTROLS[char]))
        elif self.dialect.awk and char in "01234567":
            self._octal(char)
        elif char in "123456789":
            raise RegexProblem("back-references are not supported in this simulator", number=char)
        elif self.dialect.awk and char == "y":
            self._anchor(r"\b")
        elif char in "bB<>`'":
            self._anchor(_SHORT[char])
        elif char in "wWsS":
            self._atom(_SHORT[char])
        else:
            self._atom(escaped(char))

    def _octal(self, char: str) -> None:
        digits = char
        while len(digits) < 3 and self.pattern[self.at : self.at + 1] in set("01234567"):
            digits += self.pattern[self.at]
            self.at += 1
        self._atom(escaped(chr(int(digits, 8) & 255)))

    def _bracket(self) -> None:
        text, self.at = read_bracket(
            self.pattern, self.at, escapes="" if not self.dialect.awk else "\\/\"]",
            controls=self.dialect.controls,
        )  # fmt: skip
        if self.dialect.lines and text.startswith("[^"):
            text = "[^\\n" + text[2:]
        self._atom(text)

    def _star(self) -> None:
        if self.atom is not None and not (self.start and not self.dialect.extended):
            self._repeat("*")
        elif self.dialect.extended:
            self._idle("*")
        else:
            self._atom(r"\*")

    def _caret(self) -> None:
        if self.dialect.extended or self.start:
            self.out.append("^")
            self.atom = None
        else:
            self._atom(r"\^")

    def _dollar(self) -> None:
        rest = self.pattern[self.at : self.at + 2]
        ends = not rest or rest in {"\\)", "\\|"} or rest.startswith("\n")
        if self.dialect.extended or ends:
            self._anchor("$")
            self.start = False
        else:
            self._atom(r"\$")

    def _bar(self) -> None:
        self.out.append("|")
        self.atom, self.start = None, True

    def _open(self) -> None:
        self.opened.append(len(self.out))
        self.out.append("(")
        self.atom, self.start = None, True

    def _close(self) -> None:
        if not self.opened:
            if not self.dialect.extended or self.dialect.awk or self.dialect.strict:
                raise RegexProblem("Unmatched ) or \\)")
            self._atom(r"\)")
            return
        self.out.append(")")
        self.atom, self.repeated, self.start = self.opened.pop(), False, False

    def _repeat(self, sign: str) -> None:
        assert self.atom is not None
        if self.repeated:
            inner = "".join(self.out[self.atom :])
            del self.out[self.atom :]
            if sign == inner[-1:] == "*":
                self.out.append(inner)
                return
            self.out.append(f"(?:{inner})")
        self.out.append(sign)
        self.repeated, self.start = True, False

    def _interval(self) -> None:
        close = "}" if self.dialect.extended else "\\}"
        end = self.pattern.find(close, self.at)
        inner = self.pattern[self.at : end] if end >= 0 else ""
        least, comma, most = inner.partition(",")
        known = all(part == "" or (part.isascii() and part.isdecimal()) for part in (least, most))
        if end < 0 or not known or inner == "":
            if self.dialect.extended:
                self._atom(r"\{")
                return
            raise RegexProblem("Unmatched \\{" if end < 0 else "Invalid content of \\{\\}")
        if self.atom is None:
            if not self.dialect.extended:
                self._atom(r"\{")
                return
            self.at = end + len(close)
            self._idle("{...}")
            return
        low = int(least[:6] or 0)
        high = (int(most[:6]) if most else -1) if comma else low
        if high >= 0 and low > high:
            raise RegexProblem("Invalid content of \\{\\}")
        if max(low, high) > _REPEATS:
            raise RegexProblem("Regular expression too big")
        self.at = end + len(close)
        most = "" if high < 0 else str(high)
        self._repeat(f"{{{low},{most}}}" if comma else f"{{{low}}}")


def translate(pattern: str, dialect: Dialect, warnings: list[str] | None = None) -> str:
    r"""Return *pattern* in the engine's syntax; what GNU's matcher warns of goes to *warnings*.

    >>> translate(r"a\+\(b\|c\)*", Dialect())
    'a+(b|c)*'

    Raises:
        RegexProblem: if it is no regular expression, or needs a back-reference.
    """
    return _Reader(pattern, dialect, [] if warnings is None else warnings).read()
