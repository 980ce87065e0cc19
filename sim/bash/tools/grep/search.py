"""A search through one file after the other, and how its lines are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sim.bash.process import Proc
from sim.bash.regex import MATCH_UNITS
from sim.bash.tools.grep.asked import Patterns, number_of
from sim.bash.tools.options import Options

_MATCH, _NAME, _NUMBER, _SIGN = "01;31", "35", "32", "36"
"""The colours that GREP_COLORS has by default, grep(1)."""
_CONTEXT = "%s: invalid context length argument"


class Search:
    """Takes lines, prints what was asked for, and knows whether anything was found."""

    def __init__(self, proc: Proc, options: Options, patterns: Patterns) -> None:
        """Search for *patterns* with *options*, writing to *proc*'s output."""
        self.proc = proc
        self.patterns = patterns
        self.regex = patterns.regex
        has = options.flags.__contains__
        context = number_of(options, "C", 0, _CONTEXT)
        self._after = number_of(options, "A", context, _CONTEXT)
        before = min(number_of(options, "B", context, _CONTEXT), 1_000_000)
        self._before: deque[tuple[int, int, str]] = deque(maxlen=before or None)
        self._keeps = before > 0
        self._grouped = has("A") or has("B") or has("C")
        self._separator: str | None = options.flags.get("group-separator", "--")
        if has("no-group-separator"):
            self._separator = None
        self._most = number_of(options, "m", -1, "invalid max count")
        self._inverted, self._only, self._counts = has("v"), has("o"), has("c")
        self._quiet, self._tab = has("q"), has("T")
        self._lists = "" if self._quiet else options.last_of("lL")
        self._numbers, self._offsets = has("n"), has("b")
        self._named = options.last_of("hH") == "H" or (
            "h" not in options and (len(options.operands) > 1 or has("r") or has("R"))
        )
        self._name_end = "\0" if has("Z") else ":"
        self._end = "\0" if has("z") else "\n"
        when = options.flags.get("color", "never")
        self._coloured = when == "always" or (
            when in {"", "auto", "tty", "if-tty"} and proc.stdout.tty
        )
        self.found = False
        self.ended = False
        """True when no further file matters."""
        self._show_any = not (self._quiet or self._lists or self._counts)
        self._printed_any = False
        self.begin("")

    def begin(self, name: str, size: int = 0) -> None:
        """Begin a file of *size* bytes, whose digits `-T` leaves room for."""
        self._name = name
        self._width = len(str(size))
        self._number = self._offset = self._count = self._owed = self._printed_at = 0
        self._before.clear()

    def text(self, text: str) -> None:
        """Take a whole file."""
        literal = self.patterns.literal
        if literal and not self._inverted and "\n" not in literal and literal not in text:
            return
        for line in text[: len(text) - text.endswith("\n")].split("\n") if text else ():
            if self.line(line):
                return

    def line(self, line: str) -> bool:
        """Take one line; return True when nothing further of this file matters."""
        self._number += 1
        offset = self._offset
        if self._offsets:
            self._offset += len(line.encode("utf-8", "surrogateescape")) + 1
        if self._count == self._most:
            return self._trailing(line, offset)
        literal = self.patterns.literal
        if literal is None:
            self.proc.charge(4 + (len(line) >> 2) * self.regex.weight)
            there = self.regex.fits(line)
        else:
            there = literal in line
        if there == self._inverted:
            self._unfit(line, offset)
            return False
        self.found = True
        self._count += 1
        if self._quiet:
            self.ended = True
            return True
        if self._lists:
            return True
        if self._show_any:
            self._fit(line, offset)
        return self._count == self._most and not self._owed

    def _trailing(self, line: str, offset: int) -> bool:
        """Print what is owed after the last line that counts."""
        if not self._owed:
            return True
        self._owed -= 1
        self._show(self._number, offset, line, "-")
        return not self._owed

    def _unfit(self, line: str, offset: int) -> None:
        if self._owed and self._show_any:
            self._owed -= 1
            self._show(self._number, offset, line, "-")
        elif self._keeps:
            self._before.append((self._number, offset, line))

    def _fit(self, line: str, offset: int) -> None:
        for number, at, earlier in self._before:
            self._show(number, at, earlier, "-")
        self._before.clear()
        self._show(self._number, offset, line, ":")
        self._owed = self._after

    def _show(self, number: int, offset: int, text: str, sign: str) -> None:
        apart = self._printed_any and number != self._printed_at + 1
        if self._grouped and self._separator is not None and apart:
            self.proc.stdout.write(self._sgr(_SIGN, self._separator) + "\n")
        self._printed_at, self._printed_any = number, True
        if not self._only:
            shown = self._highlighted(text) if self._coloured and sign == ":" else text
            if self._coloured and self._inverted and sign == "-":
                shown = self._highlighted(text)
            self.proc.stdout.write(self._head(number, offset, sign) + shown + self._end)
            return
        if sign == "-" or self._inverted:
            return
        for start, end in self._places(text):
            if start < end:
                at = offset + len(text[:start].encode()) if self._offsets else 0
                piece = self._sgr(_MATCH, text[start:end])
                self.proc.stdout.write(self._head(number, at, sign) + piece + self._end)

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the pattern fits."""
        group = self.patterns.group
        if not group:
            for found in self.regex.finditer(text, 0, self.proc.charge):
                yield found.spans[0]
            return
        at = 0
        while (match := self.regex.search(text, at)) is not None:
            yield match.spans[group]
            at = max(match.spans[group][1], at + 1)
            self.proc.charge(MATCH_UNITS + (len(text) >> 3) * self.regex.weight)

    def _highlighted(self, text: str) -> str:
        if self._inverted and not self._grouped:
            return text
        out: list[str] = []
        at = 0
        for start, end in self._places(text):
            if start < end:
                out += (text[at:start], self._sgr(_MATCH, text[start:end]))
                at = end
        return "".join((*out, text[at:]))

    def _sgr(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m\x1b[K{text}\x1b[m\x1b[K" if self._coloured else text

    def _head(self, number: int, offset: int, sign: str) -> str:
        if not (self._named or self._numbers or self._offsets):
            return ""
        out = ""
        if self._named:
            mark = sign if self._name_end == ":" else "\0"
            out += self._sgr(_NAME, self._name)
            out += mark if mark == "\0" else self._sgr(_SIGN, mark)
        if self._numbers:
            width = self._width if self._tab else 0
            out += self._sgr(_NUMBER, str(number).rjust(width)) + self._sgr(_SIGN, sign)
        if self._offsets:
            width = self._width if self._tab else 0
            out += self._sgr(_NUMBER, str(offset).rjust(width)) + self._sgr(_SIGN, sign)
        return out + ("\t" if self._tab else "")

    def end(self) -> None:
        """End a file: print its name or count if that was asked for."""
        if self._lists:
            if (self._count > 0) == (self._lists == "l"):
                end = "\0" if self._name_end == "\0" else "\n"
                self.proc.stdout.write(self._sgr(_NAME, self._name) + end)
        elif self._counts and not self._quiet:
            head = ""
            if self._named:
                mark = self._sgr(_SIGN, ":") if self._name_end == ":" else "\0"
                head = self._sgr(_NAME, self._name) + mark
            self.proc.stdout.write(f"{head}{self._count}\n")
