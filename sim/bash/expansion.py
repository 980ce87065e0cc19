"""From words to arguments: variables, substitutions, splitting and file names, in bash's order.

What a `$(...)` prints comes from the interpreter; this file does not know how commands run.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash.arithmetic import evaluate
from sim.bash.braces import expand_braces
from sim.bash.control import ExpansionProblem
from sim.bash.fields import BLANK, Field, Fields
from sim.bash.globbing import Globber, is_pattern
from sim.bash.parameters import Parameters
from sim.bash.parser import script_until as reader_of_scripts
from sim.bash.syntax import (
    Arithmetic,
    Assignment,
    Broken,
    Literal,
    ProcessSubstitution,
    Substitution,
    Variable,
    Word,
)
from sim.bash.words import Reader

if TYPE_CHECKING:
    from sim.bash.state import State

MAX_ARGUMENTS = 100_000
"""How many arguments one command may get."""
MAX_TEXT = 2 << 20
"""How long the arguments of one command may be in all: Linux' ARG_MAX."""
_PLAIN_WORD = re.compile(r"[\w./:,=%+-]*")
_TILDE = re.compile(r"~(\+|-|[A-Za-z_][\w-]*)?(?=/|$)")
_TILDES = re.compile(r"(?:^|(?<=:))~(\+|-|[A-Za-z_][\w-]*)?(?=[/:]|$)")

Steps = Generator[simpy.Event, Any, Any]


class Expander:
    """Expands words for one shell."""

    def __init__(self, shell: State) -> None:
        """Expand against *shell*'s variables and files."""
        self._shell = shell
        self._parameters = Parameters(shell, self)

    # -- words ---------------------------------------------------------------------------------

    def arguments(
        self, words: Sequence[Word | Assignment]
    ) -> Generator[simpy.Event, Any, list[str]]:
        """Return the arguments that *words* become.

        Raises:
            ExpansionProblem: if one cannot be expanded or there are too many.
        """
        out: list[str] = []
        for word in words:
            if isinstance(word, Assignment):
                out.append((yield from self._shell.declared(word)))
                continue
            if word.fixed is not None:
                out.append(word.fixed)
                continue
            for one in self.braced(word) if word.braced else (word,):
                if one.fixed is not None:
                    out.append(one.fixed)
                    continue
                quick = self._quick(one)
                if quick is not None:
                    out.append(quick)
                    continue
                fields = yield from self.fields(one)
                for field in fields:
                    out.extend(self._globbed(field))
                if len(out) > MAX_ARGUMENTS:
                    raise ExpansionProblem("Argument list too long")
        size = sum(map(len, out))
        if size > 4096 or len(out) > 64:
            self._shell.budget.charge(size + 100 * len(out))
            if size > MAX_TEXT:
                raise ExpansionProblem("Argument list too long")
        return out

    def _quick(self, word: Word) -> str | None:
        """Return the argument of a word that is only a variable, if that is all there is to it."""
        if len(word.parts) != 1:
            return None
        part = word.parts[0]
        if not isinstance(part, Variable) or part.operator or part.index or part.indirect:
            return None
        if part.name in {"@", "*"}:
            return None
        value = self._parameters.text(part.name)
        if part.quoted:
            return value
        return (
            value
            if value and value.isalnum() and self._shell.variables.scalar("IFS") is None
            else None
        )

    def braced(self, word: Word) -> tuple[Word, ...]:
        """Return the words that brace expansion makes of *word*."""
        made = _braced(word.raw, self._shell.option("extglob"))
        if len(made) > 8:
            self._shell.budget.charge(100 * len(made))
        return made

    def fields(self, word: Word, *, splits: bool = True, assigned: bool = False) -> Steps:
        """Return *word* as fields; only with *splits* there may be other than one."""
        fields = Fields(self._shell.variables.scalar("IFS"), splits=splits)
        yield from self.into(word, fields, assigned=assigned)
        done = fields.finish()
        if not splits and not done:
            return [Field()]
        return done

    def text(
        self, word: Word | None, *, assigned: bool = False
    ) -> Generator[simpy.Event, Any, str]:
        """Return *word* as one text: neither split nor matched with files."""
        if word is None:
            return ""
        if word.fixed is not None:
            return word.fixed
        if len(word.parts) == 1 and (quick := self._quick_text(word)) is not None:
            return quick
        fields = yield from self.fields(word, splits=False, assigned=assigned)
        return " ".join(field.text for field in fields)

    def _quick_text(self, word: Word) -> str | None:
        part = word.parts[0]
        if isinstance(part, Literal) and "~" not in part.text:
            return part.text
        if (
            isinstance(part, Variable)
            and not part.operator
            and not part.index
            and not part.indirect
            and part.name not in {"@", "*"}
        ):
            return self._parameters.text(part.name)
        return None

    def pattern(self, word: Word) -> Generator[simpy.Event, Any, str]:
        """Return *word* as a pattern; what is quoted in it stands for itself."""
        if len(word.parts) == 1 and isinstance(part := word.parts[0], Literal) and not part.quoted:
            return self._tilde(part.text) if part.text.startswith("~") else part.text
        fields = yield from self.fields(word, splits=False)
        return " ".join(field.pattern for field in fields)

    # -- parts ---------------------------------------------------------------------------------

    def into(self, word: Word, fields: Fields, *, assigned: bool = False) -> Steps:
        """Add what *word* expands to."""
        for index, part in enumerate(word.parts):
            if isinstance(part, Literal):
                text = part.text
                if not part.quoted and "~" in text:
                    # A `~` in front of something quoted stands for itself.
                    end = "" if index == len(word.parts) - 1 else "\0"
                    if assigned and (index == 0 or ":" in text):
                        text = _TILDES.sub(self._home, text + end).rstrip("\0")
                    elif index == 0:
                        text = self._tilde(text + end).rstrip("\0")
                fields.add(text, quoted=part.quoted)
            elif isinstance(part, Variable):
                yield from self._parameters.into(part, fields)
            elif isinstance(part, Substitution):
                output: str = yield from self._shell.substitute(part.script)
                if "\0" in output:
                    self._shell.complain(
                        "warning: command substitution: ignored null byte in input"
                    )
                    output = output.replace("\0", "")
                output = output.rstrip("\n")
                if part.quoted:
                    fields.add(output, quoted=True)
                else:
                    fields.expand(output)
            elif isinstance(part, Arithmetic):
                expression: str = yield from self.text(part.expression)
                value = str(evaluate(expression.replace('"', ""), self._shell.scope))
                if part.quoted:
                    fields.add(value, quoted=True)
                else:
                    fields.expand(value)
            elif isinstance(part, ProcessSubstitution):
                fields.add(self._shell.process_substitution(part), quoted=True)
            elif isinstance(part, Broken):
                raise ExpansionProblem(part.message)

    def _tilde(self, text: str) -> str:
        return _TILDE.sub(self._home, text, count=1) if text.startswith("~") else text

    def _home(self, match: re.Match[str]) -> str:
        variables = self._shell.variables
        who = match[1]
        if who is None:
            home = variables.scalar("HOME")
            return self._shell.files.home if home is None else home
        if who == "+":
            return self._shell.cwd
        if who == "-":
            return variables.scalar("OLDPWD") or match[0]
        if who == "root":
            return "/root"
        return self._shell.files.home if who == variables.scalar("USER") else match[0]

    def _globbed(self, field: Field) -> list[str]:
        text = field.text
        shell = self._shell
        if not field.active or shell.option("noglob"):
            return [text]
        pattern = field.pattern
        extglob = shell.option("extglob")
        if not is_pattern(pattern, extglob=extglob):
            return [text]
        globber = Globber(
            shell.files,
            shell.cwd,
            shell.budget.charge,
            dotglob=shell.option("dotglob"),
            extglob=extglob,
            globstar=shell.option("globstar"),
            nocase=shell.option("nocaseglob"),
        )
        found = globber.names(pattern)
        if found:
            return found
        if shell.option("failglob"):
            raise ExpansionProblem(f"no match: {text}")
        return [] if shell.option("nullglob") else [text]


@lru_cache(maxsize=512)
def _braced(raw: str, extglob: bool) -> tuple[Word, ...]:
    words: list[Word] = []
    for text in expand_braces(raw):
        if text and _PLAIN_WORD.fullmatch(text):
            words.append(Word((Literal(text, False),), text, fixed=text))
            continue
        reader = Reader(text, _no_script)
        reader.extglob = extglob
        word = reader.word()
        word.braced = False
        if not text:
            word.fixed = None
        if text and word.fixed is None and all(isinstance(part, Literal) for part in word.parts):
            plain = "".join(part.text for part in word.parts if isinstance(part, Literal))
            if not any(char in plain for char in "*?[~("):
                word.fixed = plain
        words.append(word)
    return tuple(words)


def _no_script(reader: Reader, close: str) -> Any:
    return reader_of_scripts(reader, close)


__all__ = ["BLANK", "Expander"]
