"""Label selectors, from a query string and from an object's spec, as one matcher.

Parsing is here once, with the API server's own words for what it cannot parse; this file must not
know who selects what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Labels = Mapping[str, str]


class SelectorError(ValueError):
    """A selector does not parse; the message is the API server's."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str
    """`=`, `!=`, `in`, `notin`, `exists`, `!`, `gt` or `lt`."""
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """True when *labels* satisfy this condition; an absent label satisfies `!=` and `notin`."""
        value = labels.get(self.key)
        match self.operator:
            case "=" | "in":
                return value is not None and value in self.values
            case "!=" | "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        try:
            number, bound = int(value or ""), int(self.values[0])
        except ValueError:
            return False
        return number > bound if self.operator == "gt" else number < bound

    def __str__(self) -> str:
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(sorted(self.values))})"
            case "gt":
                return f"{self.key}>{self.values[0]}"
            case "lt":
                return f"{self.key}<{self.values[0]}"
        return f"{self.key}{self.operator}{self.values[0]}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that must all hold; none matches everything."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False
    """True for the absent selector of a spec, which selects no object at all."""

    def matches(self, labels: Labels) -> bool:
        """True when every condition holds for *labels*."""
        if self.nothing:
            return False
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(str(one) for one in sorted(self.requirements, key=lambda r: r.key))


EVERYTHING = Selector()
NOTHING = Selector(nothing=True)

_SPECIAL = "=!(),><"


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        char = text[position]
        if char in " \t\r\n":
            position += 1
        elif char in _SPECIAL:
            pair = text[position : position + 2]
            token = pair if pair in ("==", "!=") else char
            yield token
            position += len(token)
        else:
            start = position
            while position < len(text) and text[position] not in _SPECIAL + " \t\r\n":
                position += 1
            yield text[start:position]


class _Parser:
    """A recursive-descent reader of `k=v,k in (a,b),!k`."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._position = 0

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._position += 1
        return token

    def _fail(self, found: str, expected: str) -> SelectorError:
        return SelectorError(f"{_FAILED}found '{found}', expected: {expected}")

    def parse(self) -> Selector:
        requirements: list[Requirement] = []
        if not self._tokens:
            return EVERYTHING
        while True:
            requirements.append(self._requirement())
            token = self._next()
            if not token:
                break
            if token != ",":
                raise SelectorError(f"found '{token}', expected: ',' or 'end of string'")
            if not _is_name(self._peek()) and self._peek() != "!":
                raise SelectorError(f"found '{self._peek()}', expected: identifier after ','")
        return Selector(tuple(requirements))

    def _requirement(self) -> Requirement:
        negated = self._peek() == "!"
        if negated:
            self._next()
        key = self._next()
        if not _is_name(key) and not negated:
            message = f"found '{key}', expected: !, identifier, or 'end of string'"
            raise SelectorError(message)
        if not _is_name(key):
            raise self._fail(key, "identifier")
        _check_key(key)
        token = self._peek()
        if negated:
            return Requirement(key, "!")
        if token in ("", ","):
            return Requirement(key, "exists")
        self._next()
        match token:
            case "in" | "notin":
                return Requirement(key, token, self._set(key))
            case "=" | "==" | "!=":
                value = self._value()
                _check_value(key, value)
                return Requirement(key, "!=" if token == "!=" else "=", (value,))
            case ">" | "<":
                value = self._value()
                if not value.lstrip("-").isdecimal():
                    raise SelectorError(
                        f'{_FAILED}values[0]: Invalid value: "{value}": {_BOUND_RULE}'
                    )
                return Requirement(key, "gt" if token == ">" else "lt", (value,))
        raise self._fail(token, "in, notin, =, ==, !=, gt, lt")

    def _value(self) -> str:
        token = self._peek()
        if token in ("", ","):
            return ""
        if not _is_name(token):
            raise self._fail(token, "identifier")
        return self._next()

    def _set(self, key: str) -> tuple[str, ...]:
        token = self._next()
        if token != "(":
            message = f"unable to parse requirement: found '{token}' expected: '('"
            raise SelectorError(message)
        values: list[str] = []
        expect_value = True
        token = self._peek()
        if token not in (")", ",") and not _is_name(token):
            raise self._fail(token, "',', ')' or identifier")
        while True:
            token = self._next()
            if token == ")":
                if expect_value:
                    values.append("")
                break
            if token == ",":
                if expect_value:
                    values.append("")
                expect_value = True
            elif _is_name(token) and expect_value:
                _check_value(key, token)
                values.append(token)
                expect_value = False
            else:
                raise self._fail(token, "',' or ')'")
        return tuple(values)


def _is_name(token: str) -> bool:
    return bool(token) and token[0] not in _SPECIAL


NAME_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_FAILED = "unable to parse requirement: "
_BOUND_RULE = "for 'Gt', 'Lt' operators, the value must be an integer"
_MAX_PART = 63


def is_label_name(text: str) -> bool:
    """True for what may stand as a label's value or as its key after the prefix."""
    body = text.replace("-", "").replace("_", "").replace(".", "")
    if not text or len(text) > _MAX_PART or not text.isascii():
        return False
    return (body == "" or body.isalnum()) and text[0].isalnum() and text[-1].isalnum()


def _check_key(key: str) -> None:
    name = key.rsplit("/", 1)[-1]
    if not is_label_name(name):
        raise SelectorError(f'{_FAILED}<nil>: Invalid value: "{key}": {NAME_RULE}')


def _check_value(key: str, value: str) -> None:
    if value and not is_label_name(value):
        why = "must be no more than 63 bytes" if len(value) > 63 else VALUE_RULE
        raise SelectorError(f'{_FAILED}values[0][{key}]: Invalid value: "{value}": {why}')


@lru_cache(maxsize=1024)
def parse_label_selector(text: str) -> Selector:
    """Read a query's labelSelector, e.g. `app in (web,api),!canary`.

    Raises:
        SelectorError: with the API server's text if *text* does not parse.
    """
    return _Parser(text).parse()


_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def match_label_selector(spec: Mapping[str, Any] | None) -> Selector:
    """Return the matcher of a LabelSelector object; absent selects nothing, empty selects all."""
    if spec is None:
        return NOTHING
    requirements = [
        Requirement(key, "=", (value,)) for key, value in (spec.get("matchLabels") or {}).items()
    ]
    requirements += [
        Requirement(
            one.get("key", ""),
            _OPERATORS.get(one.get("operator", ""), "exists"),
            tuple(one.get("values") or ()),
        )
        for one in spec.get("matchExpressions") or ()
    ]
    return Selector(tuple(requirements))


def contains(labels: Labels, wanted: Labels) -> bool:
    """True when every pair of *wanted* is in *labels*."""
    return all(labels.get(key) == value for key, value in wanted.items())


def format_labels(labels: Labels | None) -> str:
    """Return `a=b,c=d` sorted by key, or `<none>`."""
    if not labels:
        return "<none>"
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def format_selector(spec: Mapping[str, Any] | None) -> str:
    """Return a LabelSelector object as kubectl prints it, or `<none>`."""
    return str(match_label_selector(spec)) or "<none>"
