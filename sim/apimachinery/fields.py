"""Field selectors of a query: `status.phase!=Running,spec.nodeName=n1`, parsed but not judged.

Which fields a kind offers is the API server's business; this file must not know kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple


class FieldTerm(NamedTuple):
    """One condition on one field."""

    field: str
    equal: bool
    value: str


@lru_cache(maxsize=1024)
def parse_field_selector(text: str) -> tuple[FieldTerm, ...]:
    """Read a query's fieldSelector; `=`, `==` and `!=` only, comma means and.

    Raises:
        ValueError: with the API server's text if *text* does not parse.
    """
    terms: list[FieldTerm] = []
    for part in _split_terms(text):
        if not part:
            continue
        for operator in ("!=", "==", "="):
            field, found, value = part.partition(operator)
            if found:
                terms.append(FieldTerm(field.strip(), operator != "!=", _unescape(value)))
                break
        else:
            message = f"invalid selector: '{text}'; can't understand '{part}'"
            raise ValueError(message)
    return tuple(terms)


def _split_terms(text: str) -> list[str]:
    parts, current, escaped = [], "", False
    for char in text:
        if char == "," and not escaped:
            parts.append(current)
            current = ""
        else:
            current += char
        escaped = char == "\\" and not escaped
    return [*parts, current]


def _unescape(value: str) -> str:
    return value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\")


def matches(terms: tuple[FieldTerm, ...], value_of: Callable[[str], str]) -> bool:
    """True when every term holds; *value_of* gives a field's value as a string."""
    return all((value_of(term.field) == term.value) == term.equal for term in terms)
