"""Redirections of the grammar, and the here-documents that begin on the next line."""

from __future__ import annotations

import re

from sim.bash.compounds import Compounds
from sim.bash.syntax import Redirect, Word
from sim.bash.words import Reader

_DESCRIPTOR = re.compile(r"(\d+|\{[A-Za-z_][A-Za-z0-9_]*\})(?=[<>])")
REDIRECT = re.compile(r"&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>")


class Redirections(Compounds):
    """A reader that knows redirections."""

    _pending: list[Redirect]
    unfinished: bool
    """A here-document ended with the text instead of its delimiter."""
    warnings: list[str]

    def redirect(self) -> Redirect | None:
        """Return the redirection that stands here, None if none does."""
        self.blanks()
        start = self.at
        descriptor: int | str | None = None
        match = _DESCRIPTOR.match(self.text, start)
        if match is not None:
            descriptor = match[1][1:-1] if match[1][0] == "{" else int(match[1][:9])
            self.at = match.end()
        sign = REDIRECT.match(self.text, self.at)
        if sign is None or (self.text.startswith(("<(", ">("), self.at) and descriptor is None):
            self.at = start
            return None
        operator = sign[0]
        if operator.startswith("&") and descriptor is not None:
            self.at = start
            return None
        self.at = sign.end()
        self.blanks()
        if self.at >= len(self.text) or (
            self.text[self.at] in "\n|&;()<>" and not self.text.startswith(("<(", ">("), self.at)
        ):
            raise self.unexpected()
        if descriptor is None:
            descriptor = 0 if operator[0] == "<" else 1
        word = self.word()
        if operator in {"<<", "<<-"}:
            redirect = Redirect(descriptor, operator, Word(()), word.raw)
            self._pending.append(redirect)
            return redirect
        return Redirect(descriptor, operator, word)

    def newline(self) -> None:
        """Take the line end that stands here, and the here-documents that begin behind it."""
        self.at += 1
        self.bodies()

    def bodies(self) -> None:
        """Read the here-documents that have been announced."""
        pending, self._pending = self._pending, []
        for redirect in pending:
            self._heredoc(redirect)

    def _heredoc(self, redirect: Redirect) -> None:
        raw = redirect.delimiter
        quoted = any(char in raw for char in "\\'\"")
        end = re.sub(r"\\(.)|['\"]", r"\1", raw) if quoted else raw
        began = self.line_of(self.at) - 1
        lines: list[str] = []
        while True:
            if self.at >= len(self.text):
                self.unfinished = True
                self.warnings.append(
                    f"warning: here-document at line {max(began, 1)} delimited by end-of-file "
                    f"(wanted `{end}')"
                )
                break
            newline = self.text.find("\n", self.at)
            stop = len(self.text) if newline < 0 else newline
            line = self.text[self.at : stop]
            self.at = min(stop + 1, len(self.text))
            if redirect.operator == "<<-":
                line = line.lstrip("\t")
            if line == end:
                break
            lines.append(line + "\n")
        body = "".join(lines)
        reader = Reader(body, self.script_until)
        reader.depth = self.depth
        if quoted:
            redirect.target = Word((), body, fixed=body)
        else:
            redirect.target = reader.quoted_rest()
