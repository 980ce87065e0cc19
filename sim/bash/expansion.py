"""From words to arguments: variables, substitutions, splitting and file names.

What a `$(...)` prints comes from the interpreter, through `Expander.substitute`; this file does
not know how commands run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import simpy

from sim.bash.arithmetic import evaluate
from sim.bash.files import FileSystem
from sim.bash.patterns import compiled, matches, to_regex
from sim.bash.syntax import (
    Arithmetic,
    Literal,
    Script,
    ShellSyntaxError,
    Substitution,
    Variable,
    Word,
)

MAX_ARGUMENTS = 20_000
"""How many arguments one command may get."""
MAX_TEXT = 1 << 20
"""How long the arguments of one command, or one variable, may be in all (ARG_MAX is 2 MiB)."""
MAX_TRIMMED = 4096
"""Up to what length `${a%pattern}` tries every end."""

_GLOB = frozenset("*?[")


class _Field:
    """One argument being put together, with a pattern beside the text."""

    __slots__ = ("globbed", "pattern", "started", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.pattern: list[str] = []
        self.started = False
        self.globbed = False

    def add(self, text: str, *, quoted: bool) -> None:
        self.started = self.started or quoted or bool(text)
        self.text.append(text)
        if quoted:
            self.pattern.append("".join("\\" + c if c in "*?[\\" else c for c in text))
        else:
            self.pattern.append(text)
            self.globbed = self.globbed or not _GLOB.isdisjoint(text)


class Expander:
    """Expands words against one shell's variables and files."""

    def __init__(
        self,
        variables: dict[str, str],
        files: FileSystem,
        cwd: str,
        special: Mapping[str, str],
        substitute: Callable[[Script], Generator[simpy.Event, Any, str]],
    ) -> None:
        """Expand with *variables*; *special* holds `?`, `$` and the like."""
        self._variables = variables
        self._files = files
        self._cwd = cwd
        self._special = special
        self._substitute = substitute

    def arguments(self, words: tuple[Word, ...]) -> Generator[simpy.Event, Any, list[str]]:
        """Return the arguments that *words* become: split, globbed, quotes removed.

        Raises:
            ShellSyntaxError: if there is too much of them, or a form in them is wrong.
        """
        out: list[str] = []
        size = 0
        for word in words:
            fields = yield from self._fields(word)
            for field in fields:
                out.extend(self._globbed(field))
            size += sum(len("".join(field.text)) for field in fields)
            if len(out) > MAX_ARGUMENTS or size > MAX_TEXT:
                raise ShellSyntaxError("argument list too long")
        return out

    def text(self, word: Word) -> Generator[simpy.Event, Any, str]:
        """Return what *word* becomes where it is not split: assignments, redirections."""
        out: list[str] = []
        for index, part in enumerate(word.parts):
            if isinstance(part, Literal):
                text = part.text if part.quoted or index else self._tilde(part.text)
            else:
                text = yield from self._value(part)
            out.append(text)
        whole = "".join(out)
        if len(whole) > MAX_TEXT:
            raise ShellSyntaxError("value is too long")
        return whole

    def _fields(self, word: Word) -> Generator[simpy.Event, Any, list[_Field]]:
        done: list[_Field] = []
        current = _Field()
        for index, part in enumerate(word.parts):
            if isinstance(part, Literal):
                text = part.text if part.quoted or index else self._tilde(part.text)
                current.add(text, quoted=part.quoted)
                continue
            value = yield from self._value(part)
            if isinstance(part, Arithmetic) or part.quoted:
                current.add(value, quoted=True)
                continue
            if isinstance(part, Variable) and part.argument and part.operator in {":-", "-"}:
                # "${a:-"x y"}": a quoted default is not split; a simple reading of POSIX.
                quoted = bool(part.argument.parts) and all(
                    isinstance(p, Literal) and p.quoted for p in part.argument.parts
                )
                if quoted and not self._lookup(part.name):
                    current.add(value, quoted=True)
                    continue
            pieces = value.split()
            if pieces and value[0].isspace() and current.started:
                done.append(current)
                current = _Field()
            for number, piece in enumerate(pieces):
                if number:
                    done.append(current)
                    current = _Field()
                current.add(piece, quoted=False)
            if pieces and value[-1].isspace():
                done.append(current)
                current = _Field()
        if current.started:
            done.append(current)
        return done

    def _globbed(self, field: _Field) -> list[str]:
        text = "".join(field.text)
        if not field.globbed:
            return [text]
        pattern = "".join(field.pattern)
        directory, slash, last = pattern.rpartition("/")
        if not _GLOB.isdisjoint(directory.replace("\\*", "").replace("\\?", "")):
            return [text]
        place = self._files.resolve(directory + slash or ".", self._cwd)
        if not self._files.is_dir(place):
            return [text]
        found = [
            directory + slash + name
            for name in self._files.listdir(place)
            if matches(last, name) and (last.startswith(".") or not name.startswith("."))
        ]
        return found or [text]

    def _tilde(self, text: str) -> str:
        if text == "~" or text.startswith("~/"):
            return self._variables.get("HOME", self._files.home) + text[1:]
        return text

    def _lookup(self, name: str) -> str | None:
        if name in self._special:
            return self._special[name]
        return self._variables.get(name)

    def _value(
        self, part: Variable | Substitution | Arithmetic
    ) -> Generator[simpy.Event, Any, str]:
        if isinstance(part, Substitution):
            output: str = yield from self._substitute(part.script)
            return output.rstrip("\n")
        if isinstance(part, Arithmetic):
            expression: str = yield from self.text(part.expression)
            return str(evaluate(expression, self._variables))
        value = self._lookup(part.name)
        if not part.operator:
            return value or ""
        return (yield from self._modified(part, value))

    def _modified(self, part: Variable, value: str | None) -> Generator[simpy.Event, Any, str]:
        operator = part.operator
        if operator == "#":
            return str(len(value or ""))
        argument: str = yield from self.text(part.argument or Word(()))
        if operator.strip(":") in {"-", "=", "+", "?"}:
            absent = value is None or (operator.startswith(":") and value == "")
            if operator.endswith("+"):
                return "" if absent else argument
            if not absent:
                return value or ""
            if operator.endswith("?"):
                raise ShellSyntaxError(f"{part.name}: {argument or 'parameter null or not set'}")
            if operator.endswith("="):
                self._variables[part.name] = argument
            return argument
        value = value or ""
        second: str = "" if part.second is None else (yield from self.text(part.second))
        if operator == ":":
            return _cut(value, argument, None if part.second is None else second, self._variables)
        if operator in {"/", "//"}:
            regex = compiled(to_regex(argument)) if argument else None
            if regex is None:
                return value
            count = 0 if operator == "//" else 1
            return str(regex.sub(second.replace("\\", "\\\\"), value, count))
        return _trimmed(value, argument, operator)


def _cut(value: str, offset: str, length: str | None, variables: Mapping[str, str]) -> str:
    start = evaluate(offset, variables)
    start = max(0, len(value) + start) if start < 0 else start
    if length is None:
        return value[start:]
    count = evaluate(length, variables)
    return value[start:count] if count < 0 else value[start : start + count]


def _trimmed(value: str, pattern: str, operator: str) -> str:
    """Return *value* without the shortest (`%`) or longest (`%%`) end that fits *pattern*."""
    regex = compiled(to_regex(pattern))
    if regex is None or len(value) > MAX_TRIMMED:
        return value
    sizes = range(len(value) + 1)
    for size in sizes if len(operator.removeprefix("lead")) == 1 else reversed(sizes):
        if operator.startswith("lead"):
            if regex.fullmatch(value[:size]):
                return value[size:]
        elif regex.fullmatch(value[len(value) - size :]):
            return value[: len(value) - size]
    return value
