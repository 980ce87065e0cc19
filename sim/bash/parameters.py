"""`$name`, `${name<operator>...}` and arrays: from a Variable of the tree to its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash import quoting
from sim.bash.arithmetic import evaluate
from sim.bash.control import ExpansionProblem, FatalProblem
from sim.bash.fields import Fields
from sim.bash.modifiers import cased, replaced, transformed, trimmed
from sim.bash.syntax import Literal, Variable, Word
from sim.bash.variables import Indexed, Keyed
from sim.bash.words import Reader

if TYPE_CHECKING:
    from sim.bash.expansion import Expander
    from sim.bash.state import State

_SURROGATE = re.compile("[\ud800-\udfff]")
Steps = Generator[simpy.Event, Any, Any]
_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$!#@*-])(?:\[(.*)\])?", re.DOTALL)


class Parameters:
    """Reads the parameters of one shell."""

    def __init__(self, shell: State, expander: Expander) -> None:
        """Read those of *shell*; *expander* expands what stands in `${...}`."""
        self._shell = shell
        self._expander = expander

    def text(self, name: str) -> str:
        """Return the text of a parameter; empty if it is not set, unless `set -u`."""
        value = self.lookup(name)
        if value is None:
            if self._shell.option("nounset") and name not in {"@", "*", "!"}:
                shown = f"${name}" if name.isdecimal() else name
                raise FatalProblem(f"{shown}: unbound variable")
            return ""
        return value

    def lookup(self, name: str) -> str | None:
        """Return the text of a parameter, None if it is not set."""
        value = self._shell.variables.values_.get(name)
        plain = isinstance(value, str) and name not in self._shell.DYNAMIC
        if plain and "n" not in self._shell.variables.flags.get(name, ""):
            return value  # type: ignore[return-value]
        return self._shell.parameter(name)

    # -- a Variable ----------------------------------------------------------------------------

    def into(self, part: Variable, fields: Fields) -> Steps:
        """Add what *part* expands to."""
        bare = not part.operator and part.index is None and not part.indirect
        if bare and part.name not in {"@", "*"}:
            value = self.text(part.name)
            if part.quoted:
                fields.add(value, quoted=True)
            else:
                fields.expand(value)
            return
        operator = part.operator
        name, index, subscript = part.name, part.index, part.subscript
        if operator == "prefix":
            names = [one for one in sorted(self._shell.variables) if one.startswith(name)]
            self._several(names, index or "@", part, fields)
            return
        if part.indirect:
            name, index, subscript = self._referred(part)
        every = index if index in {"@", "*"} else name if name in {"@", "*"} else ""
        if operator == "keys":
            keys = [str(key) for key, _ in self._shell.elements(name)]
            self._several(keys, every, part, fields)
            return
        if operator == "len":
            fields_text = yield from self._length(name, index, subscript, every)
            if part.quoted:
                fields.add(fields_text, quoted=True)
            else:
                fields.expand(fields_text)
            return
        if every:
            values: list[str] | None = (
                self._shell.positional
                if name in {"@", "*"}
                else [value for _, value in self._shell.elements(name)]
            )
            single: str | None = " ".join(values) if values else None
        else:
            values = None
            single = yield from self.element(name, index, subscript)
        plain = operator.lstrip(":")
        if plain in {"-", "=", "+", "?"}:
            yield from self._default(part, name, index, values, single, every, fields)
            return
        if values is None:
            if single is None and operator[:1] != "@" and self._shell.option("nounset"):
                shown = f"{name}[{index}]" if index is not None else name
                raise FatalProblem(f"{shown}: unbound variable")
            change = yield from self._change(part, name, single)
            value = "" if single is None else change(single)
            if part.quoted:
                fields.add(value, quoted=True)
            else:
                fields.expand(value)
            return
        if operator == ":":
            values = yield from self._slice(part, name, values)
        elif operator in {"@A", "@a", "@K", "@k"} and name not in {"@", "*"}:
            text = self._declared(name, operator)
            fields.add(text, quoted=part.quoted)
            return
        elif operator:
            change = yield from self._change(part, name, "")
            values = [change(value) for value in values]
        self._several(values, every, part, fields)

    def _several(self, values: list[str], every: str, part: Variable, fields: Fields) -> None:
        self._shell.budget.charge(sum(map(len, values)))
        if not fields.splits:
            ifs = self._shell.variables.scalar("IFS")
            joint = (" " if ifs is None else ifs[:1]) if every == "*" else " "
            fields.add(joint.join(values), quoted=part.quoted)
            return
        if part.quoted and every == "*":
            ifs = self._shell.variables.scalar("IFS")
            fields.add((" " if ifs is None else ifs[:1]).join(values), quoted=True)
            return
        for number, value in enumerate(values):
            if number:
                if part.quoted:
                    fields.end()
                else:
                    fields.end_if_started()
            if part.quoted:
                fields.add(value, quoted=True)
            else:
                fields.expand(value)

    def _referred(self, part: Variable) -> tuple[str, str | None, Word | None]:
        """Return what `${!name}` is about."""
        target = self._shell.variables.values_.get(part.name)
        if isinstance(target, str) and "n" in self._shell.variables.flags.get(part.name, ""):
            value: str | None = self._shell.variables.resolve(part.name)
        elif part.index is not None:
            found = {str(key): text for key, text in self._shell.elements(part.name)}
            value = found.get(part.index)
        else:
            value = self._shell.parameter(part.name)
        match = _REFERENCE.fullmatch(value or "")
        if match is None:
            if value is None and not part.operator:
                raise ExpansionProblem(f"{part.name}: invalid indirect expansion")
            if not value:
                if value is None:
                    raise ExpansionProblem(f"{part.name}: invalid indirect expansion")
                raise ExpansionProblem(f"{value}: invalid variable name")
            raise ExpansionProblem(f"{value}: invalid variable name")
        index = match[2]
        subscript = None if index is None else Reader(index, _no_scripts).whole()
        return match[1], index, subscript

    def element(
        self, name: str, index: str | None, subscript: Word | None
    ) -> Generator[simpy.Event, Any, str | None]:
        """Return the text of a parameter or of one element."""
        if index is None:
            return self.lookup(name)
        name = self._shell.variables.resolve(name)
        array = self._shell.variables.values_.get(name)
        dynamic = self._shell.dynamic_array(name)
        if dynamic is not None:
            array = Indexed(enumerate(dynamic))
        if isinstance(array, Keyed):
            key: str = yield from self._expander.text(subscript)
            return array.get(key)
        expression: str = yield from self._expander.text(subscript)
        if not expression.strip():
            shown = f"{name}[{index}]" if not index.strip() else index
            raise ExpansionProblem(f"{shown}: bad array subscript")
        number = evaluate(expression, self._shell.scope)
        if isinstance(array, Indexed):
            if number < 0:
                number += (max(array) + 1) if array else 0
                if number < 0:
                    self._shell.complain(f"{name}: bad array subscript")
                    return ""
            return array.get(number)
        if number in {0, -1} and isinstance(array, str):
            return array
        return None

    def _length(self, name: str, index: str | None, subscript: Word | None, every: str) -> Steps:
        if every:
            if name in {"@", "*"}:
                return str(len(self._shell.positional))
            return str(len(self._shell.elements(name)))
        value = yield from self.element(name, index, subscript)
        if value is None and self._shell.option("nounset"):
            raise FatalProblem(f"{name}: unbound variable")
        return str(len(value or ""))

    def _default(
        self,
        part: Variable,
        name: str,
        index: str | None,
        values: list[str] | None,
        single: str | None,
        every: str,
        fields: Fields,
    ) -> Steps:
        operator = part.operator
        empty = single == "" if values is None else not "".join(values) and len(values) < 2
        absent = single is None or (operator[0] == ":" and empty)
        kind = operator[-1]
        if kind == "+":
            if not absent and part.argument is not None:
                yield from self._argument(part, part.argument, fields)
            elif part.quoted:
                fields.add("", quoted=True)
            return
        if not absent:
            if values is not None:
                self._several(values, every, part, fields)
            elif part.quoted:
                fields.add(single or "", quoted=True)
            else:
                fields.expand(single or "")
            return
        argument = part.argument or Word(())
        if kind == "?":
            told: str = yield from self._expander.text(argument)
            told = told or (
                "parameter null or not set" if operator[0] == ":" else "parameter not set"
            )
            raise FatalProblem(f"{name}: {told}")
        if kind == "=":
            if every or not (name[0].isalpha() or name[0] == "_"):
                raise ExpansionProblem(f"${name}: cannot assign in this way")
            text: str = yield from self._expander.text(argument)
            yield from self._shell.assign_element(name, part.subscript, text)
            if part.quoted:
                fields.add(text, quoted=True)
            else:
                fields.expand(text)
            return
        yield from self._argument(part, argument, fields)

    def _argument(self, part: Variable, argument: Word, fields: Fields) -> Steps:
        """Add the other word of `${x:-word}`: unquoted, it is split where it is not quoted."""
        if part.quoted:
            if not argument.parts:
                fields.add("", quoted=True)
            yield from self._expander.into(argument, fields)
            return
        for number, piece in enumerate(argument.parts):
            if isinstance(piece, Literal) and not piece.quoted:
                text = piece.text
                if number == 0 and text.startswith("~"):
                    text = self._expander._tilde(text)
                fields.expand(text)
            else:
                yield from self._expander.into(Word((piece,)), fields)

    def _change(self, part: Variable, name: str, single: str | None) -> Steps:
        """Return the function that the operator of *part* applies to each value."""
        operator = part.operator
        nocase = self._shell.option("nocasematch")
        extglob = self._shell.option("extglob")
        charge = self._shell.budget.charge
        if not operator:
            return lambda value: value
        if operator == ":":
            offset, length = yield from self._bounds(part)
            return lambda value: _cut(value, offset, length, self._text_of(part.second))
        if operator[0] == "@":
            return self._transformation(operator, name, single)
        pattern: str = yield from self._expander.pattern(part.argument or Word(()))
        pieces: list[tuple[str, bool]] = []
        if operator[0] == "/" and part.second is not None:
            found = yield from self._expander.fields(part.second, splits=False)
            pieces = [piece for field in found for piece in field.pieces]

        def paid(value: str) -> str:
            charge(20 * len(value))
            if not value.isascii() and _SURROGATE.search(value):
                return value  # bytes that are no text fit no pattern
            if operator[0] == "/":
                return replaced(value, pattern, pieces, operator, extglob=extglob, nocase=nocase)
            change = cased if operator[0] in "^,~" else trimmed
            return change(value, pattern, operator, extglob=extglob)

        return paid

    def _transformation(self, operator: str, name: str, single: str | None) -> Callable[[str], str]:
        if operator == "@a":
            flags = self._shell.variables.flags.get(name, "")
            return lambda value: "".join(c for c in "aAilnrux" if c in flags)
        if operator == "@P":
            return self._shell.prompt_text
        if operator == "@A":
            return lambda value: self._declared(name, operator)
        if operator[1] not in "QEULuKk":
            raise ExpansionProblem(f"${{{name}{operator}}}: bad substitution")
        return lambda value: transformed(value, operator[1])

    def _declared(self, name: str, operator: str) -> str:
        variables = self._shell.variables
        flags = "".join(c for c in "aAilnrux" if c in variables.flags.get(name, ""))
        if operator == "@a":
            return flags
        array = variables.values_.get(name)
        if array is None:
            return ""
        if isinstance(array, str):
            head = f"declare -{flags} " if flags else ""
            return (
                f"{head}{name}={quoting.single(array)}"
                if operator == "@A"
                else quoting.single(array)
            )
        if operator == "@A":
            pairs = " ".join(f"[{_key(k)}]={quoting.double(v)}" for k, v in array.ordered())
            tail = " " if isinstance(array, Keyed) else ""
            return f"declare -{flags} {name}=({pairs}{tail})"
        return " ".join(f"{_key(k)} {quoting.double(v)}" for k, v in array.ordered())

    def _bounds(self, part: Variable) -> Steps:
        offset_text: str = yield from self._expander.text(part.argument)
        if not offset_text.strip() and part.second is None:
            raise ExpansionProblem(f"${{{part.name}:}}: bad substitution")
        offset = evaluate(offset_text, self._shell.scope)
        if part.second is None:
            return offset, None
        length_text: str = yield from self._expander.text(part.second)
        return offset, evaluate(length_text, self._shell.scope)

    def _text_of(self, word: Word | None) -> str:
        return "" if word is None else word.raw

    def _slice(self, part: Variable, name: str, values: list[str]) -> Steps:
        offset, length = yield from self._bounds(part)
        if name in {"@", "*"}:
            every: list[tuple[int, str]] = list(enumerate([self._shell.arg0, *values]))
            top = len(every)
            if offset < 0 and top + offset < 1 and top + offset != 0:
                return []
        else:
            pairs = self._shell.elements(name)
            every = [
                (key if isinstance(key, int) else at, value)
                for at, (key, value) in enumerate(pairs)
            ]
            top = every[-1][0] + 1 if every else 0
        start = offset + top if offset < 0 else offset
        if start < 0:
            return []
        chosen = [value for key, value in every if key >= start]
        if length is None:
            return chosen
        if length < 0:
            raise ExpansionProblem(f"{self._text_of(part.second)}: substring expression < 0")
        return chosen[:length]


def _key(key: int | str) -> str:
    if isinstance(key, int):
        return str(key)
    return key if re.fullmatch(r"[\w./:@%+,=-]+", key) else quoting.double(key)


def _cut(value: str, offset: int, length: int | None, shown: str) -> str:
    size = len(value)
    start = offset + size if offset < 0 else offset
    if start < 0 or start > size:
        return ""
    if length is None:
        return value[start:]
    end = size + length if length < 0 else start + length
    if end < start and length < 0:
        raise ExpansionProblem(f"{shown}: substring expression < 0")
    return value[start:end]


def _no_scripts(reader: Reader, close: str) -> Any:
    raise ExpansionProblem("invalid variable name")
