"""One word of a command line: quotes, `$` forms and patterns, from text to `syntax` records.

What stands inside `$(...)` is a script, which `Reader.script_until` reads; the grammar of commands
is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sim.bash.parts import Parts
from sim.bash.syntax import (
    Arithmetic,
    Broken,
    Incomplete,
    ProcessSubstitution,
    Script,
    ShellSyntaxError,
    Substitution,
    Variable,
    Word,
)

MAX_DEPTH = 64
"""How deep quotes, substitutions and commands may stand inside each other."""
STOPS = " \t\n|&;()<>"
"""What ends a word outside quotes."""

_RUN = re.compile(r"[^\s\\'\"$`|&;()<>?*+@!\x00]+")
_QUOTED_RUN = re.compile(r"[^\\\"$`]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9?$!#@*-]")
_BRACED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$!#@*-]")
_OPERATOR = re.compile(r":[-=+?]|[-=+?]|##?|%%?|//|/|\^\^?|,,?|~~?|@[A-Za-z]|:")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f",
            "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?"}  # fmt: skip
_CODE = re.compile(r"x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})")


def unmatched(char: str, line: int = 0) -> Incomplete:
    """Return bash's complaint about a quote or bracket that is never closed."""
    return Incomplete(f"unexpected EOF while looking for matching `{char}'", line=line)


class Reader:
    """Reads words from a text, from `at` on."""

    def __init__(self, text: str, script_until: Callable[[Reader, str], Script]) -> None:
        """Read *text*; *script_until* reads the commands up to a closing sign from `at` on."""
        self.text = text
        self.at = 0
        self.depth = 0
        self.extglob = False
        self.script_until = script_until

    def line_of(self, at: int) -> int:
        """Return the line number of an offset; the reader of a script knows better."""
        return 1

    def deeper(self) -> None:
        """Count one level.

        Raises:
            ShellSyntaxError: if it is too deep.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ShellSyntaxError("commands are nested too deep")

    # -- whole words ---------------------------------------------------------------------------

    def word(self, *, regex: bool = False, extglob: bool | None = None) -> Word:
        """Read one word; it ends at a blank or operator, and may be empty if one stands here."""
        text, start = self.text, self.at
        out = Parts()
        extglob = self.extglob if extglob is None else extglob
        depth = 0
        size = len(text)
        while self.at < size:
            run = _RUN.match(text, self.at)
            if run is not None:
                out.literal(run[0], quoted=False)
                self.at = run.end()
                continue
            char = text[self.at]
            if char in STOPS:
                following = text[self.at + 1 : self.at + 2]
                if char in "<>" and following == "(" and not regex:
                    self._process(out, char)
                    continue
                if depth == 0 and not (regex and char in "(|&;<>"):
                    break
                if regex and char == "\n":
                    break
                depth += (char == "(") - (char == ")")
                out.literal(char, quoted=False)
                self.at += 1
            elif char == "\\":
                if text.startswith("\\\n", self.at):
                    self.at += 2
                    continue
                if self.at + 1 >= size:
                    out.literal("\\", quoted=False)
                    self.at += 1
                    continue
                out.literal(text[self.at + 1], quoted=True)
                self.at += 2
            elif char == "'":
                self._single(out)
            elif char == '"':
                self._double(out)
            elif char in "$`":
                self.dollar(out, quoted=False)
            else:
                out.literal(char, quoted=False)
                self.at += 1
                if char in "?*+@!" and extglob and not regex and text.startswith("(", self.at):
                    out.literal("(", quoted=False)
                    self.at += 1
                    depth += 1
        if depth and self.at >= size and not regex:
            raise unmatched(")")
        return out.word(text[start : self.at], self.line_of(start), braces=not regex)

    def whole(self) -> Word:
        """Read the rest as one word in which blanks and operators mean nothing (a subscript)."""
        return self.argument("", quoted=False, pattern=False)

    def quoted_rest(self) -> Word:
        """Read the rest as between double quotes, in which `"` itself means nothing."""
        out = Parts()
        start = self.at
        self._until(out, "", quote=False)
        return out.word(self.text[start : self.at])

    def argument(self, close: str, *, quoted: bool, pattern: bool) -> Word:
        """Read up to a character of *close*, which is not taken; the argument of `${name<op>`."""
        text, start = self.text, self.at
        out = Parts()
        literal_quoted = quoted and not pattern
        depth = 0
        while self.at < len(text):
            char = text[self.at]
            if char in close and not (depth and char == ":"):
                return out.word(text[start : self.at])
            if char == "\\":
                following = text[self.at + 1 : self.at + 2]
                if following == "\n":
                    pass
                elif literal_quoted and following not in {"$", "`", '"', "\\", "}"}:
                    out.literal("\\" + following, quoted=True)
                else:
                    out.literal(following, quoted=True)
                self.at += 2
            elif char == "'" and not literal_quoted:
                self._single(out)
            elif char == '"':
                self._double(out)
            elif char in "$`":
                self.dollar(out, quoted=literal_quoted)
            elif char in "<>" and text.startswith("(", self.at + 1) and close and not quoted:
                self._process(out, char)
            else:
                depth += (char == "(") - (char == ")")
                out.literal(char, quoted=literal_quoted)
                self.at += 1
        if close:
            raise unmatched("}")
        return out.word(text[start:])

    # -- pieces --------------------------------------------------------------------------------

    def _single(self, out: Parts) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise unmatched("'")
        out.literal(self.text[self.at + 1 : end], quoted=True)
        self.at = end + 1

    def _double(self, out: Parts) -> None:
        self.at += 1
        if self.text.startswith('"', self.at):
            # Of `"$@"` without parameters nothing is left, of `""` an empty argument.
            out.literal("", quoted=True)
        else:
            self._until(out, '"')
        self.at += 1

    def _until(self, out: Parts, close: str, *, quote: bool = True) -> None:
        """Read as between double quotes up to *close* (nothing: to the end)."""
        text = self.text
        while True:
            run = _QUOTED_RUN.match(text, self.at)
            if run is not None:
                out.literal(run[0], quoted=True)
                self.at = run.end()
            if self.at >= len(text):
                if close:
                    raise unmatched(close)
                return
            char = text[self.at]
            if char == close:
                return
            if char == "\\":
                following = text[self.at + 1 : self.at + 2]
                if following == "\n":
                    pass
                elif following and following in ('$`"\\' if quote else "$`\\"):
                    out.literal(following, quoted=True)
                else:
                    out.literal("\\" + following, quoted=True)
                self.at += 2
            elif char == '"':
                out.literal('"', quoted=True)
                self.at += 1
            else:
                self.dollar(out, quoted=True)

    def _process(self, out: Parts, sign: str) -> None:
        self.at += 2
        self.deeper()
        script = self.script_until(self, ")")
        self.depth -= 1
        out.add(ProcessSubstitution(script, sign))

    def dollar(self, out: Parts, *, quoted: bool) -> None:
        """Read what begins with `$` or a backtick."""
        text, start = self.text, self.at
        if text[start] == "`":
            self._backticks(out, quoted=quoted)
        elif text.startswith("$((", start) and (end := self._arithmetic_end(start + 3)) is not None:
            inner = Reader(text[start + 3 : end], self.script_until)
            inner.depth = self.depth
            inner.deeper()
            out.add(Arithmetic(inner.quoted_rest(), quoted))
            self.at = end + 2
        elif text.startswith("$(", start):
            self.at += 2
            self.deeper()
            script = self.script_until(self, ")")
            self.depth -= 1
            out.add(Substitution(script, quoted))
        elif text.startswith("${", start):
            self.deeper()
            self._braced(out, quoted=quoted)
            self.depth -= 1
        elif text.startswith("$[", start):
            end_ = text.find("]", start)
            if end_ < 0:
                raise unmatched("]")
            inner = Reader(text[start + 2 : end_], self.script_until)
            out.add(Arithmetic(inner.quoted_rest(), quoted))
            self.at = end_ + 1
        elif text.startswith("$'", start) and not quoted:
            self.at += 2
            out.literal(self._ansi(), quoted=True)
        elif text.startswith('$"', start) and not quoted:
            self.at += 1
            self._double(out)
        elif match := _NAME.match(text, start + 1):
            self.at = match.end()
            out.add(Variable(match[0], quoted))
        else:
            out.literal("$", quoted=quoted)
            self.at += 1

    def _backticks(self, out: Parts, *, quoted: bool) -> None:
        text, at = self.text, self.at + 1
        while at < len(text) and text[at] != "`":
            at += 2 if text[at] == "\\" else 1
        if at >= len(text):
            raise unmatched("`")
        special = r'\\([\\`$"])' if quoted else r"\\([\\`$])"
        inner = Reader(re.sub(special, r"\1", text[self.at + 1 : at]), self.script_until)
        inner.depth = self.depth
        inner.deeper()
        out.add(Substitution(self.script_until(inner, ""), quoted))
        self.at = at + 1

    def _arithmetic_end(self, at: int) -> int | None:
        """Return where the `))` stands that ends an expression, or None if it is none."""
        text, depth = self.text, 0
        while at < len(text):
            char = text[at]
            if char == "(":
                depth += 1
            elif char == ")":
                if depth == 0:
                    return at if text.startswith("))", at) else None
                depth -= 1
            elif char == "\\":
                at += 1
            elif char == "'":
                at = text.find("'", at + 1)
                if at < 0:
                    return None
            elif char == '"':
                at += 1
                while at < len(text) and text[at] != '"':
                    at += 2 if text[at] == "\\" else 1
            at += 1
        raise unmatched(")")

    def arithmetic(self) -> Word:
        """Read from behind `((` to behind the `))` that closes it."""
        end = self._arithmetic_end(self.at)
        if end is None:
            raise ShellSyntaxError("syntax error in arithmetic command")
        inner = Reader(self.text[self.at : end], self.script_until)
        inner.depth = self.depth
        inner.deeper()
        word = inner.quoted_rest()
        word.raw = inner.text
        self.at = end + 2
        return word

    def _ansi(self) -> str:
        """Read the inside of `$'...'` and its closing quote."""
        out: list[str] = []
        text = self.text
        while (char := text[self.at : self.at + 1]) != "'":
            if not char:
                raise unmatched("'")
            if char != "\\":
                out.append(char)
                self.at += 1
                continue
            self.at += 1
            following = text[self.at : self.at + 1]
            if not following:
                raise unmatched("'")
            code = _CODE.match(text, self.at)
            if code is not None:
                out.append(_character(code))
                self.at = code.end()
            elif following == "c" and self.at + 1 < len(text):
                out.append(chr(ord(text[self.at + 1].upper()) & 0x1F))
                self.at += 2
            else:
                out.append(_ESCAPES.get(following, "\\" + following))
                self.at += 1
        self.at += 1
        return "".join(out).partition("\0")[0]

    # -- ${...} --------------------------------------------------------------------------------

    def _braced(self, out: Parts, *, quoted: bool) -> None:
        text, start = self.text, self.at
        self.at += 2
        sign = ""
        if text.startswith("#", self.at) and _BRACED_NAME.match(text, self.at + 1):
            following = _BRACED_NAME.match(text, self.at + 1)
            assert following is not None
            if text[following.end() : following.end() + 1] in {"}", "["}:
                sign = "len"
                self.at += 1
        elif text.startswith("!", self.at) and text[self.at + 1 : self.at + 2] not in {
            "}",
            ":",
            "",
        }:
            sign = "!"
            self.at += 1
        match = _BRACED_NAME.match(text, self.at)
        if match is None:
            self._bad(out, start)
            return
        name = match[0]
        self.at = match.end()
        index: str | None = None
        subscript: Word | None = None
        if text.startswith("[", self.at) and (name[0].isalpha() or name[0] == "_"):
            end = self.bracket_end(self.at)
            if end is None:
                raise unmatched("]") if "}" not in text[self.at :] else unmatched("}")
            index = text[self.at + 1 : end]
            inner = Reader(index, self.script_until)
            inner.depth = self.depth
            inner.deeper()
            subscript = inner.whole()
            self.at = end + 1
        if sign == "!" and text[self.at : self.at + 2] in {"*}", "@}"} and index is None:
            out.add(Variable(name, quoted, "prefix", index=text[self.at]))
            self.at += 2
            return
        if text.startswith("}", self.at):
            self.at += 1
            operator = {"len": "len", "!": "keys" if index in {"@", "*"} else ""}.get(sign, "")
            indirect = sign == "!" and operator == ""
            out.add(
                Variable(
                    name, quoted, operator, index=index, indirect=indirect, subscript=subscript
                )
            )
            return
        operator_match = _OPERATOR.match(text, self.at)
        if operator_match is None or sign == "len":
            if self.at >= len(text):
                raise unmatched("}")
            self._bad(out, start)
            return
        operator = operator_match[0]
        self.at = operator_match.end()
        second: Word | None = None
        pattern = operator[0] in "#%/^,~"
        if operator == "/" and text[self.at : self.at + 1] in {"#", "%"}:
            operator += text[self.at]
            self.at += 1
        if operator[0] == "/":
            argument = self.argument("/}", quoted=quoted, pattern=True)
            if text.startswith("/", self.at):
                self.at += 1
                second = self.argument("}", quoted=quoted, pattern=True)
        elif operator == ":":
            argument = self.argument(":}", quoted=True, pattern=False)
            if text.startswith(":", self.at):
                self.at += 1
                second = self.argument("}", quoted=True, pattern=False)
        elif operator[0] == "@":
            if not text.startswith("}", self.at):
                self._bad(out, start)
                return
            argument = Word(())
        else:
            argument = self.argument("}", quoted=quoted, pattern=pattern)
        self.at += 1
        indirect = sign == "!"
        out.add(Variable(name, quoted, operator, argument, second, index, indirect, subscript))

    def _bad(self, out: Parts, start: int) -> None:
        self.argument("}", quoted=True, pattern=False)
        self.at += 1
        out.add(Broken(f"{self.text[start : self.at]}: bad substitution"))

    def bracket_end(self, at: int) -> int | None:
        """Return where the `]` stands that closes the `[` at *at*."""
        text, depth = self.text, 0
        while at < len(text):
            char = text[at]
            if char == "[":
                depth += 1
            elif char == "]":
                depth -= 1
                if depth == 0:
                    return at
            elif char == "\\":
                at += 1
            elif char == "'":
                at = text.find("'", at + 1)
                if at < 0:
                    return None
            elif char == '"':
                at += 1
                while at < len(text) and text[at] != '"':
                    at += 2 if text[at] == "\\" else 1
            at += 1
        return None


def _character(code: re.Match[str]) -> str:
    if code[4] is not None:
        return chr(int(code[4], 8) & 0xFF)
    number = int(code[1] or code[2] or code[3], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def ansi_text(text: str) -> str:
    """Return *text* with the escapes of `$'...'` replaced."""
    reader = Reader(text.replace("'", "\\'") + "'", _nothing)
    return reader._ansi()


def _nothing(reader: Reader, close: str) -> Script:
    return Script(())
